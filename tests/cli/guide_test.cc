// The commands of docs/guide and README.md: boxes marked ```sh run are run, a page's one after the other in
// one folder, as a reader would type them; boxes marked ```sh pattern have placeholders, so only the names of
// their commands and options are held against the program's. There are no other boxes with commands.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/relax/engine.h"
#include "foldmesh/structio/structure_file.h"
#include "tests/cli/run_program.h"
#include "tests/relax/ideal_peptide.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = FOLDMESH_TESTS_DIR "/..";
constexpr const char* kQuery = "MKTAYIAKQRQISFVKSHFSRQLE";

struct Box {
  std::string kind;  // "sh run", "sh pattern" or whatever stands behind the three ticks
  std::string text;
};

std::vector<Box> boxes_of(const fs::path& page) {
  std::istringstream text(base::read_file(page));
  std::vector<Box> boxes;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      if (!inside) boxes.push_back({line.substr(3), ""});
      inside = !inside;
    } else if (inside) {
      boxes.back().text += line + "\n";
    }
  }
  if (inside) throw std::runtime_error(page.string() + ": a box does not end");
  return boxes;
}

std::vector<std::string> marked_boxes(const fs::path& page, const std::string& kind) {
  std::vector<std::string> out;
  for (const Box& box : boxes_of(page)) {
    if (box.kind == kind) out.push_back(box.text);
  }
  return out;
}

// What the pages take for granted, in small.
class Guide : public testing::Test {
 protected:
  void file(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, text);
  }
  void make_params(const std::string& model) const {
    fs::create_directories(shared_.path() / "params");
    const fs::path path = shared_.path() / "params" / fmt::format("params_{}.npz", model);
    ASSERT_EQ(run_program({"params", "generate", "--model", model, "-o", path.string(), "--quiet"}).exit_code,
              0);
  }
  void make_inputs() const {
    file("query.fasta", fmt::format(">query a query\n{}\n", kQuery));
    file("queries.fasta", fmt::format(">one\n{}\n>two\n{}\n", kQuery, std::string(kQuery).substr(3)));
    file("dimer.fasta", ">one\nMKTAYIAKQRQISF\n>two\nGSWLQERLAEIDKR\n");
    const std::string homologs =
        ">a\nMATAYIAKQRQISFVKSHFSRQLE\n>b\nMKTAYIAKQRQISAVKSHFSRQLE\n>c\nGSWLQARLAEIDKRVNTA\n";
    for (const char* name : {"uniref90.fasta", "mgnify.fasta"}) file(name, homologs);
    file("uniprot.fasta",
         ">tr|Q1|Q1_SPECA\nMKTAYIAKARQISF\n>tr|Q2|Q2_SPECA\nGSWLQERLAEADKR\n>tr|Q3|Q3_"
         "SPECB\nMKTAYIAKQRQASF\n");
    const std::string aligned = "a MKTAYIAKQRQISFVKSHFSRQLE\nb MATAYIAKQRQISAVKSHFSRQLE\n";
    file("family.sto", "# STOCKHOLM 1.0\n" + aligned + "//\n");
    file("hits.sto", "# STOCKHOLM 1.0\n" + aligned + "#=GC RF xxxxxxxxxxxxxxxxxxxxxxxx\n//\n");
    file("homologs.a3m", fmt::format(">query\n{}\n>a\nMATAYIAKQRQISFVKSHFSRQLE\n", kQuery));
    make_template_data();
    fs::create_directory_symlink(shared_.path() / "params", folder_ / "params");
  }
  void make_template_data() const {
    std::string sequence = kQuery;
    sequence[4] = 'F';
    const bio::Structure structure = relax::ideal_peptide(sequence);
    structio::write_pdb(structure, {}, folder_ / "model.pdb");
    file("pdb_seqres/pdb_seqres.txt",
         fmt::format(">1abc_A mol:protein length:24  A PROTEIN\n{}\n", sequence));
    file("pdb_mmcif/mmcif_files/1abc.cif",
         structio::to_mmcif(structure, {.is_prediction = false}) +
             "loop_\n_pdbx_audit_revision_history.ordinal\n_pdbx_audit_revision_history.revision_date\n"
             "1 2001-01-01\n");
    file("pdb_mmcif/obsolete.dat", "OBSLTE    31-JUL-94 6FFF     1ABC\n");
  }

  void run_page(const char* page) {
    const base::TempFolder temporary("guide_test");
    folder_ = temporary.path();
    make_inputs();
    const std::vector<std::string> boxes = marked_boxes(kRoot / "docs/guide" / page, "sh run");
    ASSERT_FALSE(boxes.empty()) << page;
    for (const std::string& box : boxes) {
      file("box.sh", fmt::format("set -euo pipefail\ncd {}\nPATH={}:$PATH\n{}", folder_.string(),
                                 fs::path(FOLDMESH_PROGRAM).parent_path().string(), box));
      const int status = std::system(
          ("bash " + (folder_ / "box.sh").string() + " > " + (folder_ / "said").string() + " 2>&1").c_str());
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << page << "\n"
                                                                 << box << "\n"
                                                                 << base::read_file(folder_ / "said");
    }
  }

  const base::TempFolder shared_{"guide_test_params"};
  fs::path folder_;  // of the page
};

constexpr const char* kWhyNotSanitized = "the same ways through the network are run by other tests";

TEST_F(Guide, SingleChains) {
  if (kSanitized) GTEST_SKIP() << kWhyNotSanitized;
  make_params("model_1_ptm");
  for (const char* page : {"inputs.md", "results.md", "fold.md", "templates.md"}) run_page(page);
  if (relax::has_openmm()) run_page("relax.md");
}

TEST_F(Guide, Complexes) {
  if (kSanitized) GTEST_SKIP() << kWhyNotSanitized;
  make_params("model_1_multimer_v3");
  run_page("multimer.md");
}

TEST_F(Guide, Predict) {
  if (kSanitized) GTEST_SKIP() << kWhyNotSanitized;
  run_page("predict.md");
}

TEST_F(Guide, SearchAndPlan) {
  for (const char* page : {"search.md", "plan.md"}) run_page(page);
}

// Commands with their arguments: continued lines joined, what stands before `foldmesh` (mpirun -n 8) left
// out.
std::vector<std::vector<std::string>> commands_in(std::string text) {
  text = std::regex_replace(text, std::regex("\\\\\n"), " ");
  std::istringstream lines(text);
  std::vector<std::vector<std::string>> commands;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find(" # ")));
    bool begun = false;
    for (std::string word; words >> word;) {
      if (!begun && word == "foldmesh") {
        begun = true;
        commands.emplace_back();
      } else if (begun) {
        commands.back().push_back(word);
      }
    }
  }
  return commands;
}

std::string help_of(const std::vector<std::string>& command) {
  static std::map<std::string, std::string> known;
  std::vector<std::string> words = {command.at(0)};
  if (command[0] == "db" || command[0] == "params" || command[0] == "bench") words.push_back(command.at(1));
  std::string& help = known[fmt::format("{}", fmt::join(words, " "))];
  if (help.empty()) {
    words.emplace_back("--help");
    const RunResult run = run_program(words);
    EXPECT_EQ(run.exit_code, 0) << fmt::format("{}", fmt::join(words, " "));
    help = run.out;
  }
  return help;
}

TEST(GuideText, EveryBoxOfCommandsIsRunOrAPattern) {
  std::vector<fs::path> pages = {kRoot / "README.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs/guide")) pages.push_back(entry.path());
  const std::regex command(R"((^|\n)(\$ *)?(foldmesh|mpirun|srun|scripts/|cmake) ?)");
  size_t n_options = 0;
  for (const fs::path& page : pages) {
    for (const Box& box : boxes_of(page)) {
      if (box.kind != "sh run" && box.kind != "sh pattern") {
        EXPECT_FALSE(std::regex_search(box.text, command)) << page << " (neither run nor pattern):\n"
                                                           << box.text;
        continue;
      }
      for (const std::vector<std::string>& words : commands_in(box.text)) {
        ASSERT_FALSE(words.empty()) << page << "\n" << box.text;
        for (const std::string& word : words) {
          if (box.kind != "sh pattern" || !word.starts_with("--")) continue;
          const std::string name = word.substr(0, word.find('='));
          EXPECT_TRUE(std::regex_search(help_of(words), std::regex(name + "[ ,\n=]")))
              << page << ": " << name;
          ++n_options;
        }
      }
    }
  }
  EXPECT_GT(n_options, 5u);
}

}  // namespace
}  // namespace foldmesh::tests
