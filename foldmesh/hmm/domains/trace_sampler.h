// Alignments sampled from many regions of targets; the same draws and choices as sample_trace_ref()
// (stochastic_trace.h).
#ifndef FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_H_
#define FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/matrix_budget.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::hmm {

// One pass through the model in a sampled alignment; residues count from 1 at the start of the region.
struct TraceDomain {
  int seq_from = 0, seq_to = 0;  // residues at the first and last match state
  int hmm_from = 0, hmm_to = 0;  // their nodes
  std::span<const int> nodes;    // of the match or insert state of each residue, the last residue first
};

// Working memory of TraceSampler.
struct TraceScratch {
  simd::AlignedVector<float> match_insert, deletes;            // cells of all rows, or of a block of rows
  simd::AlignedVector<float> kept_match_insert, kept_deletes;  // rows from which blocks are computed again
  std::vector<std::vector<SpecialRow>> rows;                   // per slot
};

// Working memory for one thread; not thread-safe. Regions of similar length share vectors while their
// matrices are filled. Memory: 12 bytes per residue and node of the regions that share, bounded by
// kSharedBytes and a thread's share of the budget; a longer region is worked on by itself and takes what it
// needs from the budget's pool. Where this is short, every R-th row is kept and every alignment computes
// the rows between again that it passes, which takes 24 sqrt(L) M bytes and, at worst, as many times as long
// as there are alignments.
class TraceSampler {
 public:
  static constexpr size_t kSharedBytes = size_t{32} << 20;
  // The domains of one alignment, in sequence order; valid during the call.
  using OnTrace = std::function<void(int region, int trace, std::span<const TraceDomain> domains)>;

  // n_traces alignments of each region, one region after the other in any order. The random numbers start
  // from `seed` in every region.
  void sample(const Profile& profile, std::span<const ForwardTask> regions, uint32_t seed, int n_traces,
              const OnTrace& on_trace, MatrixBudget& budget = MatrixBudget::unlimited());

 private:
  std::vector<int> order_;
  TraceScratch scratch_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_H_
