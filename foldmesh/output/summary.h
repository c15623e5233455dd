// summary.csv: one line per target of a run.
#ifndef FOLDMESH_OUTPUT_SUMMARY_H_
#define FOLDMESH_OUTPUT_SUMMARY_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace foldmesh::output {

inline constexpr const char* kSummaryFile = "summary.csv";
inline constexpr const char* kSummaryHeads =
    "target,n_res,n_chains,best_model,mean_plddt,ptm,iptm,seconds,status\n";  // its first line
inline constexpr const char* kStatusDone = "done";
inline constexpr const char* kStatusUntrained = "done (UNTRAINED)";

struct SummaryRow {
  std::string target;
  size_t n_res = 0, n_chains = 0;
  std::string best_model = {};  // empty: none was predicted
  std::optional<double> mean_plddt = {}, ptm = {}, iptm = {}, seconds = {};
  std::string status = {};  // one of the above, or what went wrong
};

// Comma-separated with a line of heads, as RFC 4180 has it but with bare line feeds. Unknown values are
// empty.
std::string summary_csv(std::span<const SummaryRow> rows);

}  // namespace foldmesh::output

#endif  // FOLDMESH_OUTPUT_SUMMARY_H_
