#include "foldmesh/pipeline/stage.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::pipeline {
namespace {

class StageTest : public ::testing::Test {
 protected:
  void SetUp() override { base::write_file_atomically(dir_ / "out.txt", "result"); }
  void record(const std::string& key) {
    StageStore(dir_).record("search", key, {"out.txt"}, {1.5, {{"plddt", 70.25}}});
  }
  const base::TempFolder temporary_{"stage_test"};
  const std::filesystem::path dir_ = temporary_.path();
};

TEST_F(StageTest, FindsWhatWasRecordedUnderTheSameKeyOnly) {
  EXPECT_FALSE(StageStore(dir_).find("search", "k1"));
  record("k1");
  const auto found = StageStore(dir_).find("search", "k1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->seconds, 1.5);
  EXPECT_EQ(found->facts.at("plddt"), 70.25);
  EXPECT_FALSE(StageStore(dir_).find("search", "k2"));
  EXPECT_FALSE(StageStore(dir_).find("features", "k1"));
}

TEST_F(StageTest, ChangedTruncatedOrMissingOutputCountsAsNotDone) {
  record("k");
  base::write_file_atomically(dir_ / "out.txt", "resulT");  // same size, other bytes
  EXPECT_FALSE(StageStore(dir_).find("search", "k"));
  base::write_file_atomically(dir_ / "out.txt", "res");
  EXPECT_FALSE(StageStore(dir_).find("search", "k"));
  std::filesystem::remove(dir_ / "out.txt");
  EXPECT_FALSE(StageStore(dir_).find("search", "k"));
}

TEST_F(StageTest, DamagedRecordCountsAsNotDone) {
  record("k");
  const std::string good = base::read_file(dir_ / ".foldmesh/search.json");
  for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2), std::string("[1,2]"),
                                 std::string("{\"key\":\"k\"}"), std::string("\xff\xfe")}) {
    base::write_file_atomically(dir_ / ".foldmesh/search.json", bad);
    EXPECT_FALSE(StageStore(dir_).find("search", "k")) << bad;
  }
}

TEST_F(StageTest, KeyDependsOnEverythingThatWasAdded) {
  const auto key = [&](std::string_view option, std::string_view value) {
    return StageKey("search").option(option, value).input_file(dir_ / "out.txt").hex();
  };
  const std::string reference = key("E", "10");
  EXPECT_EQ(key("E", "10"), reference);
  EXPECT_NE(key("E", "1"), reference);
  EXPECT_NE(key("E1", "0"), reference);
  base::write_file_atomically(dir_ / "out.txt", "other");
  EXPECT_NE(key("E", "10"), reference);
}

}  // namespace
}  // namespace foldmesh::pipeline
