// Template searches and realignment against the programs that AlphaFold calls: hmmbuild and hmmsearch,
// hhsearch, kalign.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/seqio/fasta.h"
#include "foldmesh/templates/hit.h"
#include "foldmesh/templates/sequence_alignment.h"

namespace foldmesh::templates {
namespace {

namespace fs = std::filesystem;

const std::string kQueries = "/usr/share/doc/mmseqs2/example-data/QUERY.fasta.gz";
const std::string kData = "/usr/share/hhsuite/data/";
constexpr const char* kTranslator = "/usr/libexec/hhsuite/cstranslate-plain";
constexpr size_t kLength = 120;
constexpr const char* kAminoAcids = "ACDEFGHIKLMNPQRSTVWY";

class TemplateOracle : public testing::Test {
 protected:
  void need(const std::vector<std::string>& files) const {
    for (const std::string& file : files) {
      if (!fs::exists(file)) GTEST_SKIP() << file << " is missing (scripts/setup installs it)";
    }
  }
  // Example queries, cut.
  static std::vector<std::string> sequences(size_t n) {
    seqio::FastaReader reader(kQueries);
    std::vector<std::string> out;
    for (bio::Sequence record; out.size() < n && reader.next(record);) {
      if (record.residues.size() >= kLength) out.push_back(record.residues.substr(0, kLength));
    }
    return out;
  }
  static std::string changed(std::string residues, uint64_t one_in, base::Rng& rng) {
    for (char& c : residues) {
      if (rng.below(one_in) == 0) c = kAminoAcids[rng.below(20)];
    }
    return residues;
  }
  template <typename... Args>
  static void run(const std::string& command, Args&&... args) {
    const std::string text = fmt::format(fmt::runtime(command), args...);
    ASSERT_EQ(std::system(("(" + text + ") > /dev/null 2>&1").c_str()), 0) << text;
  }
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file_atomically(folder_ / name, text);
    return folder_ / name;
  }
  // A query and its homologs.
  void write_search(const std::string& query, base::Rng& rng) const {
    write("query.fasta", fmt::format(">query\n{}\n", query));
    std::string homologs;
    for (int i = 0; i < 12; ++i) homologs += fmt::format(">h{}\n{}\n", i, changed(query, 4, rng));
    write("uniref90.fasta", homologs);
    fs::create_directories(folder_ / "mmcif");
  }

  base::TempFolder temp_{"templates_oracle"};
  const fs::path folder_ = temp_.path();
};

TEST_F(TemplateOracle, HitsAreHmmersOwn) {
  need({kQueries, "/usr/bin/hmmbuild", "/usr/bin/hmmsearch"});
  if (IsSkipped()) return;
  base::Rng rng(3);
  const std::vector<std::string> all = sequences(20);
  write_search(all[0], rng);
  std::string chains;
  for (size_t i = 0; i < all.size(); ++i) {
    chains += fmt::format(">{}abc_A mol:protein length:{}  CHAIN\n{}\n", i % 10, kLength,
                          changed(all[i % 3], 2, rng));
  }
  const fs::path database = write("pdb_seqres.txt", chains);
  run("{0} fold {1}/query.fasta --db uniref90={1}/uniref90.fasta --pdb-seqres-database-path "
      "{1}/pdb_seqres.txt "
      "--template-mmcif-dir {1}/mmcif --msa-only -o {1}/out",
      FOLDMESH_PROGRAM, folder_.string());
  run("hmmbuild --hand --amino {0}/x.hmm {0}/out/query/msas/uniref90_hits.sto && hmmsearch --noali --cpu 1 "
      "--F1 0.1 --F2 "
      "0.1 --F3 0.1 --incE 100 -E 100 --domE 100 --incdomE 100 -A {0}/theirs.sto {0}/x.hmm "
      "{0}/pdb_seqres.txt",
      folder_.string());
  const auto rows = [](const std::string& text) { return text.substr(text.find("#=GS")); };
  const std::string ours = base::read_file(folder_ / "out/query/msas/pdb_hits.sto");
  EXPECT_EQ(rows(ours), rows(base::read_file(folder_ / "theirs.sto")));
  EXPECT_GE(read_hmmsearch_hits(folder_ / "out/query/msas/pdb_hits.sto", kLength).size(), 7u);
}

TEST_F(TemplateOracle, ReportsAreHhsearchsOwn) {
  need({kQueries, kData + "cs219.lib", kTranslator, "/usr/bin/hhsearch", "/usr/bin/ffindex_build"});
  if (IsSkipped()) return;
  base::Rng rng(5);
  const std::vector<std::string> all = sequences(6);
  for (size_t i = 0; i < all.size(); ++i) {
    std::string family;
    for (int row = 0; row < 6; ++row) {
      family += fmt::format(">{}abc_A{} A CHAIN\n{}\n", i, row, row == 0 ? all[i] : changed(all[i], 4, rng));
    }
    write(fmt::format("a3m/{}abc_A", i), family);
  }
  fs::create_directories(folder_ / "hhm");
  run("cd {0} && ffindex_build -s db_a3m.ffdata db_a3m.ffindex a3m && for f in a3m/*; do hhmake -v 0 -i $f "
      "-o "
      "hhm/${{f#a3m/}} || exit 1; done && ffindex_build -s db_hhm.ffdata db_hhm.ffindex hhm && {1} -A "
      "{2}cs219.lib -D "
      "{2}context_data.lib -x 0.3 -c 4 -f -i db_a3m -o db_cs219 -I a3m -b",
      folder_.string(), kTranslator, kData);
  write_search(all[2], rng);
  run("{0} fold {1}/query.fasta --db uniref90={1}/uniref90.fasta --pdb70-database-path {1}/db "
      "--template-mmcif-dir "
      "{1}/mmcif --a3m --cpu 1 --msa-only -o {1}/out",
      FOLDMESH_PROGRAM, folder_.string());
  // No row of this alignment repeats another one, so it is what was searched with.
  run("hhsearch -i {0}/out/query/msas/uniref90_hits.a3m -cpu 1 -o {0}/theirs.hhr -maxseq 1000000 -d {0}/db",
      folder_.string());
  const auto hits = [](const std::string& report) { return report.substr(report.find("\n No Hit")); };
  const fs::path ours = folder_ / "out/query/msas/pdb_hits.hhr";
  EXPECT_EQ(hits(base::read_file(ours)), hits(base::read_file(folder_ / "theirs.hhr")));
  const std::vector<Hit> read = read_hhr_hits(ours, all[2]);
  ASSERT_GE(read.size(), 1u);
  EXPECT_EQ(read[0].pdb_id, "2abc");
  EXPECT_EQ(read[0].sequence, all[2]);
  EXPECT_GT(read[0].sum_probs.value(), 100);

  // Ranks share the runs.
  if (!comm::built_with_mpi() || std::system("mpirun --version > /dev/null 2>&1") != 0) return;
  write("two.fasta", fmt::format(">query\n{}\n>other\n{}\n", all[2], all[3]));
  const std::string fold = fmt::format(
      "{0} fold {1}/two.fasta --db uniref90={1}/uniref90.fasta --pdb70-database-path {1}/db "
      "--template-mmcif-dir {1}/mmcif --a3m --cpu 1 --msa-only -o {1}/",
      FOLDMESH_PROGRAM, folder_.string());
  run("{}one", fold);
  run("ASAN_OPTIONS=detect_leaks=0 mpirun --allow-run-as-root --oversubscribe --bind-to none -n 2 {}two",
      fold);
  for (const char* target : {"query", "other"}) {
    const fs::path file = fs::path(target) / "msas/pdb_hits.hhr";
    EXPECT_EQ(hits(base::read_file(folder_ / "two" / file)), hits(base::read_file(folder_ / "one" / file)));
  }
}

// The pairs of two rows of an aligned FASTA file.
Mapping pairs_of(const std::string& a, const std::string& b) {
  Mapping pairs;
  int i = 0, j = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    if (a[c] != '-' && b[c] != '-') pairs.emplace_back(i, j);
    i += a[c] != '-' ? 1 : 0;
    j += b[c] != '-' ? 1 : 0;
  }
  return pairs;
}

// The cases of realignment: one sequence, with residues missing, added and replaced. The two programs have
// other costs of gaps, so that neighbouring gaps may be drawn otherwise; the share of identical residues,
// which decides about a template, differs by no more than two residues.
TEST_F(TemplateOracle, RealignmentIsAsGoodAsKaligns) {
  need({kQueries, "/usr/bin/kalign"});
  if (IsSkipped()) return;
  base::Rng rng(7);
  int n_equal = 0, n_cases = 0;
  for (const std::string& first : sequences(30)) {
    std::string second = changed(first, 40, rng);
    for (uint64_t n = 1 + rng.below(3); n > 0; --n) {
      const size_t at = rng.below(second.size() - 10), length = 1 + rng.below(4);
      if (rng.below(2) == 0) {
        second.erase(at, length);
      } else {
        second.insert(at, std::string(length, kAminoAcids[rng.below(20)]));
      }
    }
    const fs::path in = write("in.fasta", fmt::format(">a\n{}\n>b\n{}\n", first, second));
    run("kalign -i {0}/in.fasta -o {0}/out.fasta -f fasta", folder_.string());
    std::string text = base::read_file(folder_ / "out.fasta"), rows[2];
    int row = -1;
    for (size_t start = 0; start < text.size();) {
      const size_t end = std::min(text.find('\n', start), text.size());
      if (text[start] == '>') {
        ++row;
      } else {
        rows[row] += text.substr(start, end - start);
      }
      start = end + 1;
    }
    const Mapping theirs = pairs_of(rows[0], rows[1]), ours = align(first, second);
    ++n_cases;
    n_equal += ours == theirs ? 1 : 0;
    EXPECT_GE(count_identical(first, second, ours) + 2, count_identical(first, second, theirs))
        << first << " " << second;
  }
  RecordProperty("equal", n_equal);
  EXPECT_GE(n_equal, n_cases * 3 / 4) << n_equal << " of " << n_cases;
}

}  // namespace
}  // namespace foldmesh::templates
