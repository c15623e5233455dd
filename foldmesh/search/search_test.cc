// The engine: same bytes for any number of threads, any block size and any kind of database file.
#include "foldmesh/search/search.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/search/runs.h"
#include "foldmesh/seqdb/writer.h"
#include "foldmesh/seqio/fasta.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = FOLDMESH_TESTS_DIR "/golden/hmmer/";

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput) << error.what();
    return error.what();
  }
  return "accepted";
}

class Engine : public testing::Test {
 protected:
  Engine() : folder_(fs::path(testing::TempDir()) / fmt::format("search_engine_{}", ::getpid())) {
    fs::create_directories(folder_);
    const std::string fasta = base::read_file(kGolden + "targets/s03.fasta") +
                              base::read_file(kGolden + "targets/s02.fasta") + ">empty and so never found\n";
    base::write_file_atomically(folder_ / "db.fasta", fasta);
    base::write_file_atomically(folder_ / "other.fasta", base::read_file(kGolden + "targets/s04.fasta"));
    gzFile gz = gzopen((folder_ / "db.fasta.gz").c_str(), "wb");
    gzwrite(gz, fasta.data(), static_cast<unsigned>(fasta.size()));
    gzclose(gz);
    seqdb::DatabaseWriter writer(folder_ / "db.fmdb");
    seqdb::add_fasta(writer, folder_ / "db.fasta", {0, true});
    writer.commit();
    for (const char* id : {"s02", "s03", "s04"}) {
      queries_.push_back(seqio::read_queries(kGolden + "qf/" + id + ".fasta").at(0));
    }
  }
  ~Engine() override { fs::remove_all(folder_); }

  // All bytes that `foldmesh search` writes for the queries against one database and a second one.
  std::string search_bytes(const std::string& database, int n_threads, int64_t block_residues,
                           int queries_per_pass = 64) {
    const auto first = TargetDatabase::open(folder_ / database);
    const auto second = TargetDatabase::open(folder_ / "other.fasta");
    AlignmentSearchOptions options;
    options.thresholds.E = 10;
    options.search.pipeline = {};
    options.search.block_residues = block_residues;
    options.target_tables = options.domain_tables = options.a3m = true;
    options.output_folder = folder_ / "out";
    options.queries_per_pass = queries_per_pass;
    base::ThreadPool pool(n_threads);
    search_alignments(queries_, {{"first", first.get()}, {"second", second.get()}}, options, pool);
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out")) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    EXPECT_EQ(files.size(), queries_.size() * 2 * 4);
    std::string bytes;
    for (const fs::path& file : files) {
      bytes += "== " + file.filename().string() + "\n" + base::read_file(file);
    }
    fs::remove_all(folder_ / "out");
    // Tables name the file searched.
    for (size_t at; (at = bytes.find("# Target file:")) != std::string::npos;) {
      bytes.erase(at, bytes.find('\n', at) - at);
    }
    return bytes;
  }

  fs::path folder_;
  std::vector<bio::Sequence> queries_;
};

TEST_F(Engine, BytesDoNotDependOnThreadsBlocksOrFileKind) {
  const std::string expected = search_bytes("db.fasta", 1, 1'000'000'000);
  EXPECT_NE(expected.find("s03_tand3/"), std::string::npos);
  EXPECT_NE(expected.find("s04_self/"), std::string::npos);
  for (const int n_threads : {1, 2, 3, 5}) {
    for (const int64_t block_residues : {1, 300, 5000, 0}) {
      EXPECT_TRUE(search_bytes("db.fasta", n_threads, block_residues) == expected)
          << n_threads << " threads, blocks of " << block_residues;
    }
  }
  for (const char* database : {"db.fmdb", "db.fasta.gz"}) {
    for (const int64_t block_residues : {700, 0}) {
      EXPECT_TRUE(search_bytes(database, 3, block_residues) == expected) << database << " " << block_residues;
    }
  }
  EXPECT_TRUE(search_bytes("db.fmdb", 2, 1000, 1) == expected) << "one query per pass";
}

TEST_F(Engine, WholeRunsDoNotDependOnThreadsEither) {
  std::string expected;
  for (const int n_threads : {1, 3}) {
    const auto database = TargetDatabase::open(folder_ / "db.fmdb");
    RunOptions options;
    options.outputs.main = folder_ / "out.txt";
    options.search.block_residues = n_threads == 1 ? 0 : 2000;
    options.queries_per_pass = n_threads;
    size_t next = 0;
    base::ThreadPool pool(n_threads);
    JackhmmerOptions jackhmmer;
    jackhmmer.max_rounds = 3;
    run_jackhmmer(
        [&]() -> std::optional<bio::Sequence> {
          if (next == queries_.size()) return std::nullopt;
          return queries_[next++];
        },
        jackhmmer, *database, options, pool);
    const std::string text = base::read_file(*options.outputs.main);
    if (expected.empty()) expected = text;
    EXPECT_TRUE(text == expected);
  }
  EXPECT_NE(expected.find("@@ Round:                  2"), std::string::npos);
}

// Later passes give the same blocks as the first, kept or read again, and all of them know the number of
// targets.
TEST_F(Engine, PassesOverTextAreEqualKeptOrNot) {
  const auto names = [](TargetDatabase& database) {
    std::string all;
    const auto stream = database.stream(500, 2);
    while (const auto block = stream->next()) {
      all += fmt::format("[{} {}]", block->first_index(), block->n_targets());
      for (const hmm::Target& target : block->targets()) {
        all += fmt::format("{} {} {},", target.name, target.description, target.residues.size());
      }
    }
    return all;
  };
  for (const char* file : {"db.fasta", "db.fasta.gz"}) {
    std::string expected;
    for (const int64_t keep : {0, 3000, 1'000'000}) {
      const auto database = TargetDatabase::open(folder_ / file);
      EXPECT_FALSE(database->n_targets());
      database->keep(keep);
      for (int pass = 0; pass < 3; ++pass) {
        const std::string found = names(*database);
        if (expected.empty()) expected = found;
        EXPECT_EQ(found, expected) << file << " keeping " << keep << ", pass " << pass;
        EXPECT_EQ(database->n_targets(), 55 + 36 + 1);
      }
    }
    const auto kept = TargetDatabase::open(folder_ / file);
    kept->keep(1'000'000);
    names(*kept);
    fs::remove(folder_ / file);
    EXPECT_EQ(names(*kept), expected) << "a kept database need not be read again";
  }
}

// As the file was when it was opened, so it must be after the pass.
TEST_F(Engine, ChangedDatabasesAreNoticed) {
  for (const char* file : {"db.fmdb", "db.fasta"}) {
    const std::string bytes = base::read_file(folder_ / file);
    const auto outcome = [&](const std::function<void()>& change) {
      base::write_file_atomically(folder_ / file, bytes);
      const auto database = TargetDatabase::open(folder_ / file);
      const hmm::Profile profile(hmm::build_from_sequence(queries_[0]));
      base::ThreadPool pool(2);
      SearchOptions options;
      std::once_flag once;
      options.on_progress = [&](int64_t) { std::call_once(once, change); };
      try {
        search({{&profile, {}}}, {database.get()}, options, pool);
      } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::kMachine);
        return std::string(error.what());
      }
      return std::string("unnoticed");
    };
    EXPECT_EQ(outcome([] {}), "unnoticed");
    EXPECT_NE(outcome([&] { base::write_file_atomically(folder_ / file, bytes); }).find("was replaced"),
              std::string::npos);
    EXPECT_NE(outcome([&] { std::ofstream(folder_ / file, std::ios::app) << "\n"; }).find("was written to"),
              std::string::npos);
    EXPECT_NE(outcome([&] { fs::remove(folder_ / file); }).find("is gone"), std::string::npos);
  }
}

// Every thread may come upon the damage; one message tells of it.
TEST_F(Engine, DamagedBlocksStopTheSearchWithTheirPlace) {
  {
    seqdb::DatabaseWriter writer(folder_ / "big.fmdb");
    for (int i = 0; i < 3000; ++i)
      writer.add(fmt::format("t{}", i), "", std::string(1500, "ACDEFGHIKL"[i % 10]));
    writer.commit();
  }
  std::string bytes = base::read_file(folder_ / "big.fmdb");
  bytes[2'500'000] = static_cast<char>(bytes[2'500'000] ^ 4);
  base::write_file_atomically(folder_ / "big.fmdb", bytes);
  for (const int n_threads : {1, 4}) {
    const std::string message = message_of([&] { search_bytes("big.fmdb", n_threads, 0); });
    EXPECT_NE(message.find("big.fmdb: damaged at byte 21"), std::string::npos) << message;
    EXPECT_NE(message.find("checksum of the block in bytes 21"), std::string::npos) << message;
    EXPECT_FALSE(fs::exists(folder_ / "out/s02/first_hits.sto"));
  }
}

TEST_F(Engine, CountsEmptyTargetsInZ) {
  const auto database = TargetDatabase::open(folder_ / "db.fasta");
  const hmm::Profile profile(hmm::build_from_sequence(queries_[0]));
  base::ThreadPool pool(2);
  const auto results = search({{&profile, {}}}, {database.get()}, {}, pool);
  EXPECT_EQ(results[0][0].counters.n_targets, 55 + 36 + 1);
  EXPECT_EQ(results[0][0].hits.z(), 55 + 36 + 1);
}

TEST_F(Engine, NoQueriesNoResults) {
  const auto database = TargetDatabase::open(folder_ / "db.fasta");
  base::ThreadPool pool(2);
  EXPECT_TRUE(search({}, {database.get()}, {}, pool).empty());
}

TEST_F(Engine, BadTargetsStopTheSearchWithTheirPlace) {
  std::string fasta = base::read_file(folder_ / "db.fasta");
  fasta += ">bad\nACDE1FG\n";
  base::write_file_atomically(folder_ / "bad.fasta", fasta);
  const auto line = std::count(fasta.begin(), fasta.end(), '\n');
  EXPECT_NE(
      message_of([&] { search_bytes("bad.fasta", 3, 500); }).find(fmt::format("bad.fasta:{}: illegal", line)),
      std::string::npos);
  EXPECT_NE(message_of([&] { TargetDatabase::open(folder_ / "missing.fasta"); }).find("no such file"),
            std::string::npos);
  base::write_file_atomically(folder_ / "cut.fmdb", base::read_file(folder_ / "db.fmdb").substr(0, 5000));
  EXPECT_NE(message_of([&] { TargetDatabase::open(folder_ / "cut.fmdb"); }).find("cut.fmdb"),
            std::string::npos);
}

TEST_F(Engine, QueryAndDatabaseNamesMustGiveDifferentFiles) {
  const auto database = TargetDatabase::open(folder_ / "db.fasta");
  base::ThreadPool pool(1);
  AlignmentSearchOptions options;
  options.output_folder = folder_ / "out";
  const auto search_with = [&](const std::vector<bio::Sequence>& queries,
                               const std::vector<std::string>& names) {
    return message_of([&] {
      std::vector<NamedDatabase> databases;
      for (const std::string& name : names) databases.push_back({name, database.get()});
      search_alignments(queries, databases, options, pool);
    });
  };
  EXPECT_NE(search_with({{"a|b", "", "", "ACDE"}, {"a/b", "", "", "ACDE"}}, {"db"}).find("a_b"),
            std::string::npos);
  EXPECT_NE(search_with({{"q", "", "", ""}}, {"db"}).find("no residues"), std::string::npos);
  EXPECT_NE(search_with({{"q", "", "", "ACDE"}}, {"db", "db"}).find("used twice"), std::string::npos);
  EXPECT_NE(search_with({{"q", "", "", "ACDE"}}, {"../db"}).find("cannot name"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_EQ(folder_name("../up"), "_._up");
  EXPECT_EQ(folder_name("sp|P1|X_Y"), "sp_P1_X_Y");
}

TEST_F(Engine, RowsAreLimitedFromTheTop) {
  const auto database = TargetDatabase::open(folder_ / "db.fasta");
  base::ThreadPool pool(2);
  AlignmentSearchOptions options;
  options.output_folder = folder_ / "out";
  const bio::Sequence& query = queries_[1];
  const auto full = search_alignments({query}, {{"db", database.get()}}, options, pool);
  const bio::Msa all = seqio::read_stockholm(full[0].alignment_path);
  ASSERT_GT(all.rows.size(), 10u);
  const auto facts = search_alignments({query}, {{"db", database.get(), 5}}, options, pool);
  const bio::Msa top = seqio::read_stockholm(facts[0].alignment_path);
  EXPECT_EQ(facts[0].n_rows, 5u);
  EXPECT_EQ(facts[0].n_reported, full[0].n_reported);
  ASSERT_EQ(top.rows.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(top.rows[i].name, all.rows[i].name);
}

}  // namespace
}  // namespace foldmesh::search
