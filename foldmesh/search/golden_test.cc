// Every output file of the golden runs, line for line (tests/golden/hmmer/README.md says how they were made).
// Left out are lines that name program, version, paths, time or command line.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/hmm/hmm_file.h"
#include "foldmesh/search/output_lines.h"
#include "foldmesh/search/runs.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class Golden : public testing::Test {
 protected:
  Golden() : folder_(fs::path(testing::TempDir()) / fmt::format("search_golden_{}", ::getpid())), pool_(2) {
    fs::create_directories(folder_);
    options_.outputs.main = path("x.out");
    options_.outputs.alignment = path("x.sto");
    options_.outputs.target_table = path("x.tblout");
    options_.outputs.domain_table = path("x.domtblout");
    options_.info.program = "test";
    options_.info.version = "0";
  }
  ~Golden() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // What AlphaFold passes to jackhmmer; --noali and -N 1 are set by the callers.
  void use_alphafold_flags() {
    options_.search.pipeline.F1 = 0.0005;
    options_.search.pipeline.F2 = 0.00005;
    options_.search.pipeline.F3 = 0.0000005;
    options_.thresholds = alphafold_thresholds();
    options_.main_output.show_alignments = false;
  }

  void jackhmmer(const std::string& query, const std::string& targets, const JackhmmerOptions& jackhmmer) {
    seqio::FastaReader reader(kGolden + query);
    const auto database = TargetDatabase::open(targets);
    run_jackhmmer(
        [&]() -> std::optional<bio::Sequence> {
          bio::Sequence sequence;
          if (!reader.next(sequence)) return std::nullopt;
          return sequence;
        },
        jackhmmer, *database, options_, pool_);
  }

  void phmmer(const std::string& query, const std::string& targets) {
    seqio::FastaReader reader(kGolden + query);
    const auto database = TargetDatabase::open(targets);
    run_phmmer(
        [&]() -> std::optional<bio::Sequence> {
          bio::Sequence sequence;
          if (!reader.next(sequence)) return std::nullopt;
          return sequence;
        },
        {}, *database, options_, pool_);
  }

  void hmmsearch(const std::string& model, const std::string& targets) {
    hmm::HmmFileReader reader(kGolden + model);
    const auto database = TargetDatabase::open(targets);
    run_hmmsearch([&] { return reader.next(); }, Cutoffs::kNone, *database, options_, pool_);
  }

  // Compares all files whose golden counterpart `stem.*` exists; there must be at least one.
  void expect_golden(const std::string& stem) {
    int n = 0;
    for (const char* kind : {".out", ".sto", ".tblout", ".domtblout"}) {
      if (!fs::exists(kGolden + stem + kind)) continue;
      EXPECT_TRUE(same_lines(path(std::string("x") + kind), kGolden + stem + kind));
      ++n;
    }
    EXPECT_GT(n, 1);
  }

  fs::path folder_;
  base::ThreadPool pool_;
  RunOptions options_;
};

JackhmmerOptions rounds(int n) {
  JackhmmerOptions jackhmmer;
  jackhmmer.max_rounds = n;
  return jackhmmer;
}

std::string all_targets_in(const fs::path& folder) {
  std::string text;
  for (int i = 1; i <= 13; ++i) text += base::read_file(kGolden + fmt::format("targets/s{:02}.fasta", i));
  const std::string path = (folder / "all.fasta").string();
  base::write_file_atomically(path, text);
  return path;
}

TEST_F(Golden, JackhmmerWithAlphaFoldsFlags) {
  const std::string targets = all_targets_in(folder_);
  use_alphafold_flags();
  for (int i = 1; i <= 13; ++i) {
    jackhmmer(fmt::format("qf/s{:02}.fasta", i), targets, rounds(1));
    expect_golden(fmt::format("cli/s{:02}", i));
  }
}

TEST_F(Golden, JackhmmerWithDefaults) {
  options_.thresholds = jackhmmer_thresholds();
  for (const std::string id : {"s05", "s08"}) {
    jackhmmer("qf/" + id + ".fasta", kGolden + "targets/" + id + ".fasta", rounds(1));
    expect_golden("cli/" + id + ".jackhmmer.default");
  }
}

TEST_F(Golden, PhmmerWithDefaults) {
  for (const std::string id : {"s05", "s08"}) {
    phmmer("qf/" + id + ".fasta", kGolden + "targets/" + id + ".fasta");
    expect_golden("cli/" + id + ".phmmer.default");
  }
}

TEST_F(Golden, JackhmmerIterates) {
  options_.thresholds = jackhmmer_thresholds();
  options_.main_output.show_alignments = false;
  JackhmmerOptions iterated = rounds(4);
  iterated.hmm_checkpoints = iterated.alignment_checkpoints = path("chk");
  jackhmmer("qf/s05.fasta", kGolden + "iterdb.fasta", iterated);
  expect_golden("iter/s05");
  for (const char* name : {"chk-1.hmm", "chk-1.sto", "chk-2.hmm", "chk-2.sto"}) {
    EXPECT_TRUE(same_lines(path(name), kGolden + "iter/s05." + name));
  }
  EXPECT_FALSE(fs::exists(path("chk-3.hmm")));
}

TEST_F(Golden, DuplicateTargetNames) {
  options_.thresholds = jackhmmer_thresholds();
  options_.main_output.show_alignments = false;
  jackhmmer("edge/query.fasta", kGolden + "edge/dup_targets.fasta", rounds(1));
  expect_golden("edge/dup");
}

TEST_F(Golden, NothingFound) {
  options_.thresholds = jackhmmer_thresholds();
  options_.main_output.show_alignments = false;
  jackhmmer("edge/query.fasta", kGolden + "edge/nohit_targets.fasta", rounds(1));
  expect_golden("edge/nohit");
}

TEST_F(Golden, HmmsearchWithDefaults) {
  for (const std::string id : {"fn3", "globins4"}) {
    hmmsearch("msa/" + id + ".hmm", kGolden + "msa/targets.fasta");
    expect_golden("msa/cli/" + id);
  }
}

TEST_F(Golden, HmmsearchWithAlphaFoldsTemplateFlags) {
  options_.search.pipeline.F1 = options_.search.pipeline.F2 = options_.search.pipeline.F3 = 0.1;
  options_.thresholds.E = options_.thresholds.inc_E = 100;
  options_.thresholds.dom_E = options_.thresholds.incdom_E = 100;
  options_.main_output.show_alignments = false;
  for (const std::string id : {"fn3", "globins4"}) {
    hmmsearch("msa/" + id + ".hmm", kGolden + "msa/targets.fasta");
    expect_golden("msa/cli/" + id + ".template");
  }
}

}  // namespace
}  // namespace foldmesh::search
