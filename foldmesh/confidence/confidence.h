// From head logits to the numbers that people read (Jumper et al. 2021, suppl. 1.9.6, 1.9.7; Evans et al.
// 2021 for ipTM). Logits are float32 or float64 arrays; all arithmetic is in double precision, results do not
// depend on threads. Throws kInternal when a shape does not fit.
#ifndef FOLDMESH_CONFIDENCE_CONFIDENCE_H_
#define FOLDMESH_CONFIDENCE_CONFIDENCE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::confidence {

inline constexpr int kPlddtBins = 50;
inline constexpr int kAlignedErrorBins = 64;       // 0.5 Å wide; the last one is open
inline constexpr double kMaxAlignedError = 31.75;  // centre of the last bin, Å
inline constexpr int kDistogramBins = 64;          // breaks from 2.3125 to 21.6875 Å
inline constexpr double kContactDistance = 8.0;    // Å, between C-beta atoms

// Predicted lDDT-Cα per residue, 0..100, from logits [n_res, 50].
std::vector<double> plddt(const tensor::ConstView& logits);
double mean(std::span<const double> values);

// Between all chains, [n_chains, n_chains] in ascending order of their numbers.
struct ChainPairs {
  size_t n_chains = 0;
  // ipTM of the two chains as if nothing else were there, the same both ways; of a chain with itself, its
  // pTM.
  std::vector<double> iptm;
  std::vector<double> mean_pae, min_pae;  // over residues of the row's chain (aligned) and the column's, A
};

struct AlignedError {
  std::vector<double>
      pae;         // [n_res, n_res] expected error of residue j (column), aligned on residue i (row), Å
  double ptm = 0;  // predicted TM-score
  std::optional<double> iptm;  // over interfaces only; set if chains were given and there are several
  std::optional<ChainPairs> chain_pairs = {};  // likewise
};

// From logits [n_res, n_res, 64] of the aligned-error head. `asym_id` [n_res] numbers the chains, or is
// empty. TM-score is normalised by all n_res residues, as in the original program (at least 19).
AlignedError aligned_error(const tensor::ConstView& logits, std::span<const int32_t> asym_id,
                           base::ThreadPool& pool);

// Probability that C-beta atoms are in contact: [n_res, n_res], from logits [n_res, n_res, 64] of the
// distogram head. Counts the bins that end at or below 8 Å, that is P(d < 7.9375 Å).
std::vector<double> contact_probability(const tensor::ConstView& logits, base::ThreadPool& pool);

// What models are ranked by: mean pLDDT for monomers, 0.8 ipTM + 0.2 pTM where there are several chains.
double ranking_confidence(std::span<const double> plddt, const std::optional<AlignedError>& error);

}  // namespace foldmesh::confidence

#endif  // FOLDMESH_CONFIDENCE_CONFIDENCE_H_
