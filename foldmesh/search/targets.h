// What is searched: a packed database or a FASTA file, handed out in blocks of consecutive targets.
#ifndef FOLDMESH_SEARCH_TARGETS_H_
#define FOLDMESH_SEARCH_TARGETS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "foldmesh/hmm/pipeline.h"

namespace foldmesh::search {

// Consecutive targets. The number of residues is an estimate.
struct TargetRange {
  int64_t first = 0, n_targets = 0, n_residues = 0;
  // Of text that stands in a file as it is: where, and the number of its first line. No bytes: elsewhere.
  int64_t offset = 0, n_bytes = 0, first_line = 0;
};

// Consecutive targets of a database. Made cheaply by TargetStream::next(); the first targets() call does the
// costly part (reading, decoding), so that it happens on the thread which needs it. Thread-safe.
class TargetBlock {
 public:
  virtual ~TargetBlock() = default;
  // The views live as long as the block and the database. Names may be missing: name_hit() knows them.
  const std::vector<hmm::Target>& targets() const {
    std::call_once(loaded_, [this] { targets_ = load(); });
    return targets_;
  }
  // Gives a hit in target number `index` of the block name and description, if targets() has none.
  // Thread-safe.
  virtual void name_hit(size_t index, hmm::Hit& hit) const {
    static_cast<void>(index);
    static_cast<void>(hit);
  }
  int64_t first_index() const { return first_index_; }  // ordinal in the database
  int64_t n_targets() const { return n_targets_; }
  // By which other machines find the block in their copy of the database.
  virtual TargetRange range() const { return {first_index_, n_targets_}; }

 protected:
  TargetBlock(int64_t first_index, int64_t n_targets) : first_index_(first_index), n_targets_(n_targets) {}
  virtual std::vector<hmm::Target> load() const = 0;

 private:
  int64_t first_index_, n_targets_;
  mutable std::once_flag loaded_;
  mutable std::vector<hmm::Target> targets_;
};

// One pass over a database. Not thread-safe.
class TargetStream {
 public:
  virtual ~TargetStream() = default;
  // The next block in order; null at the end.
  virtual std::shared_ptr<const TargetBlock> next() = 0;
};

// What is known, before it is read, of a database that several machines may search.
struct SharedFacts {
  bool is_packed = false;                 // else text, of which nothing is known but the content
  int64_t n_targets = 0, n_residues = 0;  // of packed ones
  std::string content;                    // the same for copies of one database
};

class TargetDatabase {
 public:
  // A packed database if the file starts like one, else FASTA (plain, gzip or zstd; "-" is standard input,
  // which can be read once only). Throws kInput for what is neither.
  static std::unique_ptr<TargetDatabase> open(const std::filesystem::path& path);
  // A packed database that is not on this machine but on others, which have told these facts (crew.h).
  static std::unique_ptr<TargetDatabase> elsewhere(const std::string& path, const SharedFacts& facts);
  static bool is_packed(const std::filesystem::path& path);
  virtual ~TargetDatabase() = default;

  // Whether it can be read on this machine.
  virtual bool is_here() const { return true; }
  // Of packed databases, and of text in a plain file. Nothing for what is compressed or comes through a pipe.
  virtual std::optional<SharedFacts> shared_facts() const { return std::nullopt; }

  const std::string& path() const { return path_; }
  // Known in advance for packed databases, of others after a pass.
  virtual std::optional<int64_t> n_targets() const = 0;
  virtual std::optional<int64_t> n_residues() const { return std::nullopt; }
  // Path, size and time of the last change, and what else tells one content from another without reading it.
  virtual std::string identity() const;
  // Several passes will follow: parsed text may stay in memory, at most about `bytes` of it.
  virtual void keep(int64_t bytes) { static_cast<void>(bytes); }
  // To be called after a pass: throws kMachine when the file was replaced or changed since it was opened.
  virtual void check_unchanged() const {}
  // A new pass from the start. Blocks have about `block_residues` residues (>= 1), or one target if that is
  // longer; 0 chooses a size that keeps `n_threads` busy. What is found does not depend on it.
  virtual std::unique_ptr<TargetStream> stream(int64_t block_residues, int n_threads) = 0;
  // Packed databases can be entered anywhere: the whole database, in order, in ranges of about `residues`
  // (>= 1), without reading it. Nothing for what has to be read from its start.
  virtual std::optional<std::vector<TargetRange>> ranges(int64_t) const { return std::nullopt; }
  // One range: of ranges(), or a block's range() where shared_facts() are given.
  virtual std::shared_ptr<const TargetBlock> block(const TargetRange&) const { return nullptr; }

 protected:
  explicit TargetDatabase(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_TARGETS_H_
