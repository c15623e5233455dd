// FASTA cut into pieces at record boundaries, so that several threads can parse one input.
#ifndef FOLDMESH_SEQIO_FASTA_CHUNKS_H_
#define FOLDMESH_SEQIO_FASTA_CHUNKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/seqio/byte_source.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::seqio {

// Whole records, unparsed.
struct FastaChunk {
  std::string text;
  uint64_t offset = 0;       // of the text in the decompressed input
  int64_t first_record = 0;  // number of its first record in the input, from 0
  int64_t n_records = 0;
  int64_t first_line = 1;  // number of its first line in the input, from 1
};

// Cuts an input, looking for nothing but line ends and '>' at the start of lines. Not thread-safe.
class FastaChunkReader {
 public:
  // A chunk ends before the first record that starts `chunk_bytes` (>= 1) or more after its own start.
  FastaChunkReader(std::unique_ptr<ByteSource> source, size_t chunk_bytes);

  // False at the end. Throws kInput for an empty input and for a record that is no text (512 MiB without a
  // next one).
  bool next(FastaChunk& chunk);
  const ByteSource& source() const { return *source_; }

 private:
  std::unique_ptr<ByteSource> source_;
  size_t chunk_bytes_;
  std::string ahead_;  // read, but not handed out
  bool at_end_ = false;
  FastaChunk position_;  // where `ahead_` begins; its text is not used
};

// Records of a chunk, parsed and digitized. Name, description and codes of the records stand one after the
// other.
struct ParsedFasta {
  struct Record {
    size_t name_bytes, description_bytes, n_residues;
  };
  std::vector<Record> records;
  std::string text;
  std::vector<bio::Code> codes;
};

// By the rules of FastaReader; errors name `input` and the line in the whole input.
ParsedFasta parse(const FastaChunk& chunk, const std::string& input, const FastaOptions& options);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_FASTA_CHUNKS_H_
