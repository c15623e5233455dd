#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/seqdb/reader.h"
#include "foldmesh/seqdb/verify.h"
#include "foldmesh/seqdb/writer.h"

namespace foldmesh::seqdb {
namespace {

namespace fs = std::filesystem;
using Records = std::vector<bio::Sequence>;

class Seqdb : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / fmt::format("seqdb_{}", ::getpid());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path build(const Records& records, const char* name = "t.fmdb") {
    const fs::path path = folder_ / name;
    DatabaseWriter writer(path);
    for (const auto& r : records) writer.add(r.name, r.description, r.residues);
    writer.commit();
    return path;
  }
  // What opening and verifying says about these bytes.
  std::string verdict(std::string_view bytes) {
    const fs::path path = folder_ / "v.fmdb";
    fs::remove(path);  // truncating would make some file systems write it to disk, and there are thousands
    std::ofstream(path, std::ios::binary) << bytes;
    return verdict_on(path);
  }
  static std::string verdict_on(const fs::path& path) {
    try {
      const Database database(path);
      verify(database);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      std::string what = error.what();
      EXPECT_TRUE(what.starts_with(path.string() + ": ")) << what;
      return what.substr(path.string().size() + 2);
    }
    return "sound";
  }

  fs::path folder_;
};

Records random_records(int n, uint64_t longest) {
  static constexpr std::string_view kLetters = "ACDEFGHIKLMNPQRSTVWYBJZOUX*acdxyz";
  base::Rng rng(7);
  Records records;
  for (int i = 0; i < n; ++i) {
    bio::Sequence& r = records.emplace_back();
    r.name = fmt::format("seq{}", i);
    if (rng.below(3) > 0) r.description = fmt::format("number {} \t\xc3\xa9 ", i);
    const uint64_t length = rng.below(longest + 1);
    for (uint64_t k = 0; k < length; ++k) r.residues.push_back(kLetters[rng.below(kLetters.size())]);
  }
  return records;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

TEST_F(Seqdb, HoldsWhatWasAdded) {
  Records records = random_records(9000, 700);  // about 3 blocks
  records[4].residues.clear();
  records[5].name = records[6].name;  // names may repeat
  records.back().residues.clear();
  const Database database(build(records));
  ASSERT_EQ(database.n_sequences(), 9000);
  EXPECT_GE(database.n_blocks(), 3);
  int64_t n_residues = 0, longest = 0, n_seen = 0;
  database.for_each(database.all(), [&](int64_t ordinal, const SequenceView& view) {
    const bio::Sequence& r = records[static_cast<size_t>(ordinal)];
    EXPECT_EQ(ordinal, n_seen++);
    EXPECT_EQ(view.name, r.name);
    EXPECT_EQ(view.description, r.description);
    EXPECT_EQ(bio::textize(view.residues.data(), view.residues.size()), upper(r.residues));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view.residues.data()) % kSequenceAlignment, 0u);
    EXPECT_EQ(view.residues.data()[-1], kPad);
    EXPECT_EQ(view.residues.data()[view.residues.size()], kPad);
    n_residues += static_cast<int64_t>(view.residues.size());
    longest = std::max(longest, static_cast<int64_t>(view.residues.size()));
  });
  EXPECT_EQ(n_seen, 9000);
  EXPECT_EQ(database.n_residues(), n_residues);
  EXPECT_EQ(database.longest(), longest);
  for (int64_t ordinal : {0, 4, 5, 2999, 5000, 8999}) {
    const Database::Headers headers = database.headers(ordinal);
    EXPECT_TRUE(headers.contains(ordinal));
    EXPECT_EQ(headers.sequence(ordinal).name, records[static_cast<size_t>(ordinal)].name);
    EXPECT_EQ(headers.sequence(ordinal).description, records[static_cast<size_t>(ordinal)].description);
  }
  EXPECT_FALSE(database.headers(0).contains(8999));
  EXPECT_FALSE(database.headers(8999).contains(0));
  EXPECT_THROW(database.headers(9000), base::Error);
  EXPECT_THROW(database.headers(-1), base::Error);
  EXPECT_THROW(database.for_each({8999, 2, 0}, [](int64_t, const SequenceView&) {}), base::Error);
  verify(database);
}

TEST_F(Seqdb, EmptyAndTiny) {
  const Database empty(build({}));
  EXPECT_EQ(empty.n_sequences(), 0);
  EXPECT_TRUE(empty.chunks(1).empty());
  empty.for_each(empty.all(), [](int64_t, const SequenceView&) { ADD_FAILURE(); });
  verify(empty);

  const Database none(build({{"only", "", "", ""}}));
  EXPECT_EQ(none.n_sequences(), 1);
  EXPECT_EQ(none.longest(), 0);
  EXPECT_TRUE(none.headers(0).sequence(0).residues.empty());
  verify(none);
}

TEST_F(Seqdb, SequenceLongerThanABlock) {
  const std::string residues(3 * kBlockTarget, 'W');
  const Database database(build({{"a", "", "", "MKV"}, {"b", "", "", residues}, {"c", "", "", "MKV"}}));
  EXPECT_EQ(database.longest(), static_cast<int64_t>(residues.size()));
  EXPECT_EQ(database.headers(1).sequence(1).residues.size(), residues.size());
  EXPECT_EQ(database.headers(2).sequence(2).name, "c");
  verify(database);
}

TEST_F(Seqdb, EqualSequencesGiveEqualBytes) {
  const Records records = random_records(4000, 600);
  const fs::path a = build(records, "a.fmdb"), b = build(records, "b.fmdb");
  EXPECT_TRUE(base::read_file(a) == base::read_file(b));
  EXPECT_EQ(Database(a).identity(), Database(b).identity());
  Records other = records;
  other[0].residues[0] = other[0].residues[0] == 'A' ? 'C' : 'A';
  EXPECT_NE(Database(build(other, "b.fmdb")).identity(), Database(a).identity());
}

TEST_F(Seqdb, ChunksCoverEverythingOnceAndEvenly) {
  const Records records = random_records(9000, 700);
  const Database database(build(records));
  for (const int64_t target :
       {int64_t{1}, int64_t{1000}, int64_t{100'000}, int64_t{1'500'000}, int64_t{1} << 40}) {
    int64_t next = 0, n_residues = 0;
    for (const Chunk& chunk : database.chunks(target)) {
      EXPECT_EQ(chunk.first, next);
      EXPECT_GT(chunk.n_sequences, 0);
      EXPECT_LE(chunk.n_residues, target + database.longest());
      next += chunk.n_sequences;
      n_residues += chunk.n_residues;
      int64_t counted = 0;
      database.for_each(chunk, [&](int64_t, const SequenceView& view) {
        counted += static_cast<int64_t>(view.residues.size());
      });
      EXPECT_EQ(counted, chunk.n_residues);
    }
    EXPECT_EQ(next, database.n_sequences());
    EXPECT_EQ(n_residues, database.n_residues());
  }
  EXPECT_EQ(database.chunks(int64_t{1} << 40).size(), 1u);
  // Parts of one block differ by about one sequence.
  const auto parts = database.chunks(100'000);
  for (size_t i = 1; i + 1 < parts.size(); ++i) EXPECT_GT(parts[i].n_residues, 80'000);
}

TEST_F(Seqdb, ManyThreadsReadTheSame) {
  const Database database(build(random_records(9000, 700)));
  const std::vector<Chunk> chunks = database.chunks(50'000);
  base::ThreadPool pool(4);
  std::atomic<int64_t> n_residues{0};
  pool.parallel_for(std::ssize(chunks), [&](int64_t i, int) {
    const auto add = [&](int64_t, const SequenceView& view) { n_residues += std::ssize(view.residues); };
    database.for_each(chunks[static_cast<size_t>(i)], add);
    // Blocks that other threads may be checking right now.
    const int64_t other = database.n_sequences() - 1 - i;
    EXPECT_EQ(database.headers(other).sequence(other).name, fmt::format("seq{}", other));
  });
  EXPECT_EQ(n_residues, database.n_residues());
}

TEST_F(Seqdb, EveryFlippedBitIsNoticed) {
  const fs::path path = build(random_records(40, 60));
  const std::string good = base::read_file(path);
  EXPECT_EQ(verdict_on(path), "sound");
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](size_t i, char c) { file.seekp(static_cast<std::streamoff>(i)).put(c).flush(); };
  for (size_t i = 0; i < good.size(); ++i) {
    put(i, static_cast<char>(good[i] ^ (1 << (i % 8))));
    EXPECT_TRUE(verdict_on(path).starts_with("damaged at byte ")) << i;
    put(i, good[i]);
  }
  EXPECT_EQ(verdict_on(path), "sound");
}

TEST_F(Seqdb, TruncationIsLocated) {
  const std::string good = base::read_file(build(random_records(40, 60)));
  for (size_t n = 0; n < good.size(); n += n < 100 ? 1 : 61) {
    const std::string said = verdict(good.substr(0, n));
    if (n < sizeof kMagic) {
      EXPECT_TRUE(said.starts_with("damaged at byte 0: this is not a foldmesh sequence database")) << said;
    } else {
      EXPECT_TRUE(said.starts_with(fmt::format("damaged at byte {}: the file ends", n))) << said;
    }
  }
  EXPECT_EQ(verdict(good + "xy"),
            fmt::format("damaged at byte {}: 2 bytes follow the end of the database", good.size()));
}

TEST_F(Seqdb, ForeignAndNewerFiles) {
  EXPECT_TRUE(
      verdict(">a\nMKV\n").starts_with("damaged at byte 0: this is not a foldmesh sequence database"));
  std::string newer = base::read_file(build(random_records(3, 60)));
  newer[8] = 3;
  EXPECT_EQ(verdict(newer), "damaged at byte 8: format version 3 (this program reads version 2)");
}

// Files whose checksums are right but whose contents lie: what an attacker or another program could write.
class SeqdbForged : public Seqdb {
 protected:
  void SetUp() override {
    Seqdb::SetUp();
    bytes_ = base::read_file(build({{"a", "", "one", "MKVLA"}, {"b", "", "", "ACDEF"}}));
  }
  template <typename T>
  void put(uint64_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  // Makes all checksums right again.
  std::string seal() {
    FileHeader header;
    std::memcpy(&header, bytes_.data(), sizeof header);
    DirectoryEntry entry;
    const uint64_t directory = bytes_.size() - sizeof entry;
    std::memcpy(&entry, bytes_.data() + directory, sizeof entry);
    put(directory + offsetof(DirectoryEntry, checksum), base::hash64(bytes_.data() + kPageBytes, kPageBytes));
    put(offsetof(FileHeader, directory_checksum), base::hash64(bytes_.data() + directory, sizeof entry));
    put(offsetof(FileHeader, header_checksum),
        base::hash64(bytes_.data(), offsetof(FileHeader, header_checksum)));
    return bytes_;
  }

  static constexpr uint64_t kRecords = kPageBytes + sizeof(BlockHeader);
  static constexpr uint64_t kArea = kPageBytes + residue_area_offset(2);
  std::string bytes_;
};

TEST_F(SeqdbForged, SealMakesSound) { EXPECT_EQ(verdict(seal()), "sound"); }

TEST_F(SeqdbForged, ContentsAreCheckedBehindTheChecksum) {
  const std::string good = bytes_;
  struct Case {
    uint64_t offset;
    uint32_t value;
    const char* what;
  };
  const uint64_t text = kArea + kAreaHead + 2 * kSequenceAlignment + kAreaTail;
  const std::vector<Case> cases = {
      {kPageBytes, 0, "no block begins here"},
      {kPageBytes + 4, 1, "the block is not the one that the directory describes"},
      {kPageBytes + 8, 0xffffffff, "the areas do not fit the block"},
      {kPageBytes + 12, 5000, "the areas do not fit the block"},
      {kRecords, 32, "the first record does not begin at the start of its areas"},
      {kRecords + 4, 6, "the sequence is longer than the header says any is"},
      {kRecords + 4, 4, "pad bytes are missing"},
      {kRecords + 16, 48, "the residues of this record are not inside the block"},
      {kRecords + 8 + 16, 0xffffffff, "the name of this record is not inside the block"},
      {kRecords + 12, 5, "the name of this record is not inside the block"},
      {kRecords + 12, 0, "a name or description holds bytes that it must not hold"},
      {kRecords + 36, 1, "the last record does not end the areas"},
      {kArea, 0xffffff00, "pad bytes are missing"},
      {kArea + kAreaHead, 20, "a sequence holds a code that is no residue"},
      {kArea + kAreaHead, 28, "a sequence holds a code that is no residue"},
      {kArea + kAreaHead, 255, "a sequence holds a code that is no residue"},
      {text, 'a' | '\n' << 8 | 'n' << 16 | 'e' << 24,
       "a name or description holds bytes that it must not hold"},
      {text + 100, 1, "bytes that must be zero are not"},
      {kPageBytes + 24, 4, "the text has an impossible size"},
      {kPageBytes + 24, 5 * 1024 + 1, "the text has an impossible size"},
      {kPageBytes + 28, 1, "the text has an impossible size"},
  };
  for (const Case& c : cases) {
    bytes_ = good;
    put(c.offset, c.value);
    EXPECT_NE(verdict(seal()).find(c.what), std::string::npos) << c.what << "\n" << verdict(seal());
  }
}

TEST_F(SeqdbForged, CompressedTextIsChecked) {
  const std::string header(300, 'x');
  bytes_ = base::read_file(build({{"a", "", header, "MKVLA"}, {"b", "", header, "ACDEF"}}));
  const uint64_t text = kArea + kAreaHead + 2 * kSequenceAlignment + kAreaTail;
  uint32_t stored = 0;
  std::memcpy(&stored, bytes_.data() + kPageBytes + 12, sizeof stored);
  ASSERT_LT(stored, 100u);
  EXPECT_EQ(verdict(seal()), "sound");
  const std::string good = bytes_;
  for (uint64_t i = 0; i < stored; ++i) {
    bytes_ = good;
    bytes_[text + i] = static_cast<char>(bytes_[text + i] ^ 0x55);
    EXPECT_NE(verdict(seal()), "internal error");  // refused, or other letters
  }
  bytes_ = good;
  put(text, uint32_t{0});
  EXPECT_EQ(verdict(seal()),
            fmt::format("damaged at byte {}: the names and descriptions cannot be decompressed", text));
}

TEST_F(SeqdbForged, DirectoryIsCheckedBehindTheChecksum) {
  const std::string good = bytes_;
  const uint64_t directory = bytes_.size() - sizeof(DirectoryEntry);
  for (const auto& [field, value] :
       std::vector<std::pair<uint64_t, uint64_t>>{{offsetof(DirectoryEntry, offset), 0},
                                                  {offsetof(DirectoryEntry, offset), uint64_t{1} << 63},
                                                  {offsetof(DirectoryEntry, bytes), 0},
                                                  {offsetof(DirectoryEntry, bytes), ~uint64_t{0} - 4095},
                                                  {offsetof(DirectoryEntry, first_ordinal), 1},
                                                  {offsetof(DirectoryEntry, n_sequences), 0},
                                                  {offsetof(DirectoryEntry, n_sequences), uint64_t{1} << 60},
                                                  {offsetof(DirectoryEntry, n_residues), 1 << 20}}) {
    bytes_ = good;
    put(directory + field, value);
    EXPECT_EQ(verdict(seal()),
              fmt::format("damaged at byte {}: the directory entry does not fit", directory));
  }
  for (const uint64_t field : {offsetof(FileHeader, n_blocks), offsetof(FileHeader, directory_offset)}) {
    for (const uint64_t value : {uint64_t{0}, uint64_t{2}, ~uint64_t{0}}) {
      bytes_ = good;
      put(field, value);
      EXPECT_NE(verdict(seal()).find("the header places the directory outside the file"), std::string::npos);
    }
  }
  bytes_ = good;
  put(offsetof(FileHeader, n_sequences), uint64_t{3});
  EXPECT_NE(verdict(seal()).find("totals are not those"), std::string::npos);
  bytes_ = good;
  put(offsetof(FileHeader, longest), uint64_t{6});
  EXPECT_EQ(verdict(seal()), "damaged at byte 40: the longest sequence is not that long");
}

TEST_F(Seqdb, DamageIsNoticedOnUse) {
  std::string bytes = base::read_file(build(random_records(9000, 700)));
  const Database good(folder_ / "t.fmdb");
  const DirectoryEntry second = good.directory()[1];
  bytes[second.offset + 20000] ^= 1;
  base::write_file_atomically(folder_ / "bad.fmdb", bytes);
  const Database bad(folder_ / "bad.fmdb");
  EXPECT_EQ(bad.headers(0).sequence(0).name, "seq0");
  EXPECT_THROW(bad.headers(static_cast<int64_t>(second.first_ordinal)), base::Error);
}

TEST_F(Seqdb, AbandonedAndRefused) {
  {
    DatabaseWriter writer(folder_ / "gone.fmdb");
    writer.add("a", "", "MKV");
    EXPECT_THROW(writer.add("b", "", "M-V"), base::Error);
    EXPECT_THROW(writer.add("", "", "MKV"), base::Error);
    EXPECT_THROW(writer.add("a b", "", "MKV"), base::Error);
    EXPECT_THROW(writer.add("a", "x\ny", "MKV"), base::Error);
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Seqdb, FromFasta) {
  base::write_file_atomically(folder_ / "a.fasta", ">a one\nmkv\n>b\n\n");
  DatabaseWriter writer(folder_ / "t.fmdb");
  uint64_t consumed = 0;
  add_fasta(writer, folder_ / "a.fasta", {.allow_empty = true}, [&](uint64_t n) { consumed += n; });
  add_fasta(writer, folder_ / "a.fasta", {.allow_empty = true});
  writer.commit();
  EXPECT_EQ(consumed, 15u);
  const Database database(folder_ / "t.fmdb");
  EXPECT_EQ(database.n_sequences(), 4);
  EXPECT_EQ(database.n_residues(), 6);
  EXPECT_EQ(database.headers(2).sequence(2).description, "one");
  EXPECT_THROW(add_fasta(writer, folder_ / "a.fasta", {}), base::Error);
}

}  // namespace
}  // namespace foldmesh::seqdb
