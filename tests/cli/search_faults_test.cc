// `foldmesh search` when things go wrong or get large: killed, full disk, more hits than memory, odd queries.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/seqdb/writer.h"
#include "tests/cli/run_program.h"
#include "tests/sanitized.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class SearchFaults : public testing::Test {
 protected:
  SearchFaults() : folder_("search_faults") {}
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  void pack(const std::string& fasta, const std::string& database) const {
    seqdb::DatabaseWriter writer(path(database));
    seqdb::add_fasta(writer, path(fasta), {0, true});
    writer.commit();
  }
  // Some queries and targets of the recorded runs; the targets often enough that searching them takes longer
  // than calibrating the queries' models.
  void make_small_case() const {
    std::string queries, targets;
    for (const char* id : {"s02", "s03", "s04"}) queries += base::read_file(kGolden + "qf/" + id + ".fasta");
    for (int i = 1; i <= 13; ++i)
      targets += base::read_file(kGolden + fmt::format("targets/s{:02}.fasta", i));
    base::AtomicFile fasta(path("db.fasta"));
    for (int copy = 0; copy < kCopies; ++copy) fasta.write(targets);
    fasta.commit();
    base::write_file_atomically(path("q.fasta"), queries);
    pack("db.fasta", "db.fmdb");
  }
  std::vector<std::string> search(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"search",       path("q.fasta"), "--db",     "db=" + path("db.fmdb"),
                                      "--output-dir", path(out),       "--tblout", "--domtblout",
                                      "--a3m",        "--cpu",         "2"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // Every file and folder below, with contents.
  std::map<std::string, std::string> contents(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(path(out))) {
      files[fs::relative(entry.path(), path(out)).string()] =
          entry.is_regular_file() ? base::read_file(entry.path()) : "folder";
    }
    return files;
  }

  static constexpr int kCopies = 6;
  base::TempFolder folder_;
};

double seconds_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_F(SearchFaults, KilledAtRandomMoments) {
  make_small_case();
  // The latest moment of a kill. It follows what runs take now, so that the load of the machine does not
  // matter.
  double latest = seconds_of([&] { ASSERT_EQ(run_program(search("whole")).exit_code, 0); });
  const auto expected = contents("whole");
  ASSERT_EQ(expected.size(), 3u * 5);

  base::Rng random(20);
  constexpr int kKills = kSanitized ? 12 : 60;
  int n_killed = 0, n_runs = 0, n_complete = 0;
  const auto check_complete = [&] {
    EXPECT_TRUE(contents("out") == expected) << "after " << n_killed << " kills";
    fs::remove_all(path("out"));
    ++n_complete;
  };
  for (; n_killed < kKills && n_runs < 1000; ++n_runs) {
    RunOptions options;
    options.kill_after = (0.1 + 0.9 * random.uniform()) * latest;
    const RunResult result = run_program(search("out"), options);
    if (result.exit_code == 128 + 9) {
      ++n_killed;
      latest *= 1.1;
    } else {
      latest *= 0.8;
      ASSERT_EQ(result.exit_code, 0) << result.err;
      check_complete();
    }
  }
  EXPECT_EQ(n_killed, kKills);
  if (fs::exists(path("out"))) {
    ASSERT_EQ(run_program(search("out")).exit_code, 0);
    check_complete();
  }
  EXPECT_GT(n_complete, 0);
}

TEST_F(SearchFaults, FullDiskThenRoomAgain) {
  make_small_case();
  ASSERT_EQ(run_program(search("whole")).exit_code, 0);
  for (const uint64_t limit : {1000, 5000, 20000}) {
    RunOptions options;
    options.file_size_limit = limit;
    std::vector<std::string> words = search("out");
    words.insert(words.begin(), "--quiet");
    const RunResult result = run_program(words, options);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.err.find("cannot be written: File too large"), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
  ASSERT_EQ(run_program(search("out")).exit_code, 0);
  EXPECT_TRUE(contents("out") == contents("whole"));
}

// Lengths and letters at the edge, many records, and names that collide.
TEST_F(SearchFaults, OddQueries) {
  make_small_case();
  base::Rng random(2);
  const std::string letters = "ACDEFGHIKLMNPQRSTVWY";
  const auto random_query = [&](const std::string& name, int length) {
    std::string text = ">" + name + "\n";
    for (int i = 0; i < length; ++i) text += letters[random.below(20)];
    return text + "\n";
  };
  const std::string golden = base::read_file(kGolden + "qf/s02.fasta");
  std::string queries =
      random_query("long", 35'000) + ">all_x\n" + std::string(80, 'X') + "\n>one\nM\n" + golden;
  for (int i = 0; i < 200; ++i) queries += random_query(fmt::format("short{}", i), 12);
  base::write_file_atomically(path("q.fasta"), queries);
  const RunResult result = run_program(search("out"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* name : {"long", "all_x", "one", "short199"}) {
    EXPECT_TRUE(fs::exists(path("out") + "/" + name + "/db_hits.sto")) << name;
  }
  // The strangers around it do not change what a query finds.
  base::write_file_atomically(path("q.fasta"), golden);
  ASSERT_EQ(run_program(search("alone")).exit_code, 0);
  auto together = contents("out");
  for (const auto& [name, text] : contents("alone")) EXPECT_TRUE(together[name] == text) << name;

  base::write_file_atomically(path("q.fasta"), ">a|1\nMKV\n>b\nMKV\n>a/1\nMKVL\n");
  const RunResult refused = run_program(search("refused"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("the queries a|1 and a/1 would both be written to the folder a_1"),
            std::string::npos)
      << refused.err;
  EXPECT_FALSE(fs::exists(path("refused")));
}

// A family of 200,000 in a few megabytes of text, all of which are hits.
TEST_F(SearchFaults, MoreHitsThanMemory) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take more memory than the program";
  constexpr int kMembers = 200'000;
  const std::string query = "MKWVTFISLLFLFSSAYSRGVFRRDAHKSEVAHRFKDLGE";
  const std::string letters = "ACDEFGHIKLMNPQRSTVWY";
  base::write_file_atomically(path("q.fasta"), ">query\n" + query + "\n");
  {
    base::AtomicFile fasta(path("db.fasta"));
    base::Rng random(1);
    for (int i = 0; i < kMembers; ++i) {
      std::string copy = query;
      for (int n = 0; n < 3; ++n)
        copy[static_cast<size_t>(random.uniform() * 40)] =
            letters[static_cast<size_t>(random.uniform() * 20)];
      fasta.write(fmt::format(">copy{:06} member\n{}\n", i, copy));
    }
    fasta.commit();
  }
  pack("db.fasta", "db.fmdb");
  const uint64_t database = fs::file_size(path("db.fmdb"));
  // All runs come before the comparisons: a child's peak counts what its parent held when it started it.
  std::map<std::string, uint64_t> peak, report_peak;
  for (const std::string memory : {"4G", "32M"}) {
    const RunResult run = run_program(search(memory, {"--memory", memory}));
    ASSERT_EQ(run.exit_code, 0) << run.err;
    peak[memory] = run.peak_bytes - database;
    // The whole report with alignments of jackhmmer, too.
    const RunResult report =
        run_program({"jackhmmer", "-N", "1", "--memory", memory, "-o", path("main" + memory), "-A",
                     path("sto" + memory), path("q.fasta"), path("db.fmdb")});
    ASSERT_EQ(report.exit_code, 0) << report.err;
    report_peak[memory] = report.peak_bytes - database;
  }
  fmt::print("peak beyond the database: {} MiB with --memory 4G, {} MiB with --memory 32M\n",
             peak["4G"] >> 20, peak["32M"] >> 20);
  constexpr uint64_t kMost = uint64_t{128} << 20;  // most of it matrices of two threads
  EXPECT_LT(peak["32M"], kMost);
  EXPECT_LT(report_peak["32M"], kMost);
  EXPECT_GT(peak["4G"], kMost * 5 / 4) << "else this test shows nothing";

  const auto expected = contents("4G");
  EXPECT_TRUE(contents("32M") == expected);
  const std::string& table = expected.at("query/db.tblout");
  EXPECT_GT(std::count(table.begin(), table.end(), '\n'), kMembers * 9 / 10);
  EXPECT_TRUE(base::read_file(path("sto4G")) == base::read_file(path("sto32M")));
  const auto report = [&](const std::string& name) {  // without the names of files
    const std::string text = base::read_file(path(name));
    const size_t from = text.find("\nQuery:"), to = text.find("\n# Alignment of");
    return text.substr(from, to - from);
  };
  EXPECT_GT(report("main4G").size(), size_t{kMembers} * 500);
  EXPECT_TRUE(report("main4G") == report("main32M"));
}

// The matrices of one long alignment would take 600 MiB.
TEST_F(SearchFaults, LongAlignmentsInLittleMemory) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take more memory than the program";
  const std::string letters = "ACDEFGHIKLMNPQRSTVWY";
  base::Rng random(3);
  std::string query, relatives;
  for (int i = 0; i < 6000; ++i) query += letters[random.below(20)];
  for (int copy = 0; copy < 4; ++copy) {
    std::string relative = query;
    for (char& c : relative) c = random.below(10) < 3 ? letters[random.below(20)] : c;
    relatives += fmt::format(">relative{}\n{}\n", copy, relative);
  }
  base::write_file_atomically(path("q.fasta"), ">query\n" + query + "\n");
  base::write_file_atomically(path("db.fasta"), relatives);
  pack("db.fasta", "db.fmdb");
  std::map<std::string, uint64_t> peak;
  // With 16M less than the leanest way takes: the bound is not kept then, but nothing is refused.
  for (const std::string memory : {"6G", "128M", "16M"}) {
    const RunResult run = run_program(search(memory, {"--memory", memory}));
    ASSERT_EQ(run.exit_code, 0) << run.err;
    peak[memory] = run.peak_bytes;
  }
  for (const auto& [memory, bytes] : peak) fmt::print("peak with --memory {}: {} MiB\n", memory, bytes >> 20);
  EXPECT_GT(peak["6G"], uint64_t{600} << 20) << "else this test shows nothing";
  EXPECT_LT(peak["128M"], uint64_t{128} << 20);
  const auto found = contents("6G");
  EXPECT_LT(peak["16M"], uint64_t{128} << 20);
  EXPECT_TRUE(contents("128M") == found);
  EXPECT_TRUE(contents("16M") == found);
  EXPECT_NE(found.at("query/db.tblout").find("relative3"), std::string::npos);
}

}  // namespace
}  // namespace foldmesh::tests
