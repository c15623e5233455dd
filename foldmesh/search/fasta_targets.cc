#include "foldmesh/search/fasta_targets.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <string_view>
#include <thread>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/seqio/fasta_chunks.h"
#include "foldmesh/seqio/plain_file.h"

namespace foldmesh::search {
namespace {

// Bytes of text. Small files get small blocks, so that there are enough of them; the number of threads must
// not matter, as units of work are known by where their block begins.
constexpr int64_t kSmallestBlock = 32'768, kUsualBlock = 524'288;
constexpr int64_t kBlocksPerFile = 256;

const seqio::FastaOptions kTargetFasta = {static_cast<size_t>(hmm::kMaxTargetLength), true};

class FastaBlock : public TargetBlock {
 public:
  // A chunk without text is read from the file when it is needed.
  FastaBlock(std::string input, seqio::FastaChunk chunk, size_t n_bytes)
      : TargetBlock(chunk.first_record, chunk.n_records),
        input_(std::move(input)),
        chunk_(std::move(chunk)),
        range_{chunk_.first_record,           chunk_.n_records, 0, static_cast<int64_t>(chunk_.offset),
               static_cast<int64_t>(n_bytes), chunk_.first_line} {}

  TargetRange range() const override { return range_; }

 private:
  std::vector<hmm::Target> load() const override {
    if (chunk_.text.empty()) {
      chunk_.text = seqio::read_part(input_, chunk_.offset, static_cast<size_t>(range_.n_bytes));
    }
    parsed_ = seqio::parse(chunk_, input_, kTargetFasta);
    std::string().swap(chunk_.text);
    std::vector<hmm::Target> targets;
    targets.reserve(parsed_.records.size());
    std::string_view text = parsed_.text;
    std::span<const bio::Code> codes = parsed_.codes;
    for (const seqio::ParsedFasta::Record& record : parsed_.records) {
      const std::string_view name = text.substr(0, record.name_bytes);
      const std::string_view description = text.substr(record.name_bytes, record.description_bytes);
      targets.push_back({name, {}, description, codes.first(record.n_residues)});
      text.remove_prefix(record.name_bytes + record.description_bytes);
      codes = codes.subspan(record.n_residues);
    }
    return targets;
  }

  std::string input_;
  mutable seqio::FastaChunk chunk_;  // until loaded
  TargetRange range_;
  mutable seqio::ParsedFasta parsed_;  // then
};

// Reads (and decompresses) chunks on a thread of its own, a few ahead of those who take them.
class ReadAhead {
 public:
  ReadAhead(std::unique_ptr<seqio::ByteSource> source, size_t chunk_bytes, size_t n_ahead)
      : reader_(std::move(source), chunk_bytes), n_ahead_(n_ahead), thread_([this] { read(); }) {}
  ~ReadAhead() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // The next one; nothing at the end.
  std::optional<seqio::FastaChunk> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || done_; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    std::optional<seqio::FastaChunk> chunk(std::move(ready_.front()));
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return chunk;
  }

 private:
  void read() {
    std::exception_ptr error;
    try {
      for (seqio::FastaChunk chunk; reader_.next(chunk);) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ready_.size() < n_ahead_ || stopped_; });
        if (stopped_) return;
        ready_.push_back(std::move(chunk));
        lock.unlock();
        changed_.notify_all();
      }
    } catch (...) {
      error = std::current_exception();
    }
    {
      std::lock_guard lock(mutex_);
      error_ = error;
      done_ = true;
    }
    changed_.notify_all();
  }

  seqio::FastaChunkReader reader_;  // used by the thread only
  size_t n_ahead_;
  std::mutex mutex_;  // guards the fields up to error_
  std::condition_variable changed_;
  std::deque<seqio::FastaChunk> ready_;
  bool stopped_ = false, done_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

// Tells one file from another without reading all of it: size, time of change and some samples.
std::string content_of(const std::filesystem::path& path, const base::FileIdentity& identity) {
  constexpr uint64_t kSamples = 16, kSampleBytes = 4096;
  base::Hasher hasher;
  for (uint64_t i = 0; i < kSamples; ++i) {
    const uint64_t from = identity.size / kSamples * i;
    hasher.add(seqio::read_part(path, from, std::min(kSampleBytes, identity.size - from)));
  }
  return fmt::format("{} bytes, changed at {}, {}", identity.size, identity.modified_ns, hasher.hex());
}

class FastaTargets : public TargetDatabase {
 public:
  explicit FastaTargets(const std::filesystem::path& path)
      : TargetDatabase(path.string()), is_plain_(seqio::is_plain_file(path)) {
    if (path != "-") identity_ = base::identify(path);
    if (identity_ && !identity_->is_regular) identity_.reset();
    if (is_plain_) content_ = content_of(path, *identity_);
  }

  std::optional<int64_t> n_targets() const override { return n_targets_; }
  void keep(int64_t bytes) override { budget_ = std::max(budget_, bytes); }
  void check_unchanged() const override {
    if (identity_) base::check_unchanged(path(), *identity_);
  }
  std::unique_ptr<TargetStream> stream(int64_t block_residues, int n_threads) override;
  std::optional<SharedFacts> shared_facts() const override {
    if (!is_plain_) return std::nullopt;
    return SharedFacts{false, 0, 0, content_};
  }
  // Units of several groups of queries on one range come one after the other and share the parsed block.
  std::shared_ptr<const TargetBlock> block(const TargetRange& range) const override {
    std::shared_ptr<const TargetBlock> block = last_.lock();
    if (block && block->first_index() == range.first && block->n_targets() == range.n_targets) return block;
    block =
        block_at({{}, static_cast<uint64_t>(range.offset), range.first, range.n_targets, range.first_line},
                 static_cast<size_t>(range.n_bytes));
    last_ = block;
    return block;
  }

 private:
  friend class FastaStream;

  std::shared_ptr<const TargetBlock> block_at(seqio::FastaChunk chunk, size_t n_bytes) const {
    return std::make_shared<const FastaBlock>(path() == "-" ? "<stdin>" : path(), std::move(chunk), n_bytes);
  }

  std::string name() const { return path() == "-" ? "standard input" : path(); }

  std::optional<base::FileIdentity> identity_;  // none of what can be read only once
  int64_t budget_ = 0;                          // bytes of blocks to keep
  // What earlier passes with blocks of this size left behind:
  int64_t block_bytes_ = 0;
  std::optional<int64_t> n_targets_;
  std::vector<std::shared_ptr<const TargetBlock>> kept_;  // the first blocks
  int64_t kept_bytes_ = 0;
  bool all_kept_ = false;
  bool used_ = false;
  // Of a plain file, so that it is cut but once: where the blocks are, all of them once `indexed_`.
  bool is_plain_, indexed_ = false;
  std::string content_;
  std::vector<TargetRange> index_;
  mutable std::weak_ptr<const TargetBlock> last_;  // of block()
};

// Blocks kept by an earlier pass, then those read now.
class FastaStream : public TargetStream {
 public:
  FastaStream(FastaTargets& database, size_t n_ahead) : database_(database), n_ahead_(n_ahead) {}

  std::shared_ptr<const TargetBlock> next() override {
    const size_t index = index_++;
    if (database_.all_kept_) return index < database_.kept_.size() ? database_.kept_[index] : nullptr;
    if (database_.indexed_) return known_block(index);
    if (!reader_) {
      reader_.emplace(seqio::open_bytes(database_.path()), static_cast<size_t>(database_.block_bytes_),
                      n_ahead_);
    }
    std::optional<seqio::FastaChunk> chunk = reader_->next();
    if (!chunk) {
      database_.n_targets_ = n_targets_;
      database_.indexed_ = database_.is_plain_;
      database_.all_kept_ = index == database_.kept_.size();
      return nullptr;
    }
    n_targets_ = chunk->first_record + chunk->n_records;
    const size_t n_bytes = chunk->text.size();
    std::shared_ptr<const TargetBlock> block = database_.block_at(std::move(*chunk), n_bytes);
    if (database_.is_plain_ && index == database_.index_.size()) database_.index_.push_back(block->range());
    return kept(index, std::move(block));
  }

 private:
  // From the place that an earlier pass has noted.
  std::shared_ptr<const TargetBlock> known_block(size_t index) {
    if (index == database_.index_.size()) {
      database_.all_kept_ = index == database_.kept_.size();
      return nullptr;
    }
    if (index < database_.kept_.size()) return database_.kept_[index];
    return kept(index, database_.block(database_.index_[index]));
  }

  // The block itself, or the one that an earlier pass has kept; blocks are kept from the first on.
  std::shared_ptr<const TargetBlock> kept(size_t index, std::shared_ptr<const TargetBlock> block) {
    if (index < database_.kept_.size()) return database_.kept_[index];
    const int64_t bytes = block->range().n_bytes;
    if (index == database_.kept_.size() && database_.kept_bytes_ + bytes <= database_.budget_) {
      database_.kept_bytes_ += bytes;
      database_.kept_.push_back(block);
    }
    return block;
  }

  FastaTargets& database_;
  size_t n_ahead_, index_ = 0;
  int64_t n_targets_ = 0;
  std::optional<ReadAhead> reader_;
};

std::unique_ptr<TargetStream> FastaTargets::stream(int64_t block_residues, int n_threads) {
  if (!identity_ && std::exchange(used_, true) && !all_kept_) {
    base::throw_input("{} can be read only once (expected a file)", name());
  }
  const int64_t most = block_residues == 0 ? kUsualBlock : block_residues;
  const int64_t share = identity_ ? static_cast<int64_t>(identity_->size) / kBlocksPerFile : most;
  const int64_t bytes = std::min(most, std::max(share, kSmallestBlock));
  if (bytes != block_bytes_) {
    block_bytes_ = bytes;
    kept_.clear();
    kept_bytes_ = 0;
    all_kept_ = false;
    index_.clear();
    indexed_ = false;
  }
  return std::make_unique<FastaStream>(*this, static_cast<size_t>(2 * n_threads));
}

}  // namespace

std::unique_ptr<TargetDatabase> open_fasta_targets(const std::filesystem::path& path) {
  return std::make_unique<FastaTargets>(path);
}

}  // namespace foldmesh::search
