// FASTA in and out, by the rules of HMMER's reader (docs/formats/sequences.md).
#ifndef FOLDMESH_SEQIO_FASTA_H_
#define FOLDMESH_SEQIO_FASTA_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/seqio/byte_source.h"
#include "foldmesh/seqio/line_reader.h"

namespace foldmesh::seqio {

struct FastaOptions {
  // A longer sequence is an error. The default is the longest target that profile search takes. 0: no limit.
  size_t max_residues = 100'000;
  // A record without residues is an error; true gives it as a sequence of length 0, as HMMER does for targets
  // (such a target is never a hit but counts in Z).
  bool allow_empty = false;
  bool chain_breaks = false;  // ':' between the chains of a complex is kept among the residues
  int64_t first_line = 1;     // number of the input's first line, for messages
};

// Streams the records of a file. Names may repeat. Every error is kInput and names file and line:
//   - no record at all; text before the first '>'; a header without a name or with control characters
//   - a character in a sequence that is neither a letter nor '*' (blanks are skipped): '-' and '.' belong to
//   alignments
class FastaReader {
 public:
  explicit FastaReader(const std::filesystem::path& path,
                       FastaOptions options = {});  // "-" is standard input
  explicit FastaReader(std::unique_ptr<ByteSource> source, FastaOptions options = {});

  // Overwrites `record` (its strings' capacity is used again). The description ends before a ctrl-A, which
  // separates the joined headers of some databases. False after the last record.
  bool next(bio::Sequence& record);
  // Header line of the record returned last.
  base::Location location() const { return {lines_.source().name(), record_line_}; }
  // Bytes of the file consumed so far, for progress.
  uint64_t consumed() const { return lines_.source().consumed(); }

 private:
  void find_first_header();
  void parse_header(bio::Sequence& record) const;
  void append_residues(std::string_view line, bio::Sequence& record) const;

  LineReader lines_;
  FastaOptions options_;
  std::string header_;                         // of the next record, without '>'
  int64_t header_line_ = 0, record_line_ = 0;  // 0: none read yet
  bool at_end_ = false;
};

// All records of a query file. Unlike a database, queries must have different names (results are filed under
// them); a repeated one throws kInput naming both lines.
std::vector<bio::Sequence> read_queries(const std::filesystem::path& path, FastaOptions options = {});

// Appends one record: `>name description`, then the residues in lines of `width` letters (0: one line).
// Reading it back gives the same name, description and residues.
void append_fasta(std::string& out, const bio::Sequence& record, size_t width = 60);
void append_fasta(std::string& out, std::string_view name, std::string_view description,
                  std::string_view residues, size_t width = 60);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_FASTA_H_
