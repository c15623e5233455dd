// A packed sequence database, read in place through a memory map.
#ifndef FOLDMESH_SEQDB_READER_H_
#define FOLDMESH_SEQDB_READER_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/seqdb/block.h"
#include "foldmesh/seqdb/format.h"

namespace foldmesh::seqdb {

// Consecutive sequences, a unit of work.
struct Chunk {
  int64_t first = 0;  // ordinal, 0-based
  int64_t n_sequences = 0;
  int64_t n_residues = 0;
};

// Opening checks header, directory and file size, whatever the size of the database in a few milliseconds. A
// block is checked in full when it is first looked into, so no unchecked byte is ever handed out: a damaged,
// cut, foreign or newer file throws kInput "FILE: damaged at byte N: what". All members may be called from
// several threads; views live as long as the object. The file must not change meanwhile.
class Database {
 public:
  explicit Database(const std::filesystem::path& path);

  int64_t n_sequences() const { return static_cast<int64_t>(header_.n_sequences); }
  int64_t n_residues() const { return static_cast<int64_t>(header_.n_residues); }
  int64_t longest() const { return static_cast<int64_t>(header_.longest); }  // residues
  int64_t n_blocks() const { return static_cast<int64_t>(directory_.size()); }
  uint64_t file_bytes() const { return header_.file_bytes; }
  const std::string& path() const { return file_.path(); }
  // Of the contents, 16 hexadecimal digits: databases with the same sequences in the same order have the same
  // one.
  std::string identity() const;

  // By ordinal, 0 to n_sequences() - 1.
  SequenceView sequence(int64_t ordinal) const;
  // f(ordinal, SequenceView) for the sequences of a chunk in order; faster than sequence() one by one.
  template <typename F>
  void for_each(const Chunk& chunk, F&& f) const;
  Chunk all() const { return {0, n_sequences(), n_residues()}; }

  // The whole database in chunks of about `target_residues` (>= 1), in order. Chunks consist of whole blocks
  // when the target is larger than a block, else a block is divided; the latter reads (and checks) those
  // blocks.
  std::vector<Chunk> chunks(int64_t target_residues) const;

  // Throws kMachine when the file was replaced or changed since it was opened.
  void check_unchanged() const { file_.check_unchanged(); }

  std::span<const DirectoryEntry> directory() const { return directory_; }
  // Nothing, or what is wrong with a block; does not throw.
  std::optional<Damage> find_damage(size_t block) const {
    return find_block_damage(file_.bytes(), directory_[block], header_.longest);
  }

 private:
  size_t block_of(uint64_t ordinal) const;
  // The block, checked.
  BlockView block(size_t index) const;
  void divide(size_t block, int64_t target_residues, std::vector<Chunk>& out) const;

  base::MappedFile file_;
  FileHeader header_{};
  std::span<const DirectoryEntry> directory_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // [n_blocks]
};

template <typename F>
void Database::for_each(const Chunk& chunk, F&& f) const {
  if (chunk.n_sequences <= 0) return;
  auto ordinal = static_cast<uint64_t>(chunk.first);
  const uint64_t end = ordinal + static_cast<uint64_t>(chunk.n_sequences);
  block_of(end - 1);  // throws when the chunk is not of this database
  for (size_t index = block_of(ordinal); ordinal < end; ++index) {
    const BlockView view = block(index);
    const uint64_t first = directory_[index].first_ordinal;
    for (; ordinal < end && ordinal - first < view.n_sequences(); ++ordinal) {
      f(static_cast<int64_t>(ordinal), view.sequence(ordinal - first));
    }
  }
}

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_READER_H_
