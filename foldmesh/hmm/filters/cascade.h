// The order of the filters, and who passes: MSV, bias, Viterbi, Forward. Source: Eddy 2011; HMMER 3.4
// behaviour.
#ifndef FOLDMESH_HMM_FILTERS_CASCADE_H_
#define FOLDMESH_HMM_FILTERS_CASCADE_H_

#include <span>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/filters/bias.h"
#include "foldmesh/hmm/filters/msv.h"
#include "foldmesh/hmm/filters/viterbi.h"
#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// How far a target came. A stage that was not reached counts as not passed.
struct FilterOutcome {
  bool past_msv = false, past_bias = false, past_viterbi = false, past_forward = false;
  bool ran_viterbi = false;  // skipped for targets whose ungapped score is good enough already
  float null_nats = 0;       // null_score() of the target
  float filter_null = 0;     // the null that filter scores are taken against: the bias filter's, if in use
  float forward_nats = 0;    // valid when past_viterbi and Forward has been run
};

// One profile's filters with their working memory; not thread-safe.
class FilterCascade {
 public:
  FilterCascade(const Profile& profile, const PipelineOptions& options);

  // All filters before Forward. `target` is digital and not empty.
  FilterOutcome run(std::span<const bio::Code> target);
  // The last one, which is left to the caller because many targets share its vectors: for an outcome that is
  // past_viterbi, stores Forward's score and whether the target passes.
  void judge_forward(float forward_nats, FilterOutcome& outcome) const;

 private:
  const Profile& profile_;
  const PipelineOptions options_;
  const BiasFilter bias_;
  UngappedScratch ungapped_;
  ViterbiScratch viterbi_;
};

// A score in bits above a null, rounded as the reference's before it becomes a P-value.
float bit_score(float nats, float null_nats);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_CASCADE_H_
