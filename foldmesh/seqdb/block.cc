#include "foldmesh/seqdb/block.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "foldmesh/base/error.h"
#include "foldmesh/base/hash.h"

namespace foldmesh::seqdb {
namespace {

constexpr int kCompressionLevel = 1;
constexpr bio::Code kIllegal = 0x80;  // a bit that no code of a residue has

std::array<bio::Code, 256> make_encoding() {
  std::array<bio::Code, 256> table{};
  for (size_t c = 0; c < table.size(); ++c) {
    const bio::Code code = bio::code_of(static_cast<char>(c));
    table[c] = bio::is_residue(code) || code == bio::kStop ? code : kIllegal;
  }
  return table;
}

// Appends the codes of `letters`; false if one has none.
bool encode(std::string_view letters, std::vector<bio::Code>& codes) {
  static const std::array<bio::Code, 256> table = make_encoding();
  const size_t start = codes.size();
  codes.resize(start + letters.size());
  bio::Code seen = 0;
  for (size_t i = 0; i < letters.size(); ++i) {
    const bio::Code code = table[static_cast<unsigned char>(letters[i])];
    codes[start + i] = code;
    seen |= code;
  }
  return (seen & kIllegal) == 0;
}

bool all_are_residues(const bio::Code* codes, uint64_t n) {
  bio::Code bad = 0;  // a byte, so that the loop becomes vectors of bytes
  for (uint64_t i = 0; i < n; ++i)
    bad |= static_cast<bio::Code>((codes[i] > bio::kStop) | (codes[i] == bio::kGap));
  return bad == 0;
}

bool all_pad(const bio::Code* codes, uint64_t n) {
  return std::all_of(codes, codes + n, [](bio::Code code) { return code == kPad; });
}

bool all_zero(const std::byte* bytes, uint64_t n) {
  return std::all_of(bytes, bytes + n, [](std::byte b) { return b == std::byte{0}; });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u != 0x7f;
  });
}

bool is_description(std::string_view text) {
  return text.empty() ||
         (text.front() != ' ' && text.front() != '\t' && std::all_of(text.begin(), text.end(), [](char c) {
            const auto u = static_cast<unsigned char>(c);
            return (u >= 0x20 && u != 0x7f) || u == '\t';
          }));
}

// The checks of one block, each reporting the file offset at which it failed.
class Inspection {
 public:
  Inspection(std::span<const std::byte> file, const DirectoryEntry& entry, uint64_t longest)
      : block_(file.data() + entry.offset), entry_(entry), longest_(longest) {}

  std::optional<Damage> run() {
    std::memcpy(&header_, block_, sizeof header_);
    if (base::hash64(block_, entry_.bytes) != entry_.checksum) return checksum_damage();
    if (auto damage = check_header()) return damage;
    for (uint64_t i = 0; i < header_.n_sequences; ++i) {
      if (auto damage = check_sequence(i)) return damage;
    }
    return check_ends();
  }

 private:
  template <typename... Args>
  Damage damage(uint64_t offset_in_block, fmt::format_string<Args...> format, Args&&... args) const {
    return {entry_.offset + offset_in_block, fmt::format(format, std::forward<Args>(args)...)};
  }

  Damage checksum_damage() const {
    return damage(0, "the checksum of the block in bytes {} to {} does not match", entry_.offset,
                  entry_.offset + entry_.bytes - 1);
  }

  std::optional<Damage> check_header() {
    if (header_.magic != kBlockMagic) return damage(0, "no block begins here");
    if (header_.n_sequences != entry_.n_sequences || header_.first_ordinal != entry_.first_ordinal) {
      return damage(4, "the block is not the one that the directory describes");
    }
    // The directory was checked: so many records fit into the block.
    residue_area_ = residue_area_offset(header_.n_sequences);
    text_area_ = residue_area_ + header_.residue_area_bytes;
    end_ = text_area_ + header_.text_area_bytes;
    if (header_.residue_area_bytes < kAreaHead + kAreaTail || end_ > entry_.bytes ||
        round_up(end_, kPageBytes) != entry_.bytes) {
      return damage(8, "the areas do not fit the block");
    }
    if (header_.text_bytes < header_.text_area_bytes || header_.zero != 0 ||
        header_.text_bytes > kMaxCompression * header_.text_area_bytes) {
      return damage(offsetof(BlockHeader, text_bytes), "the text has an impossible size");
    }
    const uint64_t records_end =
        sizeof header_ + (uint64_t{header_.n_sequences} + 1) * sizeof(SequenceRecord);
    if (!all_zero(block_ + records_end, residue_area_ - records_end)) {
      return damage(records_end, "bytes that must be zero are not");
    }
    const SequenceRecord first = record(0);
    if (first.residue_offset != kAreaHead || first.text_offset != 0) {
      return damage(sizeof header_, "the first record does not begin at the start of its areas");
    }
    if (!all_pad(area(), kAreaHead)) return damage(residue_area_, "pad bytes are missing");
    return std::nullopt;
  }

  std::optional<Damage> check_sequence(uint64_t i) {
    const SequenceRecord here = record(i), next = record(i + 1);
    const uint64_t at = sizeof header_ + i * sizeof(SequenceRecord);
    const uint64_t end = uint64_t{here.residue_offset} + here.n_residues;
    if (here.n_residues > longest_)
      return damage(at + 4, "the sequence is longer than the header says any is");
    if (next.residue_offset != next_residue_offset(here.residue_offset, here.n_residues) ||
        next.residue_offset + kAreaTail > header_.residue_area_bytes) {
      return damage(at, "the residues of this record are not inside the block");
    }
    if (next.text_offset < here.text_offset || next.text_offset > header_.text_bytes ||
        here.name_bytes > next.text_offset - here.text_offset) {
      return damage(at + 8, "the name of this record is not inside the block");
    }
    if (!all_are_residues(area() + here.residue_offset, here.n_residues)) {
      return damage(residue_area_ + here.residue_offset, "a sequence holds a code that is no residue");
    }
    if (!all_pad(area() + end, next.residue_offset - end))
      return damage(residue_area_ + end, "pad bytes are missing");
    n_residues_ += here.n_residues;
    return std::nullopt;
  }

  std::optional<Damage> check_ends() {
    const SequenceRecord last = record(header_.n_sequences);
    const uint64_t at = sizeof header_ + header_.n_sequences * sizeof(SequenceRecord);
    if (last.residue_offset + kAreaTail != header_.residue_area_bytes ||
        last.text_offset != header_.text_bytes || last.n_residues != 0 || last.name_bytes != 0) {
      return damage(at, "the last record does not end the areas");
    }
    if (!all_pad(area() + last.residue_offset, kAreaTail)) {
      return damage(residue_area_ + last.residue_offset, "pad bytes are missing");
    }
    if (n_residues_ != entry_.n_residues)
      return damage(0, "the block has another number of residues than the directory says");
    if (!all_zero(block_ + end_, entry_.bytes - end_)) return damage(end_, "bytes that must be zero are not");
    return std::nullopt;
  }

  SequenceRecord record(uint64_t i) const {
    SequenceRecord r;
    std::memcpy(&r, block_ + sizeof header_ + i * sizeof r, sizeof r);
    return r;
  }
  const bio::Code* area() const { return reinterpret_cast<const bio::Code*>(block_ + residue_area_); }

  const std::byte* block_;
  const DirectoryEntry& entry_;
  uint64_t longest_;
  BlockHeader header_{};
  uint64_t residue_area_ = 0, text_area_ = 0, end_ = 0;
  uint64_t n_residues_ = 0;
};

}  // namespace

void throw_damage(const std::string& path, const Damage& damage) {
  base::throw_input("{}: damaged at byte {}: {}", path, damage.offset, damage.what);
}

void BlockBuilder::add(std::string_view name, std::string_view description, std::string_view residues) {
  if (residues.size() > kMaxResidues || name.size() + description.size() > kMaxText) {
    base::throw_input("the sequence '{}' with {} residues does not fit into a database",
                      base::printable(name), residues.size());
  }
  if (!is_name(name) || !is_description(description)) {
    base::throw_internal("database writer: the header '{}' is not one", base::printable(name));
  }
  records_.push_back({static_cast<uint32_t>(residues_.size()), static_cast<uint32_t>(residues.size()),
                      static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size())});
  if (!encode(residues, residues_)) {
    base::throw_internal("database writer: '{}' holds letters that are no residues", base::printable(name));
  }
  residues_.resize(next_residue_offset(records_.back().residue_offset, residues.size()), kPad);
  text_ += name;
  text_ += description;
  n_residues_ += residues.size();
}

bool BlockBuilder::full() const {
  return records_.size() * sizeof(SequenceRecord) + residues_.size() + text_.size() >= kBlockTarget;
}

// One zstd frame, or the text itself where that would not be smaller or too small to be believed.
std::string BlockBuilder::compressed_text() const {
  std::string frame(ZSTD_compressBound(text_.size()), '\0');
  const size_t n = ZSTD_compress(frame.data(), frame.size(), text_.data(), text_.size(), kCompressionLevel);
  if (ZSTD_isError(n)) base::throw_internal("database writer: {}", ZSTD_getErrorName(n));
  frame.resize(n);
  return n < text_.size() && text_.size() <= kMaxCompression * n ? frame : text_;
}

std::span<const std::byte> BlockBuilder::finish(uint64_t first_ordinal) {
  const uint64_t n = records_.size();
  records_.push_back({static_cast<uint32_t>(residues_.size()), 0, static_cast<uint32_t>(text_.size()), 0});
  residues_.insert(residues_.end(), kAreaTail, kPad);
  const std::string text = compressed_text();
  const BlockHeader header{kBlockMagic,
                           static_cast<uint32_t>(n),
                           static_cast<uint32_t>(residues_.size()),
                           static_cast<uint32_t>(text.size()),
                           first_ordinal,
                           static_cast<uint32_t>(text_.size()),
                           0};
  const uint64_t residue_area = residue_area_offset(n);
  const uint64_t text_area = residue_area + residues_.size();
  bytes_.assign(round_up(text_area + text.size(), kPageBytes), std::byte{0});
  std::memcpy(bytes_.data(), &header, sizeof header);
  std::memcpy(bytes_.data() + sizeof header, records_.data(), records_.size() * sizeof(SequenceRecord));
  std::memcpy(bytes_.data() + residue_area, residues_.data(), residues_.size());
  std::memcpy(bytes_.data() + text_area, text.data(), text.size());
  records_.clear();
  residues_.assign(kAreaHead, kPad);
  text_.clear();
  n_residues_ = 0;
  return bytes_;
}

BlockView::BlockView(const std::byte* block) {
  BlockHeader header;
  std::memcpy(&header, block, sizeof header);
  n_sequences_ = header.n_sequences;
  text_bytes_ = header.text_bytes;
  records_ = reinterpret_cast<const SequenceRecord*>(block + sizeof header);
  residues_ = reinterpret_cast<const bio::Code*>(block + residue_area_offset(n_sequences_));
  text_offset_ = residue_area_offset(n_sequences_) + header.residue_area_bytes;
  text_area_ = {reinterpret_cast<const char*>(block + text_offset_), header.text_area_bytes};
}

std::optional<Damage> BlockView::read_text(std::string& text) const {
  text.resize(text_bytes_);
  if (text_area_.size() == text_bytes_) {
    text.assign(text_area_);
  } else if (ZSTD_decompress(text.data(), text.size(), text_area_.data(), text_area_.size()) != text_bytes_) {
    return Damage{text_offset_, "the names and descriptions cannot be decompressed"};
  }
  for (uint64_t i = 0; i < n_sequences_; ++i) {
    const SequenceView view = sequence(i, text);
    if (!is_name(view.name) || !is_description(view.description)) {
      return Damage{text_offset_, "a name or description holds bytes that it must not hold"};
    }
  }
  return std::nullopt;
}

std::optional<Damage> find_block_damage(std::span<const std::byte> file, const DirectoryEntry& entry,
                                        uint64_t longest) {
  return Inspection(file, entry, longest).run();
}

}  // namespace foldmesh::seqdb
