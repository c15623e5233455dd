// The packed sequence database, as structs. docs/formats/seqdb.md explains every byte and why it is so.
//
//   header page | block | block | ... | directory
//
// A block holds consecutive sequences whole: their records, residues, names and descriptions, so that it can
// be checked, mapped and searched alone. The directory lists the blocks. All numbers are little endian.
#ifndef FOLDMESH_SEQDB_FORMAT_H_
#define FOLDMESH_SEQDB_FORMAT_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "foldmesh/bio/alphabet.h"

namespace foldmesh::seqdb {

static_assert(std::endian::native == std::endian::little,
              "the database is read in place, so little endian only");

// A text-mode transfer changes the line ends in here and is noticed at once.
inline constexpr std::array<char, 8> kMagic = {'F', 'M', 'D', 'B', '\r', '\n', '\x1a', '\n'};
inline constexpr uint32_t kVersion = 2;
inline constexpr uint32_t kBlockMagic = 0x4b4c4246;  // "FBLK"

inline constexpr uint64_t kPageBytes = 4096;                 // blocks begin and end on multiples of this
inline constexpr uint64_t kBlockTarget = uint64_t{1} << 20;  // a block is closed once its contents reach this
inline constexpr uint64_t kResidueAreaAlignment = 64;        // of the first residue area byte within the file
inline constexpr uint64_t kSequenceAlignment = 16;  // of every sequence's first residue within the file
inline constexpr uint64_t kAreaHead = 16,
                          kAreaTail = 64;        // pad bytes before the first and after the last sequence
inline constexpr bio::Code kPad = bio::kNoCode;  // fills the residue area between sequences
inline constexpr uint64_t kMaxResidues = (uint64_t{1} << 31) - 1;  // of one sequence
inline constexpr uint64_t kMaxText = uint64_t{1} << 30;            // bytes of one name plus description
// Text is at most so many times the size of its compressed form, so that a forged file cannot ask for much.
inline constexpr uint64_t kMaxCompression = 1024;

// At offset 0; the rest of the page is zero.
struct FileHeader {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t page_bytes;
  uint64_t file_bytes;
  uint64_t n_sequences;
  uint64_t n_residues;
  uint64_t longest;  // residues of the longest sequence
  uint64_t n_blocks;
  uint64_t directory_offset;    // the directory ends the file
  uint64_t directory_checksum;  // XXH3-64 of the directory
  uint64_t header_checksum;     // XXH3-64 of the bytes of this struct before this field
};
static_assert(sizeof(FileHeader) == 80 && std::is_trivially_copyable_v<FileHeader>);

// The directory is an array of these, in file order, which is ordinal order.
struct DirectoryEntry {
  uint64_t offset;  // of the block, from the start of the file
  uint64_t bytes;   // with the zero padding to the next page
  uint64_t first_ordinal;
  uint64_t n_sequences;
  uint64_t n_residues;
  uint64_t checksum;  // XXH3-64 of the block's bytes
};
static_assert(sizeof(DirectoryEntry) == 48 && std::is_trivially_copyable_v<DirectoryEntry>);

// A block: header, n_sequences + 1 records, zeros up to the residue area, residue area, text area, zeros.
struct BlockHeader {
  uint32_t magic;
  uint32_t n_sequences;
  uint32_t residue_area_bytes;
  uint32_t text_area_bytes;
  uint64_t first_ordinal;
  // Of the text before compression. The text area is one zstd frame, or the text itself if the sizes are
  // equal.
  uint32_t text_bytes;
  uint32_t zero;
};
static_assert(sizeof(BlockHeader) == 32 && std::is_trivially_copyable_v<BlockHeader>);

// The last record of a block describes no sequence: it holds the ends of the two areas' used parts.
struct SequenceRecord {
  uint32_t residue_offset;  // of the first residue, from the start of the residue area
  uint32_t n_residues;
  uint32_t text_offset;  // of the name, in the uncompressed text; the description follows it and ends at the
                         // next record's text_offset
  uint32_t name_bytes;
};
static_assert(sizeof(SequenceRecord) == 16 && std::is_trivially_copyable_v<SequenceRecord>);

constexpr uint64_t round_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// Offset of the residue area within a block.
constexpr uint64_t residue_area_offset(uint64_t n_sequences) {
  return round_up(sizeof(BlockHeader) + (n_sequences + 1) * sizeof(SequenceRecord), kResidueAreaAlignment);
}
// Where the next sequence's residues begin: at least one pad byte stands between two sequences.
constexpr uint64_t next_residue_offset(uint64_t offset, uint64_t n_residues) {
  return round_up(offset + n_residues + 1, kSequenceAlignment);
}

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_FORMAT_H_
