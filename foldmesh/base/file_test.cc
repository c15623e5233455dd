#include "foldmesh/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "foldmesh/base/error.h"

namespace foldmesh::base {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("file_{}", ::getpid());
};

template <typename F>
ErrorKind kind_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kInternal;
}

TEST_F(File, ReadsWhole) {
  std::string bytes(200'000, 'x');
  bytes[100'000] = '\0';
  std::ofstream(folder_ / "a", std::ios::binary) << bytes;
  EXPECT_TRUE(read_file(folder_ / "a") == bytes);
  std::ofstream(folder_ / "empty");
  EXPECT_EQ(read_file(folder_ / "empty"), "");
  EXPECT_EQ(kind_of([&] { read_file(folder_ / "missing"); }), ErrorKind::kInput);
  EXPECT_EQ(kind_of([&] { read_file(folder_); }), ErrorKind::kInput);
}

TEST_F(File, Maps) {
  std::ofstream(folder_ / "a") << "hello";
  MappedFile a(folder_ / "a");
  ASSERT_EQ(a.bytes().size(), 5u);
  EXPECT_EQ(static_cast<char>(a.bytes()[4]), 'o');
  MappedFile moved(std::move(a));
  EXPECT_EQ(static_cast<char>(moved.bytes()[0]), 'h');
  EXPECT_TRUE(a.bytes().empty());  // NOLINT: a moved-from map is empty
  std::ofstream(folder_ / "empty");
  moved = MappedFile(folder_ / "empty");
  EXPECT_TRUE(moved.bytes().empty());
  EXPECT_EQ(moved.path(), (folder_ / "empty").string());
  EXPECT_EQ(kind_of([&] { MappedFile m(folder_ / "missing"); }), ErrorKind::kInput);
  EXPECT_EQ(kind_of([&] { MappedFile m(folder_); }), ErrorKind::kInput);
  EXPECT_EQ(kind_of([&] { MappedFile m("/dev/null"); }), ErrorKind::kInput);
}

TEST_F(File, WritesInPiecesAndOverwrites) {
  const std::string big(3 << 20, 'b');
  AtomicFile file(folder_ / "a");
  file.write("head|");
  file.write(big);
  file.write("|tail");
  EXPECT_EQ(file.size(), big.size() + 10);
  file.write_at(0, "HE", 2);
  file.write_at(big.size() + 6, "TAIL", 4);
  EXPECT_EQ(kind_of([&] { file.write_at(file.size() - 1, "xy", 2); }), ErrorKind::kInternal);
  file.commit();
  EXPECT_TRUE(read_file(folder_ / "a") == "HEad|" + big + "|TAIL");
}

TEST_F(File, ReplacesOnlyOnCommit) {
  write_file_atomically(folder_ / "a", "old");
  {
    AtomicFile file(folder_ / "a");
    file.write("new");
    EXPECT_EQ(read_file(folder_ / "a"), "old");
  }
  EXPECT_EQ(read_file(folder_ / "a"), "old");
  write_file_atomically(folder_ / "a", "new");
  EXPECT_EQ(read_file(folder_ / "a"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(File, RefusesPlacesThatCannotHoldAFile) {
  EXPECT_EQ(kind_of([&] { AtomicFile file(folder_); }), ErrorKind::kInput);
  EXPECT_EQ(kind_of([&] { AtomicFile file(folder_ / "x" / ""); }), ErrorKind::kInput);
  EXPECT_EQ(kind_of([&] { AtomicFile file(folder_ / "missing" / "a"); }), ErrorKind::kMachine);
  AtomicFile device("/dev/null");
  device.write("abc");
  EXPECT_EQ(kind_of([&] { device.write_at(0, "x", 1); }), ErrorKind::kInput);
}

TEST_F(File, FullDiskIsTheMachinesFaultAndLeavesNothing) {
  EXPECT_EQ(kind_of([] { write_file_atomically("/dev/full", "x"); }), ErrorKind::kMachine);
  // A file size limit, in a child so that it ends with it.
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool right =
        kind_of([&] { write_file_atomically(folder_ / "a", std::string(5000, 'x')); }) == ErrorKind::kMachine;
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::is_empty(folder_));
}

// In a child, as there is no going on.
TEST_F(File, MapOfAFileThatIsCutShortEndsWithAMessage) {
  std::ofstream(folder_ / "a") << std::string(100'000, 'x');
  EXPECT_EXIT(
      {
        MappedFile other(folder_ / "a");
        const MappedFile map(std::move(other));
        fs::resize_file(folder_ / "a", 10);
        volatile char c = static_cast<char>(map.bytes()[99'999]);
        static_cast<void>(c);
      },
      testing::ExitedWithCode(1), "/a: was cut short while it was read");
}

TEST_F(File, ChangesAreNoticed) {
  std::ofstream(folder_ / "a") << "hello";
  const MappedFile map(folder_ / "a");
  map.check_unchanged();
  write_file_atomically(folder_ / "a", "hello");
  EXPECT_EQ(kind_of([&] { map.check_unchanged(); }), ErrorKind::kMachine);
  const FileIdentity now = identify(folder_ / "a");
  EXPECT_TRUE(now.is_regular);
  EXPECT_EQ(now.size, 5u);
  check_unchanged(folder_ / "a", now);
  fs::remove(folder_ / "a");
  EXPECT_EQ(kind_of([&] { check_unchanged(folder_ / "a", now); }), ErrorKind::kMachine);
  EXPECT_EQ(kind_of([&] { identify(folder_ / "a"); }), ErrorKind::kInput);
}

TEST_F(File, OwnDescriptorsAreWrittenWhereTheyStand) {
  // As after `program >> log`: what is there must stay.
  std::ofstream(folder_ / "log") << "before ";
  const int fd = ::open((folder_ / "log").c_str(), O_WRONLY | O_APPEND);
  write_file_atomically(fmt::format("/dev/fd/{}", fd), "after");
  ::close(fd);
  EXPECT_EQ(read_file(folder_ / "log"), "before after");
}

}  // namespace
}  // namespace foldmesh::base
