#include "foldmesh/search/targets.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/search/fasta_targets.h"
#include "foldmesh/seqdb/reader.h"

namespace foldmesh::search {
namespace {

constexpr int64_t kSmallestBlock = 50'000, kLargestBlock = 4'000'000;
// Blocks smaller than the file's own make the reader look at the whole file at once, so not for big
// databases.
constexpr int64_t kBigDatabase = 1'000'000'000, kSmallestBlockOfBigDatabase = 2'000'000;
constexpr int64_t kBlocksPerThread = 16;

class PackedBlock : public TargetBlock {
 public:
  PackedBlock(const seqdb::Database& database, const seqdb::Chunk& chunk)
      : TargetBlock(chunk.first, chunk.n_sequences), database_(database), chunk_(chunk) {}

  // Names are decompressed where there is a hit, which is rare.
  void name_hit(size_t index, hmm::Hit& hit) const override {
    const seqdb::SequenceView view = sequence(first_index() + static_cast<int64_t>(index));
    hit.name = view.name;
    hit.description = view.description;
  }

 private:
  std::vector<hmm::Target> load() const override {
    std::vector<hmm::Target> targets;
    targets.reserve(static_cast<size_t>(chunk_.n_sequences));
    database_.for_each_residues(chunk_, [&](int64_t ordinal, std::span<const bio::Code> residues) {
      const bool is_refused = std::ssize(residues) > hmm::kMaxTargetLength;  // by name
      targets.push_back({is_refused ? sequence(ordinal).name : std::string_view(), {}, {}, residues});
    });
    return targets;
  }

  seqdb::SequenceView sequence(int64_t ordinal) const {
    std::lock_guard lock(mutex_);
    auto found = headers_.upper_bound(ordinal);
    if (found == headers_.begin() || !std::prev(found)->second.contains(ordinal)) {
      seqdb::Database::Headers headers = database_.headers(ordinal);
      found =
          std::next(headers_.emplace(static_cast<int64_t>(headers.first_ordinal), std::move(headers)).first);
    }
    return std::prev(found)->second.sequence(ordinal);
  }

  const seqdb::Database& database_;
  seqdb::Chunk chunk_;
  mutable std::mutex mutex_;                                     // guards headers_
  mutable std::map<int64_t, seqdb::Database::Headers> headers_;  // by first ordinal of their block
};

class PackedStream : public TargetStream {
 public:
  PackedStream(const seqdb::Database& database, int64_t block_residues)
      : database_(database), chunks_(database.chunks(block_residues)) {}

  std::shared_ptr<const TargetBlock> next() override {
    if (next_ == chunks_.size()) return nullptr;
    return std::make_shared<PackedBlock>(database_, chunks_[next_++]);
  }

 private:
  const seqdb::Database& database_;
  std::vector<seqdb::Chunk> chunks_;
  size_t next_ = 0;
};

class PackedTargets : public TargetDatabase {
 public:
  explicit PackedTargets(const std::filesystem::path& path)
      : TargetDatabase(path.string()), database_(path) {}

  std::optional<int64_t> n_targets() const override { return database_.n_sequences(); }
  std::optional<int64_t> n_residues() const override { return database_.n_residues(); }
  std::optional<SharedFacts> shared_facts() const override {
    return SharedFacts{true, database_.n_sequences(), database_.n_residues(), database_.identity()};
  }
  std::string identity() const override { return TargetDatabase::identity() + " " + database_.identity(); }
  void check_unchanged() const override { database_.check_unchanged(); }

  std::unique_ptr<TargetStream> stream(int64_t block_residues, int n_threads) override {
    if (block_residues == 0) {
      const int64_t n = database_.n_residues();
      const int64_t smallest = n > kBigDatabase ? kSmallestBlockOfBigDatabase : kSmallestBlock;
      block_residues = std::clamp(n / (kBlocksPerThread * n_threads), smallest, kLargestBlock);
    }
    return std::make_unique<PackedStream>(database_, block_residues);
  }

  // Whole blocks, or equal numbers of targets within a block.
  std::optional<std::vector<TargetRange>> ranges(int64_t residues) const override {
    std::vector<TargetRange> out;
    bool open = false;  // whether the last range may grow
    for (const seqdb::DirectoryEntry& entry : database_.directory()) {
      const auto first = static_cast<int64_t>(entry.first_ordinal),
                 n = static_cast<int64_t>(entry.n_sequences),
                 n_residues = static_cast<int64_t>(entry.n_residues);
      if (open && out.back().n_residues + n_residues <= residues) {
        out.back().n_targets += n;
        out.back().n_residues += n_residues;
        continue;
      }
      const int64_t n_parts = std::clamp<int64_t>((n_residues + residues / 2) / residues, 1, n);
      for (int64_t part = 0; part < n_parts; ++part) {
        const int64_t begin = n * part / n_parts, end = n * (part + 1) / n_parts;
        out.push_back({first + begin, end - begin, n_residues / n_parts});
      }
      open = n_parts == 1;
    }
    return out;
  }
  std::shared_ptr<const TargetBlock> block(const TargetRange& range) const override {
    return std::make_shared<PackedBlock>(database_,
                                         seqdb::Chunk{range.first, range.n_targets, range.n_residues});
  }

 private:
  seqdb::Database database_;
};

class TargetsElsewhere : public TargetDatabase {
 public:
  TargetsElsewhere(const std::string& path, SharedFacts facts)
      : TargetDatabase(path), facts_(std::move(facts)) {}
  bool is_here() const override { return false; }
  std::optional<SharedFacts> shared_facts() const override { return facts_; }
  std::optional<int64_t> n_targets() const override { return facts_.n_targets; }
  std::optional<int64_t> n_residues() const override { return facts_.n_residues; }
  std::string identity() const override { return path() + " " + facts_.content; }
  std::unique_ptr<TargetStream> stream(int64_t, int) override {
    base::throw_internal("{} is not here", path());
  }

 private:
  SharedFacts facts_;
};

// Once per run, and only where packing pays.
void hint_to_pack(const std::filesystem::path& path) {
  constexpr uintmax_t kWorthIt = uintmax_t{16} << 20;
  static std::atomic<bool> hinted{false};
  std::error_code error;
  const uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error || bytes < kWorthIt || hinted.exchange(true)) return;
  base::log::info("{}: text is parsed in every search; `foldmesh db build {} -o NAME.fmdb` packs it once",
                  path.string(), path.string());
}

}  // namespace

bool TargetDatabase::is_packed(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  std::array<char, seqdb::kMagic.size()> first{};
  std::ifstream(path, std::ios::binary).read(first.data(), first.size());
  // Four bytes are enough to know the intention; the reader says what is wrong with the rest.
  return std::equal(first.begin(), first.begin() + 4, seqdb::kMagic.begin());
}

std::unique_ptr<TargetDatabase> TargetDatabase::elsewhere(const std::string& path, const SharedFacts& facts) {
  return std::make_unique<TargetsElsewhere>(path, facts);
}

std::string TargetDatabase::identity() const {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path_, error);
  const uintmax_t size = std::filesystem::file_size(path_, error);
  return fmt::format("{} {} {}", path_, size, time.time_since_epoch().count());
}

std::unique_ptr<TargetDatabase> TargetDatabase::open(const std::filesystem::path& path) {
  if (is_packed(path)) return std::make_unique<PackedTargets>(path);
  if (path != "-" && !std::filesystem::exists(path)) {
    base::throw_input("{}: no such file (expected a sequence database)", path.string());
  }
  hint_to_pack(path);
  return open_fasta_targets(path);
}

}  // namespace foldmesh::search
