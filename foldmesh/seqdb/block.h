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

// A database entry in place: views into the mapped file.
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
  std::vector<SequenceRecord> records_;
  std::vector<bio::Code> residues_ = std::vector<bio::Code>(kAreaHead, kPad);
  std::string text_;
  uint64_t n_residues_ = 0;
  std::vector<std::byte> bytes_;
};

// A block whose check() found nothing.
class BlockView {
 public:
  explicit BlockView(const std::byte* block);

  uint64_t n_sequences() const { return n_sequences_; }
  uint64_t n_residues(uint64_t i) const { return records_[i].n_residues; }
  SequenceView sequence(uint64_t i) const {
    const SequenceRecord& r = records_[i];
    const char* text = text_ + r.text_offset;
    const uint32_t text_bytes = records_[i + 1].text_offset - r.text_offset;
    return {{text, r.name_bytes},
            {text + r.name_bytes, text_bytes - r.name_bytes},
            {residues_ + r.residue_offset, r.n_residues}};
  }

 private:
  uint64_t n_sequences_;
  const SequenceRecord* records_;
  const bio::Code* residues_;
  const char* text_;
};

// Everything a reader relies on: checksum, magic, records inside the areas and in the one order the writer
// makes, pad bytes, residue codes, names and descriptions that make a FASTA header, no sequence above
// `longest`. The entry's range must lie inside `file` and have room for its records.
std::optional<Damage> find_block_damage(std::span<const std::byte> file, const DirectoryEntry& entry,
                                        uint64_t longest);

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_BLOCK_H_
