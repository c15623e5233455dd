// How an alignment covers its query: a small picture of it, and the depth at every residue.
#ifndef FOLDMESH_OUTPUT_REPORT_MSA_COVERAGE_H_
#define FOLDMESH_OUTPUT_REPORT_MSA_COVERAGE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace foldmesh::output::report {

struct MsaCoverage {
  size_t n_rows = 0;                // of the alignment, the query counted
  std::vector<int> depth;           // [n_res] rows with a residue there
  size_t height = 0, width = 0;     // of the picture
  std::vector<uint8_t> identity;    // [height] 0..63, share of a row's residues that are the query's
  std::vector<uint8_t> is_covered;  // [height, width] 0 or 1
};

// Rows of equal length, '-' where there is no residue; row 0 is the query. Rows come out most similar first;
// of many rows or columns an even sample.
MsaCoverage msa_coverage(const std::vector<std::string>& rows);

// From features.npz, or else from the alignments in msas/; nothing where neither can be read.
std::optional<MsaCoverage> read_msa_coverage(const std::filesystem::path& folder);

}  // namespace foldmesh::output::report

#endif  // FOLDMESH_OUTPUT_REPORT_MSA_COVERAGE_H_
