// A search that was interrupted goes on where it stopped.
#include "foldmesh/search/search_state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/seqdb/writer.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

class Interrupted : public testing::Test {
 protected:
  Interrupted() : folder_("search_state") {
    const std::string fasta =
        base::read_file(kGolden + "targets/s03.fasta") + base::read_file(kGolden + "targets/s02.fasta");
    base::write_file_atomically(path("db.fasta"), fasta);
    seqdb::DatabaseWriter writer(path("db.fmdb"));
    seqdb::add_fasta(writer, path("db.fasta"), {0, true});
    writer.commit();
    for (const char* id : {"s02", "s03", "s04"}) {
      queries_.push_back(seqio::read_queries(kGolden + "qf/" + id + ".fasta").at(0));
    }
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }

  // Runs until `n_units` times a query has met a range of targets; gives how often that happened.
  int search(const std::string& database, const std::string& out, int n_units = 1 << 30, int n_threads = 1,
             double E = 1e-4) {
    const auto targets = TargetDatabase::open(path(database));
    AlignmentSearchOptions options;
    options.output_folder = path(out);
    options.target_tables = true;
    options.thresholds.E = E;
    options.search.pipeline = {};
    options.search.block_residues = 2000;
    options.queries_per_pass = 2;
    std::atomic<int> n = 0;
    options.search.on_unit = [&](const UnitReport&) {
      if (++n > n_units) base::throw_machine("interrupted");
    };
    base::ThreadPool pool(n_threads);
    if (n_units < 1 << 30) {
      EXPECT_THROW(search_alignments(queries_, {{"db", targets.get()}}, options, pool), base::Error);
    } else {
      facts_ = search_alignments(queries_, {{"db", targets.get()}}, options, pool);
    }
    return n;
  }

  std::map<std::string, std::string> contents(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(path(out))) {
      const std::string name = fs::relative(entry.path(), path(out)).string();
      files[name] = entry.is_regular_file() ? base::read_file(entry.path()) : "";
    }
    return files;
  }

  base::TempFolder folder_;
  std::vector<bio::Sequence> queries_;
  std::vector<AlignmentSearchFacts> facts_;
};

TEST_F(Interrupted, DoesNotRedoFinishedUnits) {
  const int all = search("db.fmdb", "whole");
  const auto expected = contents("whole");
  const auto expected_facts = facts_;
  EXPECT_FALSE(expected.contains(".search-state"));
  // The last of these falls into the second pass: queries 1 and 2 are done by then.
  for (const int n_units : {1, 2, 9, 20, all - 3}) {
    ASSERT_EQ(search("db.fmdb", "out", n_units), n_units + 1);
    EXPECT_TRUE(fs::exists(path("out/.search-state")));
    const int n_again = search("db.fmdb", "out");
    // Units of the first pass hold two queries, and the unit in which we stopped does not count.
    EXPECT_LE(n_again, all - n_units + 1);
    EXPECT_GE(n_again, all - n_units - 1);
    EXPECT_TRUE(contents("out") == expected) << n_units;
    for (size_t i = 0; i < facts_.size(); ++i) {
      EXPECT_EQ(facts_[i].query, expected_facts[i].query);
      EXPECT_EQ(facts_[i].n_targets, expected_facts[i].n_targets);
      EXPECT_EQ(facts_[i].n_included, expected_facts[i].n_included);
      EXPECT_EQ(facts_[i].n_rows, expected_facts[i].n_rows);
    }
    fs::remove_all(path("out"));
  }
}

TEST_F(Interrupted, AgainAndAgainOnAnotherNumberOfThreads) {
  search("db.fasta", "whole");
  for (int n_threads = 1; n_threads <= 4; ++n_threads) search("db.fasta", "out", 12, n_threads);
  search("db.fasta", "out", 1 << 30, 3);
  EXPECT_TRUE(contents("out") == contents("whole"));
}

TEST_F(Interrupted, ResultsOfOtherOptionsOrDatabasesAreNotUsed) {
  const int all = search("db.fmdb", "whole", 1 << 30, 1, 1e-3);
  search("db.fmdb", "out", 20);
  EXPECT_EQ(search("db.fmdb", "out", 1 << 30, 1, 1e-3), all) << "another E";
  EXPECT_TRUE(contents("out") == contents("whole"));

  search("db.fmdb", "out", 20);
  fs::last_write_time(path("db.fmdb"), fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(search("db.fmdb", "out", 1 << 30, 1, 1e-3), all) << "a newer database";
}

TEST_F(Interrupted, HalfARecordAndHalfAFileDoNotHurt) {
  search("db.fmdb", "whole");
  search("db.fmdb", "out", 20);
  const fs::path log = path("out/.search-state/pass-0");
  ASSERT_TRUE(fs::exists(log));
  fs::resize_file(log, fs::file_size(log) - 7);
  const std::string query = folder_name(queries_[0].name);
  base::write_file_atomically(path("out/" + query + "/.db_hits.sto.tmp.12345.0"), "half");
  search("db.fmdb", "out");
  EXPECT_TRUE(contents("out") == contents("whole"));
}

TEST_F(Interrupted, MissingOutputsAreMadeAgain) {
  search("db.fmdb", "whole");
  const int all = search("db.fmdb", "out", 1 << 30);
  fs::remove_all(path("out"));
  search("db.fmdb", "out", all - 3);
  fs::remove(path("out/" + folder_name(queries_[0].name) + "/db.tblout"));
  search("db.fmdb", "out");
  EXPECT_TRUE(contents("out") == contents("whole"));
}

TEST_F(Interrupted, TwoProcessesInOneFolderAreRefused) {
  fs::create_directories(path("out/.search-state"));
  const base::RecordLog other(path("out/.search-state/outputs"), "key");
  EXPECT_THROW(search("db.fmdb", "out"), base::Error);
}

}  // namespace
}  // namespace foldmesh::search
