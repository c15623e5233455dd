// HH-suite searches through our program against Debian's hhblits called by hand, on a small database made
// here.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::hhsuite {
namespace {

namespace fs = std::filesystem;

const std::string kQueries = "/usr/share/doc/mmseqs2/example-data/QUERY.fasta.gz";
const std::string kData = "/usr/share/hhsuite/data/";
constexpr const char* kTranslator = "/usr/libexec/hhsuite/cstranslate-plain";
constexpr size_t kFamilies = 12, kLength = 200;

class HhblitsOracle : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& needed :
         {kQueries, kData + "cs219.lib", std::string(kTranslator), std::string("/usr/bin/hhblits"),
          std::string("/usr/bin/ffindex_build")}) {
      if (!fs::exists(needed)) {
        GTEST_SKIP() << needed << " is missing (Debian packages hhsuite, hhsuite-data and mmseqs2-examples)";
      }
    }
    make_families();
    run("cd {0} && ffindex_build -s db_a3m.ffdata db_a3m.ffindex a3m && for f in a3m/*; do hhmake -v 0 -i $f "
        "-o "
        "hhm/${{f#a3m/}} || exit 1; done && ffindex_build -s db_hhm.ffdata db_hhm.ffindex hhm && {1} -A "
        "{2}cs219.lib "
        "-D {2}context_data.lib -x 0.3 -c 4 -f -i db_a3m -o db_cs219 -I a3m -b",
        folder_.string(), kTranslator, kData);
  }

  // The first example queries, each with some of its residues replaced in other rows.
  void make_families() {
    fs::create_directories(folder_ / "a3m");
    fs::create_directories(folder_ / "hhm");
    seqio::FastaReader reader(kQueries);
    base::Rng rng(1);
    bio::Sequence record;
    std::string queries;
    for (size_t i = 0; i < kFamilies && reader.next(record); ++i) {
      const std::string residues = record.residues.substr(0, kLength);
      std::string family;
      for (int row = 0; row < 6; ++row) {
        std::string changed = residues;
        for (char& c : changed) {
          if (row > 0 && rng.below(3) == 0) c = "ACDEFGHIKLMNPQRSTVWY"[rng.below(20)];
        }
        family += fmt::format(">f{}_{}\n{}\n", i, row, changed);
      }
      base::write_file_atomically(folder_ / "a3m" / fmt::format("f{:02}", i), family);
      if (i < 2) queries += fmt::format(">q{}\n{}\n", i, residues);
      if (i == 1) queries += fmt::format(">sp|again|Q1 with a description\n{}\n", residues);
    }
    base::write_file_atomically(folder_ / "queries.fasta", queries);
  }

  template <typename... Args>
  static void run(const std::string& command, Args&&... args) {
    const std::string text = fmt::format(fmt::runtime(command), args...);
    ASSERT_EQ(std::system(("(" + text + ") > /dev/null 2>&1").c_str()), 0) << text;
  }

  base::TempFolder temp_{"hhblits_oracle"};
  const fs::path folder_ = temp_.path();
};

TEST_F(HhblitsOracle, AlignmentsAreTheProgramsOwn) {
  run("{0} search {1}/queries.fasta --db bfd_uniref=hhsuite:{1}/db --cpu 2 --output-dir {1}/out",
      FOLDMESH_PROGRAM, folder_.string());
  seqio::FastaReader reader(folder_ / "queries.fasta");
  for (bio::Sequence query; reader.next(query);) {
    std::string text;
    seqio::append_fasta(text, query);
    base::write_file_atomically(folder_ / "one.fasta", text);
    run("hhblits -i {0}/one.fasta -cpu 1 -oa3m {0}/theirs.a3m -o /dev/null -n 3 -e 0.001 -maxseq 1000000 "
        "-realign_max "
        "100000 -maxfilt 100000 -min_prefilter_hits 1000 -d {0}/db",
        folder_.string());
    const std::string theirs = base::read_file(folder_ / "theirs.a3m");
    EXPECT_GT(std::count(theirs.begin(), theirs.end(), '>'), 2) << query.name;
    std::string name = query.name;
    std::replace(name.begin(), name.end(), '|', '_');
    EXPECT_EQ(base::read_file(folder_ / "out" / name / "bfd_uniref_hits.a3m"), theirs) << query.name;
  }
}

TEST_F(HhblitsOracle, RanksShareTheRuns) {
  if (!comm::built_with_mpi() || std::system("mpirun --version > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "there is no mpirun, or the program was built without MPI";
  }
  const std::string search = fmt::format(
      "{0} search {1}/queries.fasta --db bfd_uniref=hhsuite:{1}/db --db some={1}/queries.fasta --cpu 1 "
      "--output-dir {1}/",
      FOLDMESH_PROGRAM, folder_.string());
  run("{}one", search);
  run("ASAN_OPTIONS=detect_leaks=0 mpirun --allow-run-as-root --oversubscribe --bind-to none -n 2 {}two",
      search);
  for (const char* query : {"q0", "q1"}) {
    for (const char* file : {"bfd_uniref_hits.a3m", "some_hits.sto"}) {
      EXPECT_EQ(base::read_file(folder_ / "two" / query / file),
                base::read_file(folder_ / "one" / query / file))
          << query << " " << file;
    }
  }
}

}  // namespace
}  // namespace foldmesh::hhsuite
