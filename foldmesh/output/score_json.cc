#include "foldmesh/output/score_json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "foldmesh/base/error.h"
#include "foldmesh/confidence/confidence.h"

namespace foldmesh::output {
namespace {

// At most `decimals`, at least one: 90.25, 90.2, 90.0.
void append_number(std::string& out, double value, int decimals) {
  if (!std::isfinite(value))
    base::throw_input("confidence is not a finite number (check the parameters and features)");
  fmt::format_to(std::back_inserter(out), "{:.{}f}", value, decimals);
  while (out.back() == '0' && out[out.size() - 2] != '.') out.pop_back();
}

void append_matrix(std::string& out, std::span<const double> values, size_t n, int decimals) {
  if (values.size() != n * n) base::throw_internal("{} values for a matrix of {} rows", values.size(), n);
  out += '[';
  for (size_t i = 0; i < n; ++i) {
    out += i > 0 ? ",[" : "[";
    for (size_t j = 0; j < n; ++j) {
      if (j > 0) out += ',';
      append_number(out, values[i * n + j], decimals);
    }
    out += ']';
  }
  out += ']';
}

const char* untrained_member(bool untrained) { return untrained ? ",\"untrained_parameters\":true" : ""; }

char category(double score) { return score < 50 ? 'D' : score < 70 ? 'L' : score < 90 ? 'M' : 'H'; }

}  // namespace

std::string confidence_json(std::span<const float> plddt, bool untrained) {
  std::string numbers, scores, categories;
  for (size_t i = 0; i < plddt.size(); ++i) {
    const double score = std::round(static_cast<double>(plddt[i]) * 100) / 100;
    const char* comma = i > 0 ? "," : "";
    fmt::format_to(std::back_inserter(numbers), "{}{}", comma, i + 1);
    scores += comma;
    append_number(scores, score, 2);
    fmt::format_to(std::back_inserter(categories), "{}\"{}\"", comma, category(score));
  }
  return fmt::format("{{\"residueNumber\":[{}],\"confidenceScore\":[{}],\"confidenceCategory\":[{}]{}}}",
                     numbers, scores, categories, untrained_member(untrained));
}

std::string pae_json(std::span<const double> pae, size_t n_res, bool untrained) {
  std::string out = "[{\"predicted_aligned_error\":";
  append_matrix(out, pae, n_res, 1);
  fmt::format_to(std::back_inserter(out), ",\"max_predicted_aligned_error\":{}{}}}]",
                 confidence::kMaxAlignedError, untrained_member(untrained));
  return out;
}

std::string chain_pairs_json(const std::vector<std::string>& chain_ids, const confidence::ChainPairs& pairs,
                             bool untrained) {
  std::string out = "{\"chain_ids\":[";
  for (size_t c = 0; c < chain_ids.size(); ++c) {
    fmt::format_to(std::back_inserter(out), "{}\"{}\"", c > 0 ? "," : "", chain_ids[c]);
  }
  out += ']';
  const auto add = [&](const char* name, const std::vector<double>& values, int decimals) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
    append_matrix(out, values, pairs.n_chains, decimals);
  };
  add("chain_pair_iptm", pairs.iptm, 3);
  add("chain_pair_pae_mean", pairs.mean_pae, 2);
  add("chain_pair_pae_min", pairs.min_pae, 2);
  return out + untrained_member(untrained) + "}";
}

std::string contacts_json(std::span<const double> probability, size_t n_res, bool untrained) {
  std::string out = "{\"contact_probs\":";
  append_matrix(out, probability, n_res, 3);
  fmt::format_to(std::back_inserter(out), ",\"contact_distance\":{:.1f}{}}}", confidence::kContactDistance,
                 untrained_member(untrained));
  return out;
}

}  // namespace foldmesh::output
