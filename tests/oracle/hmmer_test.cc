// Our programs against Debian's HMMER 3.3.2 on the example data of Debian's mmseqs2 (500 queries, 20,000
// targets): alignments, tables, reports and model files, line for line.
//
// HMMER runs with one worker, so that the hits it stores are those of a serial search. With more workers each
// counts its own share of the targets and stores more; that could only widen the name column of a report, and
// did not do so on this data with 2 and 4 workers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/search/output_lines.h"
#include "foldmesh/seqdb/writer.h"
#include "foldmesh/seqio/fasta.h"
#include "foldmesh/seqio/stockholm.h"
#include "tests/cli/wrapper_calls.h"
#include "tests/sanitized.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;

using tests::kSanitized;
// Instrumented code is some ten times slower: a sample has to do there.
constexpr size_t kQueries = kSanitized ? 3 : 30, kTargets = kSanitized ? 1000 : 20000;
constexpr size_t kIteratedQueries = kSanitized ? 1 : 4;

const std::string kExamples = "/usr/share/doc/mmseqs2/example-data/";
const std::string kTools = "/usr/bin/";

class Oracle : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& path :
         {kTools + "jackhmmer", kTools + "phmmer", kTools + "hmmsearch", kTools + "hmmbuild",
          kExamples + "DB.fasta.gz", kExamples + "QUERY.fasta.gz"}) {
      if (!fs::exists(path)) {
        GTEST_SKIP() << path << " is missing (Debian packages hmmer and mmseqs2-examples)";
      }
    }
    folder_ = fs::path(testing::TempDir()) / fmt::format("oracle_{}", ::getpid());
    fs::create_directories(folder_);
    copy_records("QUERY.fasta.gz", kQueries, path("queries.fasta"));
    copy_records("QUERY.fasta.gz", kIteratedQueries, path("few_queries.fasta"));
    copy_records("DB.fasta.gz", kTargets, path("db.fasta"));
    seqdb::DatabaseWriter writer(path("db.fmdb"));
    seqdb::add_fasta(writer, path("db.fasta"), {});
    writer.commit();
    fmt::print("{} queries ({} iterated), {} targets{}\n", kQueries, kIteratedQueries, kTargets,
               kSanitized ? " (reduced under sanitizers)" : "");
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  static void copy_records(const std::string& example, size_t n, const std::string& to) {
    seqio::FastaReader reader(kExamples + example);
    std::string text;
    bio::Sequence record;
    for (size_t i = 0; i < n && reader.next(record); ++i) seqio::append_fasta(text, record);
    base::write_file_atomically(to, text);
  }

  // The first alignment of a Stockholm file without the columns in which its first row has a gap.
  static std::string aligned_fasta_of(const std::string& sto) {
    seqio::StockholmReader reader(sto);
    bio::Msa msa;
    reader.next(msa);
    std::string text;
    for (const bio::MsaRow& row : msa.rows) {
      text += ">" + row.name + "\n";
      for (size_t column = 0; column < row.aligned.size(); ++column) {
        if (msa.rows[0].aligned[column] != '-') text += row.aligned[column];
      }
      text += "\n";
    }
    return text;
  }

  static void run(const std::string& command) {
    ASSERT_EQ(std::system((command + " > /dev/null").c_str()), 0) << command;
  }

  // Runs HMMER's program and ours with the same options ({0}: what their files begin with) on the same query;
  // theirs reads FASTA, ours the packed database. Compares all four files.
  void compare(const std::string& program, const std::string& options, const std::string& query) {
    const std::string outputs = " -o {0}.out -A {0}.sto --tblout {0}.tblout --domtblout {0}.domtblout ";
    const auto with_outputs = [&](const char* stem) {
      return fmt::format(fmt::runtime(outputs + options), path(stem));
    };
    run(kTools + program + " --cpu 1" + with_outputs("theirs") + " " + path(query) + " " + path("db.fasta"));
    run(std::string(FOLDMESH_PROGRAM) + " " + program + " --quiet --cpu 2" + with_outputs("ours") + " " +
        path(query) + " " + path("db.fmdb"));
    for (const char* kind : {".sto", ".tblout", ".domtblout", ".out"}) {
      EXPECT_TRUE(same_lines(path("ours") + kind, path("theirs") + kind)) << program << " " << options;
    }
  }

  void compare_hmmbuild(const std::string& options, const std::string& alignments) {
    const std::string arguments = " " + options + " " + path("{}.hmm") + " " + path(alignments);
    run(kTools + "hmmbuild" + fmt::format(fmt::runtime(arguments), "theirs"));
    run(std::string(FOLDMESH_PROGRAM) + " hmmbuild --quiet" + fmt::format(fmt::runtime(arguments), "ours"));
    EXPECT_TRUE(same_lines(path("ours.hmm"), path("theirs.hmm"))) << options;
  }

  fs::path folder_;
};

const std::string kAlphaFoldFlags = "--noali --F1 0.0005 --F2 5e-05 --F3 5e-07 --incE 0.0001 -E 0.0001 -N 1";
const std::string kAlphaFoldTemplateFlags =
    "--noali --F1 0.1 --F2 0.1 --F3 0.1 --incE 100 -E 100 --domE 100 --incdomE 100";

// Search as AlphaFold does it, then models from those alignments as AlphaFold makes them (and other ways),
// then a search with such a model.
TEST_F(Oracle, AlphaFoldsCalls) {
  compare("jackhmmer", kAlphaFoldFlags, "queries.fasta");
  ASSERT_GT(lines_of(path("theirs.domtblout")).size(), kQueries);
  fs::rename(path("theirs.sto"), path("queries.sto"));
  compare_hmmbuild("--hand --amino", "queries.sto");
  compare_hmmbuild("", "queries.sto");
  compare_hmmbuild("--symfrac 0.3 --fragthresh 0.8 --seed 7", "queries.sto");

  copy_records("QUERY.fasta.gz", kIteratedQueries, path("few_queries.fasta"));
  run(kTools + "jackhmmer --cpu 1 -o /dev/null -A " + path("few.sto") + " " + kAlphaFoldFlags + " " +
      path("few_queries.fasta") + " " + path("db.fasta"));
  run(kTools + "hmmbuild --hand --amino " + path("few.hmm") + " " + path("few.sto"));
  compare("hmmsearch", kAlphaFoldTemplateFlags, "few.hmm");
}

// The argument lists of AlphaFold 2's, AlphaFold 3's and OpenFold's own wrappers, run by both.
TEST_F(Oracle, WrappersCalls) {
  copy_records("QUERY.fasta.gz", kIteratedQueries, path("few_queries.fasta"));
  const auto both = [&](const std::string& program, const auto& words, const std::string& paths) {
    for (const auto& [name, start] : {std::pair("theirs", kTools), {"ours", path("bin/")}}) {
      std::string command = start + program;
      for (const std::string& word : words) command += " " + word;
      run(fmt::format(fmt::runtime(command + paths), path(name)));
    }
  };
  run(std::string(FOLDMESH_PROGRAM) + " install-links " + path("bin"));
  for (const tests::JackhmmerCall& call : tests::jackhmmer_calls("{0}.sto", "{0}.tblout")) {
    both("jackhmmer", call.words, " " + path("few_queries.fasta") + " " + path("db.fasta"));
    EXPECT_TRUE(same_lines(path("ours.sto"), path("theirs.sto"))) << call.caller;
    if (call.has_table) {
      EXPECT_TRUE(same_lines(path("ours.tblout"), path("theirs.tblout"))) << call.caller;
    }
  }
  fs::rename(path("theirs.sto"), path("few.sto"));
  // AlphaFold 3 takes the insertions away and calls the rest aligned FASTA.
  base::write_file_atomically(path("few.afa"), aligned_fasta_of(path("few.sto")));
  for (const tests::ModelCall& call : tests::hmmbuild_calls()) {
    both("hmmbuild", call.words, " {0}.hmm " + path("few.") + call.format);
    EXPECT_TRUE(same_lines(path("ours.hmm"), path("theirs.hmm"))) << call.caller;
  }
  for (const tests::ModelCall& call : tests::hmmsearch_calls("{0}.sto")) {
    both("hmmsearch", call.words, " " + path("theirs.hmm") + " " + path("db.fasta"));
    EXPECT_TRUE(same_lines(path("ours.sto"), path("theirs.sto"))) << call.caller;
  }
}

TEST_F(Oracle, PhmmerWithDefaults) { compare("phmmer", "", "queries.fasta"); }

TEST_F(Oracle, JackhmmerIterates) {
  compare("jackhmmer", "-N 3 --chkhmm {0}.chk --chkali {0}.chk", "few_queries.fasta");
  for (const char* file :
       {".chk-1.hmm", ".chk-1.sto", ".chk-2.hmm", ".chk-2.sto", ".chk-3.hmm", ".chk-3.sto"}) {
    // Queries that converge early leave no files of later rounds.
    ASSERT_EQ(fs::exists(path("ours") + file), fs::exists(path("theirs") + file)) << file;
    if (fs::exists(path("theirs") + file)) {
      EXPECT_TRUE(same_lines(path("ours") + file, path("theirs") + file)) << file;
    }
  }
  EXPECT_TRUE(fs::exists(path("theirs.chk-1.hmm")));
}

TEST_F(Oracle, HmmsearchWithDefaults) {
  // All models in one file, so that they are read one after the other and searched in one pass.
  std::string models;
  seqio::FastaReader reader(path("queries.fasta"));
  for (bio::Sequence query; reader.next(query);) {
    std::string text;
    seqio::append_fasta(text, query);
    base::write_file_atomically(path("one.fasta"), text);
    run(kTools + "hmmbuild --amino --singlemx --informat afa -o /dev/null -n " +
        fmt::format("m{}", models.size()) + " " + path("one.hmm") + " " + path("one.fasta"));
    models += base::read_file(path("one.hmm"));
  }
  base::write_file_atomically(path("models.hmm"), models);
  compare("hmmsearch", "", "models.hmm");
}

TEST_F(Oracle, OtherOptions) {
  copy_records("DB.fasta.gz", kTargets / 10, path("db.fasta"));
  seqdb::DatabaseWriter writer(path("db.fmdb"));
  seqdb::add_fasta(writer, path("db.fasta"), {});
  writer.commit();
  compare("phmmer", "-T 20 --domT 5 --incT 40 --incdomT 30 --notextw", "few_queries.fasta");
  compare("phmmer", "--nobias --nonull2 -E 1000 --domE 1e-3 --incdomE 1 --textw 200", "few_queries.fasta");
  compare("phmmer", "-Z 1e7 --domZ 500 --seed 7 --popen 0.04 --pextend 0.6 --acc", "few_queries.fasta");
  compare("jackhmmer", "-N 2 --incdomE 10 --fragthresh 0.9 --seed 3", "few_queries.fasta");
}

}  // namespace
}  // namespace foldmesh::search
