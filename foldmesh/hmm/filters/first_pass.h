// The pass over a whole block of targets that rejects nearly all of them: those whose MSV filter score is
// sure to be too low, by an upper bound of their SSV score from pairs of residues. Never rejects what MSV
// lets pass. docs/design/search-filters.md has the proof.
#ifndef FOLDMESH_HMM_FILTERS_FIRST_PASS_H_
#define FOLDMESH_HMM_FILTERS_FIRST_PASS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foldmesh/hmm/filters/pair_block.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// The SSV maximum (filters/ssv.h) below which the MSV filter's P-value is above F1; at most 1 too low. -128,
// which nothing is below, where MSV has to look at every target.
class PromisingMaximum {
 public:
  PromisingMaximum(const Profile& profile, double F1);
  int operator()(int L) const;

 private:
  const Profile& profile_;
  double nats_;  // above the null score
};

// One profile's first pass with its working memory; not thread-safe.
class FirstPass {
 public:
  FirstPass(const Profile& profile, double F1);

  // Replaces `survivors` by the indices, ascending, of the targets that may pass MSV. Empty targets do not.
  void run(PairBlock& block, std::vector<uint32_t>& survivors);

 private:
  int lowest_maximum(int L);

  const Profile& profile_;
  const PromisingMaximum promising_;
  const bool useful_;
  const size_t group_size_;
  std::vector<int16_t> lowest_;  // by length; kUnknown until it is asked for
  std::vector<int8_t> maxima_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_FIRST_PASS_H_
