// Builds a packed sequence database from a stream of sequences.
#ifndef FOLDMESH_SEQDB_WRITER_H_
#define FOLDMESH_SEQDB_WRITER_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/seqdb/block.h"
#include "foldmesh/seqdb/format.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::seqdb {

// Sequences keep their order: the n-th one added has ordinal n - 1. The file appears under its name on
// commit() only. Equal sequences give equal bytes. Memory: below 8 MiB, plus a few times the longest record,
// plus 48 bytes for every MiB written. Not thread-safe. A full disk throws kMachine.
class DatabaseWriter {
 public:
  explicit DatabaseWriter(const std::filesystem::path& path);

  // As BlockBuilder::add().
  void add(std::string_view name, std::string_view description, std::string_view residues);
  uint64_t n_sequences() const { return header_.n_sequences; }
  uint64_t n_residues() const { return header_.n_residues; }
  void commit();

 private:
  void write_block();

  base::AtomicFile file_;
  FileHeader header_{};
  BlockBuilder block_;
  std::vector<DirectoryEntry> directory_;
};

// Adds all records of a FASTA file ("-": standard input). `on_progress`, if given, is called now and then
// with the bytes of the file consumed since the last call.
void add_fasta(DatabaseWriter& writer, const std::filesystem::path& path, const seqio::FastaOptions& options,
               const std::function<void(uint64_t bytes)>& on_progress = {});

}  // namespace foldmesh::seqdb

#endif  // FOLDMESH_SEQDB_WRITER_H_
