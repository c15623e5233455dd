// Confidence files as JSON text, without blanks, numbers rounded as AlphaFold rounds them.
#ifndef FOLDMESH_OUTPUT_SCORE_JSON_H_
#define FOLDMESH_OUTPUT_SCORE_JSON_H_

#include <span>
#include <string>
#include <vector>

#include "foldmesh/confidence/confidence.h"

namespace foldmesh::output {

// In all of them `untrained` adds "untrained_parameters":true. Throws kInput for numbers that are not finite.

// {"residueNumber":[1,..],"confidenceScore":[two decimals],"confidenceCategory":[D, L, M or H]}
// D below 50, L below 70, M below 90, else H, judged by the rounded score.
std::string confidence_json(std::span<const float> plddt, bool untrained);
// [{"predicted_aligned_error":[[one decimal]],"max_predicted_aligned_error":31.75}], rows = aligned residue
std::string pae_json(std::span<const double> pae, size_t n_res, bool untrained);
// {"contact_probs":[[three decimals]],"contact_distance":8.0}
// {"chain_ids":["A",..],"chain_pair_iptm":[[three
// decimals]],"chain_pair_pae_mean":[[two]],"chain_pair_pae_min":..}
std::string chain_pairs_json(const std::vector<std::string>& chain_ids, const confidence::ChainPairs& pairs,
                             bool untrained);
std::string contacts_json(std::span<const double> probability, size_t n_res, bool untrained);

}  // namespace foldmesh::output

#endif  // FOLDMESH_OUTPUT_SCORE_JSON_H_
