#include "foldmesh/base/record_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::base {
namespace {

std::vector<std::string> records_of(const RecordLog& log) {
  std::vector<std::string> records;
  log.replay([&](std::string_view record) { records.emplace_back(record); });
  return records;
}

class RecordLogFile : public testing::Test {
 protected:
  RecordLogFile() : folder_("record_log"), path_(folder_.path() / "log") {
    RecordLog log(path_, "key");
    EXPECT_FALSE(log.resumed());
    for (const std::string& record : kRecords) log.append(record);
    EXPECT_TRUE(records_of(log).empty()) << "only what was there before";
  }

  const std::vector<std::string> kRecords = {"one", "", std::string(100'000, 'x'), "four"};
  TempFolder folder_;
  std::filesystem::path path_;
};

TEST_F(RecordLogFile, GivesBackWhatWasAppended) {
  RecordLog log(path_, "key");
  EXPECT_TRUE(log.resumed());
  EXPECT_EQ(records_of(log), kRecords);
}

TEST_F(RecordLogFile, AnotherKeyStartsAnew) {
  { EXPECT_FALSE(RecordLog(path_, "other").resumed()); }
  RecordLog log(path_, "key");
  EXPECT_FALSE(log.resumed());
  EXPECT_TRUE(records_of(log).empty());
}

// Whatever the place of the cut, a prefix of the records is left, and appending goes on from there.
TEST_F(RecordLogFile, CutAnywhereLeavesAPrefix) {
  const std::string whole = read_file(path_);
  for (size_t size = 0; size < whole.size(); size += size < 80 || size + 40 > whole.size() ? 1 : 9973) {
    write_file_atomically(path_, whole.substr(0, size));
    std::vector<std::string> left;
    {
      RecordLog log(path_, "key");
      left = records_of(log);
      ASSERT_LT(left.size(), kRecords.size());
      log.append("new");
    }
    for (size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i], kRecords[i]);
    left.push_back("new");
    EXPECT_EQ(records_of(RecordLog(path_, "key")), left) << size;
  }
}

TEST_F(RecordLogFile, ZerosAndDamageEndIt) {
  std::string bytes = read_file(path_);
  write_file_atomically(path_, bytes + std::string(4096, '\0'));
  EXPECT_EQ(records_of(RecordLog(path_, "key")), kRecords);
  bytes[50'000] ^= 1;
  write_file_atomically(path_, bytes);
  EXPECT_EQ(records_of(RecordLog(path_, "key")), (std::vector<std::string>{"one", ""}));
}

TEST_F(RecordLogFile, OneOwnerAtATime) {
  const RecordLog log(path_, "key");
  EXPECT_THROW(RecordLog(path_, "key"), Error);
}

TEST(RecordLog, FullDeviceIsReported) {
  TempFolder folder("record_log");
  std::filesystem::create_symlink("/dev/full", folder.path() / "log");
  try {
    RecordLog log(folder.path() / "log", "key");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMachine) << error.what();
  }
}

}  // namespace
}  // namespace foldmesh::base
