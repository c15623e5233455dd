#include "foldmesh/seqdb/writer.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "foldmesh/base/hash.h"

namespace foldmesh::seqdb {

DatabaseWriter::DatabaseWriter(const std::filesystem::path& path) : file_(path) {
  const std::array<char, kPageBytes> page{};  // the header is known last
  file_.write(page.data(), page.size());
}

void DatabaseWriter::add(std::string_view name, std::string_view description, std::string_view residues) {
  block_.add(name, description, residues);
  ++header_.n_sequences;
  header_.n_residues += residues.size();
  header_.longest = std::max<uint64_t>(header_.longest, residues.size());
  if (block_.full()) write_block();
}

void DatabaseWriter::write_block() {
  DirectoryEntry entry{};
  entry.offset = file_.size();
  entry.n_sequences = block_.n_sequences();
  entry.n_residues = block_.n_residues();
  entry.first_ordinal = header_.n_sequences - entry.n_sequences;
  const std::span<const std::byte> bytes = block_.finish(entry.first_ordinal);
  entry.bytes = bytes.size();
  entry.checksum = base::hash64(bytes);
  file_.write(bytes.data(), bytes.size());
  directory_.push_back(entry);
}

void DatabaseWriter::commit() {
  if (!block_.empty()) write_block();
  header_.magic = kMagic;
  header_.version = kVersion;
  header_.page_bytes = kPageBytes;
  header_.n_blocks = directory_.size();
  header_.directory_offset = file_.size();
  const auto directory = std::as_bytes(std::span(directory_));
  header_.directory_checksum = base::hash64(directory);
  file_.write(directory.data(), directory.size());
  header_.file_bytes = file_.size();
  header_.header_checksum = base::hash64(&header_, offsetof(FileHeader, header_checksum));
  file_.write_at(0, &header_, sizeof header_);
  file_.commit();
}

void add_fasta(DatabaseWriter& writer, const std::filesystem::path& path, const seqio::FastaOptions& options,
               const std::function<void(uint64_t)>& on_progress) {
  constexpr uint64_t kReportEvery = uint64_t{1} << 20;
  seqio::FastaReader reader(path, options);
  bio::Sequence record;
  uint64_t reported = 0;
  while (reader.next(record)) {
    writer.add(record.name, record.description, record.residues);
    if (on_progress && reader.consumed() - reported >= kReportEvery) {
      on_progress(reader.consumed() - reported);
      reported = reader.consumed();
    }
  }
  if (on_progress) on_progress(reader.consumed() - reported);
}

}  // namespace foldmesh::seqdb
