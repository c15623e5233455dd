#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "foldmesh/base/abandoned_files.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"

namespace foldmesh::base {
namespace {

std::filesystem::path scratch(const char* name) {
  const auto folder = std::filesystem::path(testing::TempDir()) / fmt::format("atomic_file_{}", ::getpid());
  std::filesystem::create_directories(folder);
  return folder / name;
}

TEST(AtomicFile, AppearsOnlyOnCommit) {
  const auto path = scratch("result.txt");
  {
    AtomicFile file(path);
    file.write("abandoned");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  write_file_atomically(path, "kept");
  EXPECT_EQ(read_file(path), "kept");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1) << "no leftovers";
  std::filesystem::remove_all(path.parent_path());
}

// Temporary files of processes that have ended go, those of living ones and of other hosts stay.
TEST(AtomicFile, RemovesWhatKilledProcessesLeft) {
  // A folder of its own: this process looks there once.
  const auto folder = scratch("killed"), path = folder / "result.cif", other = folder / "other.cif";
  const auto touch = [&](const std::string& name) {
    std::filesystem::create_directories((folder / name).parent_path());
    const int fd = ::open((folder / name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ::close(fd);
  };
  // A child that is killed while it writes.
  std::filesystem::create_directories(folder / "sub");
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(path), second(other), below(folder / "sub/x");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));

  const std::string mine = temporary_name("result.cif", 77), parent = [&] {
    std::string name = mine;
    const std::string pid = fmt::format(".{}.", ::getpid());
    return name.replace(name.find(pid), pid.size(), fmt::format(".{}.", ::getppid()));
  }();
  const std::string foreign = ".result.cif.tmp.4194304.0-00000000", old = ".result.cif.tmp.4194304.1";
  for (const std::string& name : {mine, parent, foreign, old, std::string(".result.cif.tmp.backup"),
                                  std::string(".result.cif.tmp.12x.0"), std::string("result.cif.tmp")}) {
    touch(name);
  }
  std::filesystem::last_write_time(
      folder / old, std::filesystem::file_time_type::clock::now() - kAbandonedAfter - std::chrono::hours(1));
  const auto names = [&] {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) out.insert(entry.path().filename().string());
    }
    return out;
  };
  std::set<std::string> expected = names();
  ASSERT_EQ(expected.size(), 10u) << "three of the child";
  write_file_atomically(path, "whole");
  for (const std::string& name : std::set<std::string>(expected)) {
    const bool of_child = name.find(fmt::format(".{}.", child)) != std::string::npos;
    if (name == old || (of_child && !name.starts_with(".x.tmp."))) expected.erase(name);
  }
  expected.insert("result.cif");
  EXPECT_EQ(names(), expected);  // folders below are not looked at
  EXPECT_EQ(remove_abandoned_below(folder), 1u);
  EXPECT_EQ(remove_abandoned_below(folder), 0u);
  EXPECT_EQ(names().size(), 7u);
  EXPECT_TRUE(std::filesystem::exists(folder / mine));
  // Later files are not looked for again.
  touch(old);
  std::filesystem::last_write_time(
      folder / old, std::filesystem::file_time_type::clock::now() - kAbandonedAfter - std::chrono::hours(1));
  write_file_atomically(other, "whole");
  EXPECT_TRUE(std::filesystem::exists(folder / old));
  EXPECT_EQ(remove_abandoned_in(folder / "../killed"), 0u);
  EXPECT_EQ(remove_abandoned_below(folder), 1u);
  remove_leftovers(path);
  EXPECT_FALSE(std::filesystem::exists(folder / mine));
  EXPECT_TRUE(std::filesystem::exists(folder / ".result.cif.tmp.backup"));
  EXPECT_EQ(remove_abandoned_below(folder / "none"), 0u);
  std::filesystem::remove_all(folder);
}

TEST(AtomicFile, DevicesAreWrittenToAndNotReplaced) {
  write_file_atomically("/dev/null", "gone");
  struct stat info {};
  ASSERT_EQ(::stat("/dev/null", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));

  const auto fifo = scratch("pipe");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int keep_open = ::open(fifo.c_str(), O_RDWR | O_NONBLOCK);
  write_file_atomically(fifo, "through");
  char bytes[16] = {};
  EXPECT_EQ(::read(keep_open, bytes, sizeof bytes), 7);
  EXPECT_STREQ(bytes, "through");
  ::close(keep_open);
  EXPECT_TRUE(std::filesystem::is_fifo(fifo));
  std::filesystem::remove_all(fifo.parent_path());
}

}  // namespace
}  // namespace foldmesh::base
