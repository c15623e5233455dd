// A packed sequence database, read in place through a memory map.
#ifndef FOLDMESH_SEQDB_READER_H_
#define FOLDMESH_SEQDB_READER_H_

#include <algorithm>
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
// several threads. The file must not change meanwhile.
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

  // f(ordinal, residues) for the sequences of a chunk in order; the views live as long as the object.
  template <typename F>
  void for_each_residues(const Chunk& chunk, F&& f) const;
  // f(ordinal, SequenceView), with names and descriptions, which have to be decompressed and are there during
  // the call only.
  template <typename F>
  void for_each(const Chunk& chunk, F&& f) const;
  // The names and descriptions of a block; `view` is that block's.
  struct Headers {
    uint64_t first_ordinal;
    BlockView view;
    std::string text;
    bool contains(int64_t ordinal) const {
      return static_cast<uint64_t>(ordinal) - first_ordinal < view.n_sequences();
    }
    SequenceView sequence(int64_t ordinal) const {
      return view.sequence(static_cast<uint64_t>(ordinal) - first_ordinal, text);
    }
  };
  // Of the block that holds a sequence, 0 to n_sequences() - 1.
  Headers headers(int64_t ordinal) const;
  Chunk all() const { return {0, n_sequences(), n_residues()}; }

  // The whole database in chunks of about `target_residues` (>= 1), in order. Chunks consist of whole blocks
  // when the target is larger than a block, else a block is divided; the latter reads (and checks) those
  // blocks.
  std::vector<Chunk> chunks(int64_t target_residues) const;

  // Throws kMachine when the file was replaced or changed since it was opened.
  void check_unchanged() const { file_.check_unchanged(); }

  std::span<const DirectoryEntry> directory() const { return directory_; }
  // Nothing, or what is wrong with a block; does not throw.
  std::optional<Damage> find_damage(size_t block) const;

 private:
  size_t block_of(uint64_t ordinal) const;
  // The block, checked.
  BlockView block(size_t index) const;
  std::string text_of(size_t index) const;
  // f(index of a block, its view, first and end of the chunk's sequences in it)
  template <typename F>
  void for_each_block(const Chunk& chunk, F&& f) const;
  void divide(size_t block, int64_t target_residues, std::vector<Chunk>& out) const;

  base::MappedFile file_;
  FileHeader header_{};
  std::span<const DirectoryEntry> directory_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // [n_blocks]
};

template <typename F>
void Database::for_each_block(const Chunk& chunk, F&& f) const {
  if (chunk.n_sequences <= 0) return;
  auto ordinal = static_cast<uint64_t>(chunk.first);
  const uint64_t end = ordinal + static_cast<uint64_t>(chunk.n_sequences);
  block_of(end - 1);  // throws when the chunk is not of this database
  for (size_t index = block_of(ordinal); ordinal < end; ++index) {
    const BlockView view = block(index);
    const uint64_t first = directory_[index].first_ordinal;
    const uint64_t last = std::min(end - first, view.n_sequences());
    f(index, view, ordinal - first, last);
    ordinal = first + last;
  }
}

template <typename F>
void Database::for_each_residues(const Chunk& chunk, F&& f) const {
  for_each_block(chunk, [&](size_t index, const BlockView& view, uint64_t begin, uint64_t end) {
    const uint64_t first = directory_[index].first_ordinal;
    for (uint64_t i = begin; i < end; ++i) f(static_cast<int64_t>(first + i), view.residues(i));
  });
}

template <typename F>
void Database::for_each(const Chunk& chunk, F&& f) const {
  for_each_block(chunk, [&](size_t index, const BlockView& view, uint64_t begin, uint64_t end) {
    const std::string text = text_of(index);
    const uint64_t first = directory_[index].first_ordinal;
    for (uint64_t i = begin; i < end; ++i) f(static_cast<int64_t>(first + i), view.sequence(i, text));
  });
}

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_READER_H_
