// With a script in hhblits' place; tests/oracle runs the real one.
#include "foldmesh/hhsuite/hhblits.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::hhsuite {
namespace {

namespace fs = std::filesystem;

class Hhblits : public testing::Test {
 protected:
  void SetUp() override {
    old_path_ = std::getenv("PATH");
    fs::create_directories(folder_ / "bin");
    ::setenv("PATH", ((folder_ / "bin").string() + ":" + old_path_).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", old_path_.c_str(), 1); }

  // Variables of the script: i, oa3m, cpu: values of those options; seq: the query's residues.
  void install(const std::string& script) {
    const fs::path program = folder_ / "bin/hhblits";
    base::write_file_atomically(program,
                                "#!/bin/sh\necho \"$@\" >> " + (folder_ / "calls").string() +
                                    "\nwhile [ $# -gt 0 ]; do case $1 in -i) i=$2;; -oa3m) oa3m=$2;; -cpu) "
                                    "cpu=$2;; esac; shift; done\nseq=$(grep -v '>' $i)\n" +
                                    script + "\n");
    fs::permissions(program, fs::perms::owner_all);
  }
  Job job(const std::string& name, const std::string& residues) const {
    return {{name, "", "", residues}, {"/db/bfd", "/db/uniref30"}, folder_ / (name + ".a3m")};
  }
  std::string failure(std::vector<Job> jobs) const {
    try {
      HhblitsRuns(std::move(jobs), 2).wait();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kMachine);
      return error.what();
    }
    return "succeeded";
  }

  base::TempFolder temp_{"hhblits_test"};
  fs::path folder_ = temp_.path();
  std::string old_path_;
};

TEST_F(Hhblits, ArgumentsAreAlphaFolds) {
  const std::vector<std::string> expected = {"-i",
                                             "q.fasta",
                                             "-cpu",
                                             "4",
                                             "-oa3m",
                                             "out.a3m",
                                             "-o",
                                             "/dev/null",
                                             "-n",
                                             "3",
                                             "-e",
                                             "0.001",
                                             "-maxseq",
                                             "1000000",
                                             "-realign_max",
                                             "100000",
                                             "-maxfilt",
                                             "100000",
                                             "-min_prefilter_hits",
                                             "1000",
                                             "-d",
                                             "/db/bfd",
                                             "-d",
                                             "/db/uniref30"};
  EXPECT_EQ(hhblits_arguments("q.fasta", "out.a3m", {"/db/bfd", "/db/uniref30"}, 4), expected);
}

TEST_F(Hhblits, ManyQueriesEachItsAlignment) {
  install("printf '>q\\n%s\\n>hit\\n%s\\n' $seq $seq > $oa3m");
  std::vector<Job> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(job(fmt::format("q{}", i), "MKVLUX" + std::string(1 + i, 'A')));
  const std::vector<Outcome> outcomes = HhblitsRuns(jobs, 2).wait();
  ASSERT_EQ(outcomes.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(outcomes[i].n_rows, 2u);
    const std::string residues = "MKVLUX" + std::string(1 + i, 'A');
    EXPECT_EQ(base::read_file(jobs[i].a3m), ">q\n" + residues + "\n>hit\n" + residues + "\n");
    EXPECT_FALSE(fs::exists(jobs[i].a3m.string() + ".log"));
  }
  const std::string calls = base::read_file(folder_ / "calls");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 5);
  EXPECT_NE(calls.find("-cpu 1 "), std::string::npos);
}

TEST_F(Hhblits, OneQueryGetsAllThreads) {
  install("printf '>q\\n%s\\n' $seq > $oa3m");
  HhblitsRuns({job("q", "MKV")}, 6).wait();
  EXPECT_NE(base::read_file(folder_ / "calls").find("-cpu 6 "), std::string::npos);
}

TEST_F(Hhblits, FailuresAreToldAndWhatWasSaidIsKept) {
  install("echo starting; echo 'Error: cannot read database' >&2; exit 3");
  std::string message = failure({job("q", "MKV")});
  EXPECT_NE(message.find("exit code 3"), std::string::npos) << message;
  EXPECT_NE(message.find("cannot read database"), std::string::npos) << message;
  EXPECT_EQ(base::read_file(folder_ / "q.a3m.log"), "starting\nError: cannot read database\n");
  EXPECT_FALSE(fs::exists(folder_ / "q.a3m"));

  install("kill -9 $$");
  EXPECT_NE(failure({job("q", "MKV")}).find("signal 9"), std::string::npos);
  install("true");
  EXPECT_NE(failure({job("q", "MKV")}).find("wrote no alignment for q"), std::string::npos);
  install("printf '>q\\nMKV\\n>h\\nMK\\n' > $oa3m");
  EXPECT_NE(failure({job("q", "MKV")}).find("damaged alignment"), std::string::npos);
  install("printf '>other\\nMKA\\n' > $oa3m");
  EXPECT_NE(failure({job("q", "MKV")}).find("first row is not the query"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "q.a3m"));
}

// The one that works is ended when the other fails, and when nobody waits for it.
TEST_F(Hhblits, WhatStillRunsIsEnded) {
  install("case $seq in MKV) exit 1;; esac; sleep 100");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(failure({job("slow", "AAA"), job("bad", "MKV")}).find("failed for bad"), std::string::npos);
  { HhblitsRuns runs({job("slow", "AAA")}, 1); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(Hhblits, MissingProgramAndFilesAreNamed) {
  const auto message = [](const auto& f) {
    try {
      f();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return std::string(error.what());
    }
    return std::string();
  };
  ::setenv("PATH", (folder_ / "bin").c_str(), 1);
  EXPECT_NE(message([] { check_hhblits_installed(); }).find("apt install hhsuite"), std::string::npos);
  install("true");
  EXPECT_EQ(message([] { check_hhblits_installed(); }), "");
  const std::string prefix = (folder_ / "db").string();
  EXPECT_NE(message([&] { check_database(prefix); }).find("db_cs219.ffdata: there is no such file"),
            std::string::npos);
  for (const fs::path& file : files_of(prefix)) base::write_file_atomically(file, "");
  EXPECT_EQ(message([&] { check_database(prefix); }), "");
}

}  // namespace
}  // namespace foldmesh::hhsuite
