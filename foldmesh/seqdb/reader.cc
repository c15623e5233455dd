#include "foldmesh/seqdb/reader.h"

#include <algorithm>
#include <cstring>

#include "foldmesh/base/error.h"
#include "foldmesh/base/hash.h"

namespace foldmesh::seqdb {
namespace {

// Checks what stands outside the blocks; gives the header.
std::optional<Damage> find_frame_damage(std::span<const std::byte> file, FileHeader& header) {
  if (file.size() < sizeof kMagic || std::memcmp(file.data(), kMagic.data(), sizeof kMagic) != 0) {
    return Damage{0, "this is not a foldmesh sequence database (make one with `foldmesh db build`)"};
  }
  if (file.size() < kPageBytes) {
    return Damage{file.size(), fmt::format("the file ends inside its header page of {} bytes", kPageBytes)};
  }
  std::memcpy(&header, file.data(), sizeof header);
  if (header.version != kVersion) {
    return Damage{offsetof(FileHeader, version),
                  fmt::format("format version {} (this program reads version {})", header.version, kVersion)};
  }
  if (base::hash64(file.data(), offsetof(FileHeader, header_checksum)) != header.header_checksum) {
    return Damage{0, "the header's checksum does not match"};
  }
  for (size_t i = sizeof header; i < kPageBytes; ++i) {
    if (file[i] != std::byte{0}) return Damage{i, "bytes that must be zero are not"};
  }
  if (file.size() < header.file_bytes) {
    return Damage{file.size(), fmt::format("the file ends here, cut short from {} bytes", header.file_bytes)};
  }
  if (file.size() > header.file_bytes) {
    return Damage{header.file_bytes,
                  fmt::format("{} bytes follow the end of the database", file.size() - header.file_bytes)};
  }
  if (header.page_bytes != kPageBytes || header.n_blocks > header.file_bytes / sizeof(DirectoryEntry) ||
      header.directory_offset % kPageBytes != 0 || header.directory_offset > header.file_bytes ||
      header.file_bytes - header.directory_offset != header.n_blocks * sizeof(DirectoryEntry)) {
    return Damage{offsetof(FileHeader, n_blocks), "the header places the directory outside the file"};
  }
  if (base::hash64(file.subspan(header.directory_offset)) != header.directory_checksum) {
    return Damage{header.directory_offset, "the directory's checksum does not match"};
  }
  return std::nullopt;
}

std::optional<Damage> find_directory_damage(std::span<const DirectoryEntry> directory,
                                            const FileHeader& header) {
  uint64_t offset = kPageBytes, ordinal = 0, n_residues = 0;
  for (size_t i = 0; i < directory.size(); ++i) {
    const DirectoryEntry& e = directory[i];
    const bool in_place = e.offset == offset && e.bytes % kPageBytes == 0 && e.bytes >= kPageBytes &&
                          e.bytes <= header.directory_offset - offset;
    if (!in_place || e.first_ordinal != ordinal || e.n_sequences == 0 ||
        e.n_sequences >= e.bytes / sizeof(SequenceRecord) || e.n_residues > e.bytes ||
        residue_area_offset(e.n_sequences) > e.bytes) {
      return Damage{header.directory_offset + i * sizeof(DirectoryEntry), "the directory entry does not fit"};
    }
    offset += e.bytes;
    ordinal += e.n_sequences;
    n_residues += e.n_residues;
  }
  if (offset != header.directory_offset || ordinal != header.n_sequences || n_residues != header.n_residues ||
      header.longest > n_residues) {
    return Damage{offsetof(FileHeader, n_sequences), "the header's totals are not those of the directory"};
  }
  return std::nullopt;
}

}  // namespace

Database::Database(const std::filesystem::path& path) : file_(path) {
  if (const auto damage = find_frame_damage(file_.bytes(), header_)) throw_damage(file_.path(), *damage);
  directory_ = {reinterpret_cast<const DirectoryEntry*>(file_.bytes().data() + header_.directory_offset),
                header_.n_blocks};
  if (const auto damage = find_directory_damage(directory_, header_)) throw_damage(file_.path(), *damage);
  checked_ = std::make_unique<std::atomic<bool>[]>(directory_.size());
}

std::string Database::identity() const { return fmt::format("{:016x}", header_.header_checksum); }

size_t Database::block_of(uint64_t ordinal) const {
  if (ordinal >= header_.n_sequences) {
    base::throw_internal("{}: there is no sequence {} (of {})", path(), ordinal, header_.n_sequences);
  }
  const auto after =
      std::upper_bound(directory_.begin(), directory_.end(), ordinal,
                       [](uint64_t value, const DirectoryEntry& e) { return value < e.first_ordinal; });
  return static_cast<size_t>(after - directory_.begin()) - 1;
}

BlockView Database::block(size_t index) const {
  // Two threads may both check a block; that costs time once and is harmless.
  if (!checked_[index].load(std::memory_order_acquire)) {
    if (const auto damage = find_block_damage(file_.bytes(), directory_[index], header_.longest)) {
      throw_damage(path(), *damage);
    }
    checked_[index].store(true, std::memory_order_release);
  }
  return BlockView(file_.bytes().data() + directory_[index].offset);
}

std::string Database::text_of(size_t index) const {
  std::string text;
  if (auto damage = block(index).read_text(text)) {
    damage->offset += directory_[index].offset;
    throw_damage(path(), *damage);
  }
  return text;
}

Database::Headers Database::headers(int64_t ordinal) const {
  const size_t index = block_of(static_cast<uint64_t>(ordinal));
  return {directory_[index].first_ordinal, block(index), text_of(index)};
}

std::optional<Damage> Database::find_damage(size_t index) const {
  if (auto damage = find_block_damage(file_.bytes(), directory_[index], header_.longest)) return damage;
  std::string text;
  auto damage = BlockView(file_.bytes().data() + directory_[index].offset).read_text(text);
  if (damage) damage->offset += directory_[index].offset;
  return damage;
}

std::vector<Chunk> Database::chunks(int64_t target_residues) const {
  if (target_residues < 1) base::throw_internal("chunks of {} residues", target_residues);
  std::vector<Chunk> out;
  Chunk open;  // whole blocks gathered so far
  const auto close = [&] {
    if (open.n_sequences > 0) out.push_back(open);
    open = {open.first + open.n_sequences, 0, 0};
  };
  for (size_t i = 0; i < directory_.size(); ++i) {
    const DirectoryEntry& e = directory_[i];
    const auto n_residues = static_cast<int64_t>(e.n_residues);
    if (open.n_residues + n_residues > target_residues) close();
    if (n_residues > target_residues && e.n_sequences > 1) {
      divide(i, target_residues, out);
      open = {static_cast<int64_t>(e.first_ordinal + e.n_sequences), 0, 0};
    } else {
      open.n_sequences += static_cast<int64_t>(e.n_sequences);
      open.n_residues += n_residues;
    }
  }
  close();
  return out;
}

// Into parts of nearly equal residues, about the target at most: a part ends with the sequence that reaches
// the next multiple of the part size.
void Database::divide(size_t index, int64_t target_residues, std::vector<Chunk>& out) const {
  const DirectoryEntry& e = directory_[index];
  const BlockView view = block(index);
  const auto total = static_cast<int64_t>(e.n_residues);
  const int64_t n_parts = (total - 1) / target_residues + 1;
  const int64_t part_residues = (total - 1) / n_parts + 1;
  Chunk open{static_cast<int64_t>(e.first_ordinal), 0, 0};
  int64_t done = 0, boundary = part_residues;
  for (uint64_t i = 0; i < view.n_sequences(); ++i) {
    const auto n = std::ssize(view.residues(i));
    ++open.n_sequences;
    open.n_residues += n;
    done += n;
    if (done < boundary) continue;
    out.push_back(open);
    open = {open.first + open.n_sequences, 0, 0};
    boundary = (done / part_residues + 1) * part_residues;
  }
  if (open.n_sequences > 0) out.push_back(open);
}

}  // namespace foldmesh::seqdb
