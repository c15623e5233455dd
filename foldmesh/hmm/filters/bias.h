// The bias filter's null score: a two-state HMM that lets a stretch of the target be explained by the model's
// mean composition, so that biased targets lose the score they owe to it. Source: HMMER 3 behaviour.
#ifndef FOLDMESH_HMM_FILTERS_BIAS_H_
#define FOLDMESH_HMM_FILTERS_BIAS_H_

#include <array>
#include <span>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/core_model.h"

namespace foldmesh::hmm {

// Constant after construction; shared by threads.
class BiasFilter {
 public:
  explicit BiasFilter(const CoreModel& model);

  // Log probability (nats) of target and length, relative to background emissions; takes the place of
  // null_score() in filter scores. `target` is digital and not empty.
  float null_score(std::span<const bio::Code> target) const;

 private:
  std::array<float, bio::kNumCodes> odds_;  // emission odds of the model state; the background state's are 1
  float leave_, stay_;  // the model state's transitions; a stay lasts M/8 residues on average
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_BIAS_H_
