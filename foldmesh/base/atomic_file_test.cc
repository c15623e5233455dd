#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

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
