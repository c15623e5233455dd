#include "foldmesh/pipeline/report_stage.h"

#include <gtest/gtest.h>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/pipeline/template_stage.h"

namespace foldmesh::pipeline {
namespace {

templates::Template made(const std::string& name, const std::string& sequence) {
  templates::Template out;
  out.domain_name = name;
  out.sequence = sequence;
  out.label_id = "Q";
  out.chain_sequence = "GG" + sequence;
  out.residues = {{4, 4}, {5, 6}};
  out.masks.assign(sequence.size() * bio::kNumAtom37, 1);
  return out;
}

// What templates.json says comes back, once for copies of a sequence, and no more than the network takes.
TEST(TemplatesUsed, OfAComplex) {
  const base::TempFolder folder("report_stage_test");
  Target target;
  target.name = "t";
  target.chains = {{.id = "A", .description = "", .sequence = "MKUV"},
                   {.id = "B", .description = "", .sequence = "WW"},
                   {.id = "C", .description = "", .sequence = "MKUV"}};
  std::vector<templates::Template> first, second;
  for (int i = 0; i < 6; ++i) first.push_back(made("1ab" + std::to_string(i) + "_A", "-KAV"));
  second.push_back(made("own_x", "W-"));
  write_template_table({{"A", "MKUV", first}, {"B", "WW", second}, {"C", "MKUV", first}},
                       folder.path() / "templates.json");
  const std::vector<structio::UsedTemplate> used = templates_used(target, folder.path());
  ASSERT_EQ(used.size(), 5u);
  EXPECT_EQ(used[3].name, "1ab3_A");
  EXPECT_EQ(used[3].query, "MKXV");  // as in the structure
  EXPECT_EQ(used[3].aligned, "-KAV");
  EXPECT_EQ(used[3].label_id, "Q");
  EXPECT_EQ(used[3].chain_sequence, "GG-KAV");
  EXPECT_EQ(used[3].residues, (std::vector<std::pair<int, int>>{{4, 4}, {5, 6}}));
  EXPECT_EQ(used[4].name, "own_x");
  EXPECT_EQ(used[4].query, "WW");
}

TEST(TemplatesUsed, OfASingleChainOrNone) {
  const base::TempFolder folder("report_stage_test");
  Target target;
  target.chains = {{.id = "A", .description = "", .sequence = "MK"}};
  EXPECT_TRUE(templates_used(target, folder.path()).empty());
  const std::vector<templates::Template> one = {made("1abc_A", "MK")};
  write_template_table({{"", "MK", one}}, folder.path() / "templates.json");
  EXPECT_EQ(templates_used(target, folder.path()).size(), 1u);
  base::write_file_atomically(folder.path() / "templates.json",
                              R"([{"template":"old_A","template residues":[[1,"2"],3]},7,{"template":3}])");
  const auto old = templates_used(target, folder.path());
  ASSERT_EQ(old.size(), 1u);
  EXPECT_EQ(old[0].aligned, "");
  EXPECT_TRUE(old[0].residues.empty());
  base::write_file_atomically(folder.path() / "templates.json", "{");
  EXPECT_TRUE(templates_used(target, folder.path()).empty());
}

}  // namespace
}  // namespace foldmesh::pipeline
