#include "foldmesh/output/report/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/output/report/assets.h"
#include "foldmesh/output/report/encoding.h"
#include "foldmesh/output/report/model_data.h"
#include "foldmesh/output/report/msa_coverage.h"
#include "foldmesh/output/report/result_reader.h"

namespace foldmesh::output::report {
namespace {

namespace fs = std::filesystem;

std::string in_base64(std::string_view text) {
  return base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(Encoding, Base64) {  // RFC 4648, section 10
  EXPECT_EQ(in_base64(""), "");
  EXPECT_EQ(in_base64("f"), "Zg==");
  EXPECT_EQ(in_base64("fo"), "Zm8=");
  EXPECT_EQ(in_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(in_base64("\xff\xfe\xfb"), "//77");
}

TEST(Encoding, NothingEndsTheScriptOrTheText) {
  const std::string json = script_json({{"a", "</script><!--\xe2\x80\xa8\xff"}});
  EXPECT_EQ(json.find('<'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(json).at("a"), "</script><!--\xe2\x80\xa8\xef\xbf\xbd");
  EXPECT_EQ(html_text("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
}

TEST(Assets, AreWhole) {
  EXPECT_TRUE(page_body().starts_with("<main>"));
  EXPECT_TRUE(page_body().ends_with("</main>\n"));
  EXPECT_TRUE(report_script().ends_with("})();\n"));
  EXPECT_EQ(viewer_script().size(), 537'792u);
  for (const std::string_view script : {viewer_script(), plots_script(), report_script()}) {
    EXPECT_EQ(script.find("</script"), std::string_view::npos);
  }
}

TEST(MsaCoverage, CountsAndSortsBySimilarity) {
  const MsaCoverage coverage = msa_coverage({"ABCD", "--XY", "AB--", "AXXX"});
  EXPECT_EQ(coverage.n_rows, 4u);
  EXPECT_EQ(coverage.depth, (std::vector<int>{3, 3, 3, 3}));
  EXPECT_EQ(coverage.identity, (std::vector<uint8_t>{63, 63, 16, 0}));
  EXPECT_EQ(coverage.is_covered, (std::vector<uint8_t>{1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1}));
  const MsaCoverage large = msa_coverage(std::vector<std::string>(5'000, std::string(3'000, 'A')));
  EXPECT_EQ(large.height, 256u);
  EXPECT_EQ(large.width, 1024u);
  EXPECT_EQ(large.depth.size(), 3'000u);
  EXPECT_EQ(msa_coverage({}).height, 0u);
}

TEST(PaeJson, OneDigitPerCell) {
  AlignedErrors errors{2, {0.0f, 0.26f, 31.75f, 10.2f}};
  const auto json = pae_json(errors);
  EXPECT_EQ(json.at("n"), 2);
  EXPECT_EQ(json.at("cells"), "AB/U");  // 0, 0.5, 31.5, 10.0
  // Of very large ones, means of blocks.
  errors.n = 2'048;
  errors.values.assign(errors.n * errors.n, 4.0f);
  errors.values[1] = 8.0f;
  const std::string cells = pae_json(errors).at("cells");
  EXPECT_EQ(cells.size(), 1024u * 1024u);
  EXPECT_EQ(cells.substr(0, 3), "KII");  // (4 + 8 + 4 + 4) / 4 = 5, 4, 4
}

class Reader : public testing::Test {
 protected:
  fs::path file(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, text);
    return folder_ / name;
  }
  template <typename F>
  std::string refusal(F&& body) {
    try {
      body();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "accepted";
  }
  const base::TempFolder temporary_{"report_test"};
  const fs::path folder_ = temporary_.path();
};

TEST_F(Reader, AlignedErrorsInAllTheirFormats) {
  const std::vector<float> values = {0.5f, 1.0f, 2.0f, 3.0f};
  for (const char* text :
       {R"([{"predicted_aligned_error":[[0.5,1],[2,3]],"max_predicted_aligned_error":31.75}])",
        R"({"predicted_aligned_error":[[0.5,1],[2,3]]})", R"({"pae":[[0.5,1],[2,3]]})",
        R"([{"residue1":[1,1,2,2],"residue2":[1,2,1,2],"distance":[0.5,1,2,3]}])"}) {
    const AlignedErrors errors = read_pae(file("pae.json", text));
    EXPECT_EQ(errors.n, 2u);
    EXPECT_EQ(errors.values, values) << text;
  }
  for (const char* text : {"", "[]", "{}", R"({"pae":[[1,2],[3]]})", R"({"pae":[["x"]]})", R"({"pae":[]})"}) {
    EXPECT_NE(refusal([&] { read_pae(file("pae.json", text)); }).find("pae.json: "), std::string::npos)
        << text;
  }
}

TEST_F(Reader, Rankings) {
  file("T/ranking_debug.json", R"({"iptm+ptm":{"m1":0.5,"m2":0.7},"order":["m2","m1"],"ptm":{"m2":0.6}})");
  file("T/relax_metrics.json",
       R"({"m2":{"remaining_violations":[1],"remaining_violations_count":1.0},"m1":{"failed":"why"}})");
  file("T/timings.json", R"({"features":2.5,"relax_m2":1.5,"search_uniref90":2.0})");
  const Result result = read_result(folder_ / "T/");
  EXPECT_EQ(result.name, "T");
  ASSERT_EQ(result.models.size(), 2u);
  EXPECT_EQ(result.models[0].name, "m2");
  EXPECT_EQ(result.models[0].ptm, 0.6);
  EXPECT_EQ(result.models[0].n_violations, 1.0);
  EXPECT_FALSE(result.models[0].mean_plddt);
  EXPECT_EQ(result.models[1].relaxation_failure, "why");
  // The search is part of the features' time.
  EXPECT_EQ(summary_row(folder_ / "T").seconds, 4.0);
  // Models without files are rows of a table.
  const std::string page = report_page(folder_ / "T");
  EXPECT_NE(page.find("Model m1 is not shown"), std::string::npos);
  EXPECT_NE(page.find("Relaxation of m1 failed"), std::string::npos);
  EXPECT_EQ(find_result_folders(folder_), std::vector<fs::path>{folder_ / "T"});
}

TEST_F(Reader, DamagedFolders) {
  EXPECT_NE(refusal([&] { read_result(folder_); }).find("has no ranking_debug.json"), std::string::npos);
  EXPECT_NE(refusal([&] { find_result_folders(folder_); }).find("holds no results"), std::string::npos);
  for (const char* text :
       {"", "{}", R"({"plddts":{}})", R"({"plddts":{"m":1},"order":["n"]})",
        R"({"plddts":{"m":"x"},"order":["m"]})", R"({"plddts":{"../m":1},"order":["../m"]})", "[]"}) {
    file("ranking_debug.json", text);
    EXPECT_NE(refusal([&] { read_result(folder_); }).find("ranking_debug.json: "), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace foldmesh::output::report
