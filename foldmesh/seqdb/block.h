// One block of a database: made from sequences, and checked and looked into where it lies in memory.
#ifndef FOLDMESH_SEQDB_BLOCK_H_
#define FOLDMESH_SEQDB_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/seqdb/format.h"

namespace foldmesh::seqdb {

// A database entry: views into the mapped file and into the block's text, uncompressed.
struct SequenceView {
  std::string_view name, description;
  // Every code except gap and missing. The bytes before the first and after the last one are kPad, and
  // kAreaTail bytes from the end are readable, so vector code may load past it.
  std::span<const bio::Code> residues;
};

// What is wrong with a file, and where.
struct Damage {
  uint64_t offset = 0;  // byte of the file
  std::string what;
};
// Throws kInput `FILE: damaged at byte N: what`.
[[noreturn]] void throw_damage(const std::string& path, const Damage& damage);

// Collects sequences and gives the bytes of a block.
class BlockBuilder {
 public:
  // `residues` are letters as in FASTA, either case; others are kInternal. Lengths above the format's limits
  // are kInput.
  void add(std::string_view name, std::string_view description, std::string_view residues);
  bool empty() const { return records_.empty(); }
  bool full() const;
  uint64_t n_sequences() const { return records_.size(); }
  uint64_t n_residues() const { return n_residues_; }
  // The block, padded to whole pages, valid until the next call; starts a new one.
  std::span<const std::byte> finish(uint64_t first_ordinal);

 private:
  std::string compressed_text() const;

  std::vector<SequenceRecord> records_;
  std::vector<bio::Code> residues_ = std::vector<bio::Code>(kAreaHead, kPad);
  std::string text_;
  uint64_t n_residues_ = 0;
  std::vector<std::byte> bytes_;
};

// A block in which find_block_damage() found nothing.
class BlockView {
 public:
  explicit BlockView(const std::byte* block);

  uint64_t n_sequences() const { return n_sequences_; }
  std::span<const bio::Code> residues(uint64_t i) const {
    return {residues_ + records_[i].residue_offset, records_[i].n_residues};
  }
  // The names and descriptions of all sequences, uncompressed, or what is wrong with them; the damage's
  // offset is the text area's in the block.
  std::optional<Damage> read_text(std::string& text) const;
  // `text` is what read_text() gave.
  SequenceView sequence(uint64_t i, std::string_view text) const {
    const SequenceRecord& r = records_[i];
    const std::string_view header = text.substr(r.text_offset, records_[i + 1].text_offset - r.text_offset);
    return {header.substr(0, r.name_bytes), header.substr(r.name_bytes), residues(i)};
  }

 private:
  uint64_t n_sequences_;
  uint64_t text_bytes_;
  const SequenceRecord* records_;
  const bio::Code* residues_;
  std::string_view text_area_;
  uint64_t text_offset_;  // of the text area in the block
};

// Everything a reader of residues relies on: checksum, magic, records inside the areas and in the one order
// the writer makes, pad bytes, residue codes, no sequence above `longest`. The entry's range must lie inside
// `file` and have room for its records. What names and descriptions are is BlockView::read_text's to check.
std::optional<Damage> find_block_damage(std::span<const std::byte> file, const DirectoryEntry& entry,
                                        uint64_t longest);

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_BLOCK_H_
