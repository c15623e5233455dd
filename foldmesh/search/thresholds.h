// Which hits are kept, reported and included.
#ifndef FOLDMESH_SEARCH_THRESHOLDS_H_
#define FOLDMESH_SEARCH_THRESHOLDS_H_

#include <optional>

#include "foldmesh/hmm/evalue.h"

namespace foldmesh::search {

// Expected number of equally good hits by chance in `n` comparisons.
inline double e_value_of(double ln_p, double n) { return hmm::probability(ln_p) * n; }

// E-values are expected numbers of equally good hits by chance: P-value times the number of comparisons. That
// number is Z (targets searched) for whole targets and domZ (targets reported) for the conditional E-values
// of domains. All comparisons accept equality. A score threshold (T, bits), where given, replaces the E-value
// threshold. Defaults are phmmer's and hmmsearch's.
struct Thresholds {
  double E = 10, dom_E = 10;             // reported
  double inc_E = 0.01, incdom_E = 0.01;  // included in alignments
  std::optional<double> T, dom_T, inc_T, incdom_T;
  std::optional<double> Z, dom_Z;  // numbers of comparisons given by the user

  bool target_is_reportable(float score, double ln_p, double z) const {
    return T ? static_cast<double>(score) >= *T : e_value_of(ln_p, z) <= E;
  }
  bool target_is_includable(float score, double ln_p, double z) const {
    return inc_T ? static_cast<double>(score) >= *inc_T : e_value_of(ln_p, z) <= inc_E;
  }
  bool domain_is_reportable(float score, double ln_p, double dom_z) const {
    return dom_T ? static_cast<double>(score) >= *dom_T : e_value_of(ln_p, dom_z) <= dom_E;
  }
  bool domain_is_includable(float score, double ln_p, double dom_z) const {
    return incdom_T ? static_cast<double>(score) >= *incdom_T : e_value_of(ln_p, dom_z) <= incdom_E;
  }
};

// What jackhmmer includes by default.
inline Thresholds jackhmmer_thresholds() {
  Thresholds thresholds;
  thresholds.inc_E = thresholds.incdom_E = 0.001;
  return thresholds;
}

// AlphaFold 2's calls of jackhmmer: -E 0.0001 --incE 0.0001, the rest as jackhmmer has it.
inline Thresholds alphafold_thresholds() {
  Thresholds thresholds = jackhmmer_thresholds();
  thresholds.E = thresholds.inc_E = 1e-4;
  return thresholds;
}

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_THRESHOLDS_H_
