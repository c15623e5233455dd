// report.html as a browser shows it: of our own results, of a complex, of AlphaFold's own folder and of
// hostile names. The browser is driven by check_pages.py.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/output/report/report.h"
#include "foldmesh/output/result_folder.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kPi = 3.14159265358979;

// A point of an ideal alpha helix (3.6 residues and 5.4 A per turn).
std::array<float, 3> on_helix(double residue, double radius, double degrees, double height) {
  const double angle = (residue * 100 + degrees) * kPi / 180;
  return {static_cast<float>(radius * std::cos(angle)), static_cast<float>(radius * std::sin(angle)),
          static_cast<float>(1.5 * residue + height)};
}

// Helices of 24 residues side by side, loops between them left to the viewer.
void add_residue(bio::Structure& structure, int chain, int i, float plddt) {
  constexpr int kPerHelix = 24, kPerRow = 6;
  const int helix = i / kPerHelix;
  const double along = helix % 2 == 0 ? i % kPerHelix : kPerHelix - 1 - i % kPerHelix;
  structure.aatype.push_back(i % 7 == 3 ? 6 : 0);  // GLU and ALA
  structure.residue_index.push_back(i);
  structure.chain_index.push_back(chain);
  structure.plddt.push_back(plddt);
  auto& position = structure.atom_position.emplace_back();
  auto& mask = structure.atom_mask.emplace_back();
  const auto put = [&](int atom, double radius, double degrees, double height) {
    auto at = on_helix(along, radius, degrees, height);
    at[0] += static_cast<float>(10 * (helix % kPerRow));
    at[1] += static_cast<float>(10 * (helix / kPerRow) + 40 * chain);
    position[static_cast<size_t>(atom)] = at;
    mask[static_cast<size_t>(atom)] = 1;
  };
  put(bio::kAtom37N, 1.55, -28, -0.9);
  put(bio::kAtom37Ca, 2.29, 0, 0);
  put(bio::kAtom37C, 1.68, 26, 1.1);
  put(bio::kAtom37O, 2.05, 20, 2.3);
  put(bio::kAtom37Cb, 3.3, -20, -0.3);
}

struct Shape {
  std::vector<int> chain_lengths = {120};
  int n_models = 2;
  bool untrained = false, pae = true;
};

output::Prediction prediction(const Shape& shape, int model) {
  output::Prediction out;
  out.name = fmt::format("model_{}_ptm_pred_0", model + 1);
  for (size_t chain = 0; chain < shape.chain_lengths.size(); ++chain) {
    out.structure.chain_ids.push_back(std::string(1, static_cast<char>('A' + chain)));
    for (int i = 0; i < shape.chain_lengths[chain]; ++i) {
      const auto plddt = static_cast<float>(72 + 25 * std::sin(0.11 * i + model));
      add_residue(out.structure, static_cast<int>(chain), i, plddt);
    }
  }
  // Generated parameters leave residues too far apart for a ribbon.
  for (auto& residue : out.structure.atom_position) {
    const auto ca = residue[bio::kAtom37Ca];
    for (auto& atom : residue) {
      for (size_t axis = 0; shape.untrained && axis < 3; ++axis) atom[axis] += 0.8F * ca[axis];
    }
  }
  if (!shape.pae) return out;
  const size_t n = out.structure.n_res();
  confidence::AlignedError error{.pae = std::vector<double>(n * n), .ptm = 0.75, .iptm = {}};
  if (shape.chain_lengths.size() > 1) error.iptm = 0.65;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const double apart = std::abs(static_cast<double>(i) - static_cast<double>(j));
      error.pae[i * n + j] = std::min(31.7, 0.3 + 0.12 * apart + (i / 60 == j / 60 ? 0 : 8));
    }
  }
  if (shape.chain_lengths.size() > 1) {
    // Neighbours along the list of chains touch.
    const size_t m = shape.chain_lengths.size();
    confidence::ChainPairs pairs;
    pairs.n_chains = m;
    for (size_t a = 0; a < m; ++a) {
      for (size_t b = 0; b < m; ++b) {
        const double apart = std::abs(static_cast<double>(a) - static_cast<double>(b));
        pairs.iptm.push_back(std::max(0.05, 0.9 - 0.35 * apart));
        pairs.mean_pae.push_back(3 + 9 * apart + static_cast<double>(a));
        pairs.min_pae.push_back(0.5 + 4 * apart);
      }
    }
    error.chain_pairs = pairs;
  }
  out.aligned_error = std::move(error);
  return out;
}

// A query and homologs that cover parts of it.
std::string alignment(size_t n_res, int n_rows, const std::string& name) {
  std::string query(n_res, 'A'), text = fmt::format(">{}\n{}\n", name, query);
  for (size_t i = 3; i < n_res; i += 7) query[i] = 'E';
  text = fmt::format(">{}\n{}\n", name, query);
  for (int row = 1; row < n_rows; ++row) {
    std::string aligned = query;
    const size_t from = static_cast<size_t>(row) * 7 % (n_res / 3);
    for (size_t i = 0; i < n_res; ++i) {
      if (i < from || i + from / 2 >= n_res)
        aligned[i] = '-';
      else if ((i * 31 + static_cast<size_t>(row) * 17) % 100 < static_cast<size_t>(row))
        aligned[i] = 'L';
    }
    text += fmt::format(">hit{}\n{}\n", row, aligned);
  }
  return text;
}

class ReportPage : public testing::Test {
 protected:
  // A result folder as foldmesh leaves it.
  fs::path make_results(const std::string& name, const Shape& shape) {
    const fs::path folder = folder_ / name;
    fs::create_directories(folder / "msas");
    const output::Origin origin{name, shape.untrained};
    std::vector<output::Ranked> ranked;
    for (int model = 0; model < shape.n_models; ++model) {
      const output::Prediction made = prediction(shape, model);
      output::write_prediction(made, origin, folder);
      double mean = 0;
      for (const float value : made.structure.plddt)
        mean += static_cast<double>(value) / static_cast<double>(made.structure.n_res());
      output::Ranked entry{made.name, mean, 3, mean, {}, {}};
      if (made.aligned_error) entry.ptm = made.aligned_error->ptm;
      if (shape.chain_lengths.size() > 1) {
        entry.iptm = 0.65;
        entry.confidence = 0.8 * 0.65 + 0.2 * 0.75;
      }
      ranked.push_back(entry);
    }
    output::write_ranking(ranked, shape.chain_lengths.size() > 1 ? "iptm+ptm" : "plddts", origin, folder);
    const std::vector<std::pair<std::string, double>> timings = {
        {"features", 12.5}, {"predict_and_compile_model_1_ptm_pred_0", 60.25}};
    output::write_timings(timings, folder);
    if (shape.chain_lengths.size() == 1) {
      write(name + "/msas/uniref90_hits.a3m",
            alignment(static_cast<size_t>(shape.chain_lengths[0]), 90, name));
    }
    return folder;
  }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, text);
  }
  void expect_page(const std::string& name, const Shape& shape, const std::string& title) {
    int residues = 0;
    for (const int length : shape.chain_lengths) residues += length;
    pages_.push_back({{"page", name + "/report.html"},
                      {"residues", residues},
                      {"models", shape.n_models},
                      {"title", title},
                      {"untrained", shape.untrained},
                      {"pae", shape.pae},
                      {"coverage", shape.chain_lengths.size() == 1},
                      {"chains", shape.chain_lengths.size()},
                      {"pairs", shape.pae && shape.chain_lengths.size() > 1}});
  }
  // What check_pages.py says; false when there is no browser.
  bool browse(std::string& said, int& code) {
    write("pages.json", pages_.dump());
    const char* shots = std::getenv("FOLDMESH_SCREENSHOTS");
    const std::string command = fmt::format(
        "/usr/bin/python3 '{}/tests/report/check_pages.py' '{}' {} > '{}' 2>&1", FOLDMESH_SOURCE_DIR,
        folder_.string(), shots == nullptr ? "" : shots, (folder_ / "said").string());
    const int status = std::system(command.c_str());
    code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    said = base::read_file(folder_ / "said");
    return code != 77 && code != 127;
  }

  const base::TempFolder temporary_{"report_page_test"};
  const fs::path folder_ = temporary_.path();
  Json pages_ = Json::array();
};

TEST_F(ReportPage, WorksInABrowserWithoutANetwork) {
  const Shape large{.chain_lengths = {500}, .n_models = 5}, plain{.chain_lengths = {60}},
      complex{.chain_lengths = {40, 25, 30}, .n_models = 1, .untrained = true};
  output::report::write_report(make_results("large", large));
  expect_page("large", large, "large");
  // With five models of 500 residues, all of them shown.
  EXPECT_LT(fs::file_size(folder_ / "large/report.html"), 3'000'000u);

  // A folder of AlphaFold's: no mmCIF, nothing that only we write.
  const fs::path alphafold = make_results("alphafold", plain);
  for (const auto& entry : fs::directory_iterator(alphafold)) {
    if (entry.path().extension() == ".cif") fs::remove(entry.path());
  }
  auto ranking = Json::parse(base::read_file(alphafold / "ranking_debug.json"));
  for (const char* ours : {"num_recycles", "ptm", "mean_plddt"}) ranking.erase(ours);
  write("alphafold/ranking_debug.json", ranking.dump());

  // Whatever a name or header holds stays text.
  const std::string hostile = "<img src=x onerror=hacked=1>\"'&";
  make_results(hostile, complex);
  write(hostile + "/run.json",
        Json({{"program", "<script>hacked=1</script>"},
              {"chains", {{{"id", "A"}, {"description", "</script><script>hacked=1</script>\xff"}}}},
              {"notes", {"<b onclick=hacked=1>note</b>"}}})
            .dump(-1, ' ', false, Json::error_handler_t::ignore));
  write(hostile + "/templates.json", R"([{"name":"<img src=x onerror=hacked=1>","e_value":1e-5}])");

  const RunResult made = run_program({"report", folder_.string(), "--quiet"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  expect_page("alphafold", plain, "alphafold");
  expect_page(hostile, complex, hostile);
  EXPECT_EQ(base::read_file(folder_ / "index.html").find("<img"), std::string::npos);

  std::string said;
  int code = 0;
  if (kSanitized) GTEST_SKIP() << "pages are written; what a browser does with them is not ours to sanitize";
  if (!browse(said, code)) GTEST_SKIP() << "no python3 or chromium: " << said;
  EXPECT_EQ(code, 0) << said;
}

}  // namespace
}  // namespace foldmesh::tests
