// Searches on several ranks, all on this machine. Skipped where there is no mpirun or no MPI was built in.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/seqdb/writer.h"
#include "tests/cli/mpirun.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class Ranks : public testing::Test {
 protected:
  Ranks() : folder_("mpi") {}
  void SetUp() override {
    if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
    std::string queries, targets;
    for (const char* id : {"s02", "s03", "s04", "s05"})
      queries += base::read_file(kGolden + "qf/" + id + ".fasta");
    for (int i = 1; i <= 13; ++i)
      targets += base::read_file(kGolden + fmt::format("targets/s{:02}.fasta", i));
    base::write_file_atomically(path("q.fasta"), queries);
    base::AtomicFile fasta(path("db.fasta"));
    for (int copy = 0; copy < 6; ++copy) fasta.write(targets);
    fasta.commit();
    base::write_file_atomically(path("other.fasta"), base::read_file(kGolden + "targets/s04.fasta"));
    pack("db");
    pack("other");
  }
  void pack(const std::string& name) const {
    seqdb::DatabaseWriter writer(path(name + ".fmdb"));
    seqdb::add_fasta(writer, path(name + ".fasta"), {0, true});
    writer.commit();
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  RunResult run(int n_ranks, const std::vector<std::string>& command, double kill_after = 0) const {
    RunOptions options;
    options.kill_after = kill_after;
    return run_ranks(n_ranks, command, options);
  }
  std::vector<std::string> search(const std::string& out, const std::string& other = "other.fmdb") const {
    return {"search",
            path("q.fasta"),
            "--quiet",
            "--db",
            "db=" + path("db.fmdb"),
            "--db",
            "other=" + path(other),
            "--output-dir",
            path(out),
            "--tblout",
            "--domtblout",
            "--cpu",
            "2"};
  }
  std::map<std::string, std::string> contents(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(path(out))) {
      files[fs::relative(entry.path(), path(out)).string()] =
          entry.is_regular_file() ? base::read_file(entry.path()) : "folder";
    }
    return files;
  }

  base::TempFolder folder_;
};

TEST_F(Ranks, SameBytesAsOneProcess) {
  ASSERT_EQ(run(1, search("one")).exit_code, 0);
  const auto expected = contents("one");
  ASSERT_EQ(expected.size(), 4u * 7);
  for (const int n_ranks : {2, 4}) {
    const RunResult result = run(n_ranks, search(fmt::format("out{}", n_ranks)));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(contents(fmt::format("out{}", n_ranks)) == expected) << n_ranks;
    EXPECT_EQ(result.out.find("targets"), result.out.rfind("targets")) << "one rank speaks";
  }
}

// Everybody reads its parts of a FASTA file; what is compressed is searched by rank 0 alone, beside the rest.
TEST_F(Ranks, TextIsShared) {
  const auto text_search = [&](const std::string& out, const std::string& database) {
    std::vector<std::string> words = search(out, "other.fasta");
    words[4] = "db=" + path(database);
    words[2] = "--verbose";
    return words;
  };
  ASSERT_EQ(run(1, search("packed")).exit_code, 0);
  ASSERT_EQ(run(1, text_search("one", "db.fasta")).exit_code, 0);
  const auto expected = contents("one");
  auto packed = contents("packed");
  for (const auto& [name, text] : expected) {
    if (name.find("blout") == std::string::npos) {  // tables name the path
      EXPECT_TRUE(packed[name] == text) << name;
    }
  }
  for (const int n_ranks : {2, 4}) {
    const RunResult result = run(n_ranks, text_search(fmt::format("text{}", n_ranks), "db.fasta"));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(contents(fmt::format("text{}", n_ranks)) == expected) << n_ranks;
    for (int rank = 1; rank < n_ranks; ++rank) {
      EXPECT_NE(result.err.find(fmt::format("rank {} has done ", rank)), std::string::npos) << result.err;
      EXPECT_EQ(result.err.find(fmt::format("rank {} has done 0 units", rank)), std::string::npos)
          << result.err;
    }
  }
  ASSERT_EQ(std::system(("gzip -k " + path("db.fasta")).c_str()), 0);
  ASSERT_EQ(run(1, text_search("gz", "db.fasta.gz")).exit_code, 0);
  ASSERT_EQ(run(2, text_search("gz2", "db.fasta.gz")).exit_code, 0);
  EXPECT_TRUE(contents("gz2") == contents("gz"));

  // Whoever comes upon damage, the line is that of the file.
  std::string text = base::read_file(path("db.fasta"));
  const size_t at = text.rfind('\n', text.size() - 2) + 2;
  text[at] = '7';
  base::write_file_atomically(path("db.fasta"), text);
  const RunResult result = run(3, text_search("damaged", "db.fasta"));
  EXPECT_NE(result.exit_code, 0);
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  const std::string message = fmt::format("foldmesh: {}:{}: illegal character '7'", path("db.fasta"), line);
  EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("foldmesh: "), result.err.rfind("foldmesh: ")) << result.err;
}

TEST_F(Ranks, IterationsToo) {
  const auto jackhmmer = [&](const std::string& name) -> std::vector<std::string> {
    return {"jackhmmer",     "-N",           "3", "--cpu", "1", "-o", path(name + ".out"), "-A", path("ali"),
            path("q.fasta"), path("db.fmdb")};
  };
  ASSERT_EQ(run(1, jackhmmer("one")).exit_code, 0);
  const std::string alignment = base::read_file(path("ali"));
  ASSERT_EQ(run(3, jackhmmer("three")).exit_code, 0);
  EXPECT_TRUE(base::read_file(path("ali")) == alignment);
  const auto report = [&](const std::string& name) {
    const std::string text = base::read_file(path(name));
    return text.substr(text.find("\nQuery:"));
  };
  EXPECT_NE(report("one.out").find("@@ Round:                  2"), std::string::npos);
  EXPECT_TRUE(report("three.out") == report("one.out"));
}

// Each rank sees other files under the same path, as on machines with local disks.
TEST_F(Ranks, DatabasesThatOnlySomeRanksHave) {
  ASSERT_EQ(run(1, search("one", "local/other.fmdb")).exit_code, 2);
  fs::create_directories(path("local"));
  fs::copy(path("other.fmdb"), path("local/other.fmdb"));
  ASSERT_EQ(run(1, search("one", "local/other.fmdb")).exit_code, 0);
  const auto expected = contents("one");
  // The rank of the wrapper decides which root the relative path starts from.
  fs::create_directories(path("r0"));
  fs::create_directories(path("r1/local"));
  fs::rename(path("local/other.fmdb"), path("r1/local/other.fmdb"));
  base::write_file_atomically(path("wrapper"), "#!/bin/sh\ncd " + path("r") +
                                                   "$((OMPI_COMM_WORLD_RANK % 2)) || exit 1\nexec " +
                                                   FOLDMESH_PROGRAM + " \"$@\"\n");
  fs::permissions(path("wrapper"), fs::perms::owner_all);
  std::vector<std::string> words = mpirun(3, path("wrapper"));
  for (std::string word : search("some")) {
    if (word == "other=" + path("other.fmdb")) word = "other=local/other.fmdb";
    words.push_back(word);
  }
  RunOptions options;
  options.program = "/usr/bin/env";
  const RunResult result = run_program(words, options);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  auto some = contents("some");
  for (const auto& [name, text] : expected) {
    if (name.find("blout") != std::string::npos) continue;  // names the path
    EXPECT_TRUE(some[name] == text) << name;
  }

  fs::remove(path("r1/local/other.fmdb"));
  const RunResult missing = run_program(words, options);
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_NE(missing.err.find("foldmesh: local/other.fmdb: no such file on any machine"), std::string::npos)
      << missing.err;
}

TEST_F(Ranks, DamageSeenByAHelperEndsAllWithOneMessage) {
  std::string bytes = base::read_file(path("db.fmdb"));
  for (size_t at = 8192; at < bytes.size() - 8192; at += 4096) bytes[at] ^= 1;
  base::write_file_atomically(path("db.fmdb"), bytes);
  const RunResult result = run(3, search("out"));
  EXPECT_NE(result.exit_code, 0);
  const size_t at = result.err.find("foldmesh: ");
  ASSERT_NE(at, std::string::npos) << result.err;
  EXPECT_NE(result.err.find("db.fmdb: damaged", at), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("foldmesh: ", at + 1), std::string::npos) << result.err;
}

// A single target, which two ranks predict together, and three, of which two are handed out whole; one fails.
TEST_F(Ranks, FoldsTheSame) {
  const RunResult made =
      run_program({"params", "generate", "--model", "model_3", "-o", path("params_model_3.npz"), "--quiet"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  base::write_file_atomically(path("single.fasta"), ">single\nMKTAYIAKQRQI\n");
  base::write_file_atomically(path("many.fasta"), ">n10\nMKTAYIAKQR\n>n9\nMKTAYIAKQ\n>n8\nMKTAYIAK\n");
  const auto fold = [&](int n_ranks, const std::string& input) {
    const std::string out = fmt::format("{}{}", input, n_ranks);
    fs::create_directories(fs::path(path(out)) / "n9/features.npz");  // in the way of a file
    return run(n_ranks, {"fold", path(input + ".fasta"), "--output-dir", path(out), "--db",
                         "uniref90=" + path("db.fmdb"), "--params-dir", folder_.path().string(),
                         "--model-preset", "monomer", "--models", "3", "--num-recycles", "0", "--cpu", "1"});
  };
  const auto predictions = [&](const std::string& out) {
    std::map<std::string, std::string> files;
    for (const auto& [name, text] : contents(out)) {
      const std::string file = fs::path(name).filename().string();
      for (const char* kind :
           {"ranked_", "unrelaxed_", "confidence_", "ranking_", "uniref90_", "features.npz"})
        if (file.starts_with(kind)) files[name] = text;
    }
    return files;
  };
  if (!kSanitized) {  // the other case does the same and more, but for the only target of a run
    EXPECT_EQ(fold(1, "single").exit_code, 0);
    const RunResult together = fold(2, "single");
    EXPECT_EQ(together.exit_code, 0) << together.err;
    EXPECT_NE(together.err.find("2 ranks, each with "), std::string::npos) << together.err;
    EXPECT_NE(together.err.find("2 ranks: 1 target predicted together, 0 handed out"), std::string::npos)
        << together.err;
    EXPECT_TRUE(predictions("single2") == predictions("single1"));
    EXPECT_TRUE(predictions("single1").contains("single/ranked_0.pdb"));
  }

  const RunResult alone = fold(1, "many"), shared = fold(2, "many");
  for (const RunResult* result : {&alone, &shared}) {
    EXPECT_NE(result->exit_code, 0);
    EXPECT_NE(result->err.find("foldmesh: 1 of 3 targets failed: n9"), std::string::npos) << result->err;
  }
  EXPECT_NE(shared.err.find("2 ranks: 1 target predicted together, 2 handed out"), std::string::npos)
      << shared.err;
  EXPECT_TRUE(predictions("many2") == predictions("many1"));
  EXPECT_TRUE(predictions("many1").contains("n8/ranked_0.pdb"));
  if (kSanitized) return;

  // So many that each rank makes features of targets which it may not get.
  base::write_file_atomically(path("more.fasta"),
                              base::read_file(path("many.fasta")) + ">n7\nMKTAYIA\n>n6\nMKTAYI\n");
  const RunResult more = fold(2, "more");
  EXPECT_NE(more.err.find("0 targets predicted together, 5 handed out"), std::string::npos) << more.err;
  EXPECT_NE(more.err.find("foldmesh: 1 of 5 targets failed: n9"), std::string::npos) << more.err;
  auto files = predictions("more2");
  for (const auto& [name, text] : predictions("many1")) EXPECT_TRUE(files[name] == text) << name;
  for (const char* name : {"n7/ranked_0.pdb", "n6/ranked_0.pdb"}) EXPECT_TRUE(files.contains(name)) << name;
}

// Finds a process of ours by the environment that mpirun gave it.
int find_rank(int rank, const std::string& argument) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    try {
      const std::string environment = base::read_file(entry.path() / "environ");
      if (environment.find(fmt::format("OMPI_COMM_WORLD_RANK={}", rank) + '\0') == std::string::npos)
        continue;
      if (base::read_file(entry.path() / "cmdline").find(argument) == std::string::npos) continue;
      return std::atoi(name.c_str());
    } catch (const std::exception&) {
      continue;  // it has ended, or is not ours
    }
  }
  return 0;
}

TEST_F(Ranks, KilledRankEndsTheRunAndTheNextOneGoesOn) {
  const auto half_text = [&](const std::string& out) {  // a FASTA file and a packed database
    std::vector<std::string> words = search(out);
    words[4] = "db=" + path("db.fasta");
    return words;
  };
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(run(3, half_text("whole")).exit_code, 0);
  const auto whole = std::chrono::steady_clock::now() - start;
  const auto expected = contents("whole");
  int n_killed = 0;
  for (int attempt = 0; attempt < 40 && n_killed < 4; ++attempt) {
    bool killed = false;
    // The killer waits for the run to have begun its work, then for a part of the time that it takes.
    std::thread killer([&] {
      for (int i = 0; i < 2000 && !fs::exists(path("out/.search-state/pass-0")); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      std::this_thread::sleep_for(whole / 20);
      const int process = find_rank(attempt % 3, path("out"));
      killed = process > 0 && ::kill(process, SIGKILL) == 0;
    });
    const RunResult result = run(3, half_text("out"));
    killer.join();
    if (result.exit_code != 0) {
      ASSERT_TRUE(killed) << result.err;
      EXPECT_FALSE(result.err.empty());
      ++n_killed;
    } else {  // it was faster than the killer
      EXPECT_TRUE(contents("out") == expected);
      fs::remove_all(path("out"));
    }
  }
  EXPECT_EQ(n_killed, 4);
  ASSERT_EQ(run(3, half_text("out")).exit_code, 0);
  EXPECT_TRUE(contents("out") == expected);
}

}  // namespace
}  // namespace foldmesh::tests
