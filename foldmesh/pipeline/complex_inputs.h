// Complexes out of FASTA and of ColabFold's A3M.
#ifndef FOLDMESH_PIPELINE_COMPLEX_INPUTS_H_
#define FOLDMESH_PIPELINE_COMPLEX_INPUTS_H_

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "foldmesh/pipeline/targets.h"
#include "foldmesh/seqio/a3m.h"

namespace foldmesh::pipeline {

// The targets of a FASTA file. A record "SEQ:SEQ" is a complex of its own, as ColabFold has it. Without such
// records a file of several is, with `one_complex`, one complex named after the file, as AlphaFold has it,
// and several targets otherwise. kInput as read_targets().
std::vector<Target> read_fasta_targets(const std::filesystem::path& path, bool one_complex);

// The lengths and numbers of copies of ColabFold's first line, `#len,len\tcopies,copies`; nothing for any
// other comment. kInput for one that is damaged. `path` is for messages.
struct ComplexHeader {
  std::vector<size_t> lengths, copies;
};
std::optional<ComplexHeader> parse_complex_header(std::string_view comment,
                                                  const std::filesystem::path& path);

// The complex of such a file: chains A, B, .., the first copy of each with its own rows as alignment_text and
// rows that two or more sequences have as paired_text. Insertions between two chains belong to the first one.
Target parse_complex_a3m(const seqio::A3m& a3m, const ComplexHeader& header,
                         const std::filesystem::path& path);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_COMPLEX_INPUTS_H_
