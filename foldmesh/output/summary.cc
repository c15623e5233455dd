#include "foldmesh/output/summary.h"

#include <fmt/format.h>

namespace foldmesh::output {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string field(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : std::string();
}

}  // namespace

std::string summary_csv(std::span<const SummaryRow> rows) {
  std::string out = kSummaryHeads;
  for (const SummaryRow& row : rows) {
    out += fmt::format("{},{},{},{},{},{},{},{},{}\n", field(row.target), row.n_res, row.n_chains,
                       field(row.best_model), field(row.mean_plddt, 2), field(row.ptm, 4), field(row.iptm, 4),
                       field(row.seconds, 2), field(row.status));
  }
  return out;
}

}  // namespace foldmesh::output
