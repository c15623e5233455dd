#include "foldmesh/hmm/filters/bias.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {

BiasFilter::BiasFilter(const CoreModel& model) {
  odds_.fill(1.0f);
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) {
    if (!bio::is_residue(x)) continue;
    float p = 0, f = 0;
    for (bio::Code a : bio::members(x)) {
      p += model.composition[a];
      f += kBackground[a];
    }
    odds_[x] = p / f;
  }
  const float length = static_cast<float>(model.M) / 8.0f;
  leave_ = 1.0f / (length + 1.0f);
  stay_ = length / (length + 1.0f);
}

float BiasFilter::null_score(std::span<const bio::Code> target) const {
  const float p1 = null_loop(static_cast<int>(target.size()));
  const float to_model = 1.0f - p1;

  // Forward, each row divided by its maximum.
  float background = 0.999f, model = 0.001f;
  float score = 0;
  bool first = true;
  for (bio::Code x : target) {
    if (!first) {
      const float b = background * p1 + model * leave_;
      const float m = background * to_model + model * stay_;
      background = b;
      model = m;
    }
    first = false;
    model *= odds_[x];
    const float highest = std::max(background, model);
    background /= highest;
    model /= highest;
    score += static_cast<float>(log_of(highest));
  }
  score += static_cast<float>(log_of(background + model));
  return score + static_cast<float>(target.size()) * std::log(p1) + std::log(1.0f - p1);
}

}  // namespace foldmesh::hmm
