// Random models and targets of every kind, for tests, fuzzing and benchmarks.
#ifndef FOLDMESH_HMM_RANDOM_MODEL_H_
#define FOLDMESH_HMM_RANDOM_MODEL_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <vector>

#include "foldmesh/base/rng.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/core_model.h"

namespace foldmesh::hmm {

// M nodes whose log-odds are spread by about `spread` nats; about 1 is like a protein family. The E-value
// parameters are typical, not calibrated.
inline CoreModel random_model(base::Rng& rng, int M, double spread) {
  CoreModel model;
  model.name = "random";
  model.M = M;
  std::array<float, bio::kNumCanonical> background;
  std::copy(kBackground.begin(), kBackground.end(), background.begin());
  model.mat.assign(M + 1, background);
  model.ins.assign(M + 1, background);
  for (int k = 1; k <= M; ++k) {
    float sum = 0;
    for (float& p : model.mat[k]) {
      const double deviation = rng.uniform() + rng.uniform() + rng.uniform() - 1.5;
      sum += p *= static_cast<float>(std::exp(2 * spread * deviation));
    }
    for (float& p : model.mat[k]) p /= sum;
  }
  const auto gap_open = static_cast<float>(0.005 + 0.05 * rng.uniform());
  const auto gap_extend = static_cast<float>(0.2 + 0.6 * rng.uniform());
  model.t.assign(
      M + 1, {1 - 2 * gap_open, gap_open, gap_open, 1 - gap_extend, gap_extend, 1 - gap_extend, gap_extend});
  model.t[M] = {1 - gap_open, gap_open, 0, 1 - gap_extend, gap_extend, 1, 0};
  model.consensus.assign(M, 'x');
  model.n_seq = 1;
  set_composition(model);
  model.evalue = {-9.0f, -10.0f, -4.0f, 0.7f};
  model.calibrated = true;
  return model;
}

// L residues from the background; a share of them replaced by degenerate codes and stops.
inline std::vector<bio::Code> random_target(base::Rng& rng, int L, double odd_share = 0) {
  static const std::vector<double> weights(kBackground.begin(), kBackground.end());
  constexpr bio::Code kOdd[] = {bio::kB, bio::kJ, bio::kZ, bio::kO, bio::kU, bio::kX, bio::kX, bio::kStop};
  std::vector<bio::Code> target(L);
  for (bio::Code& x : target) {
    x = rng.uniform() < odd_share ? kOdd[rng.below(std::size(kOdd))]
                                  : static_cast<bio::Code>(rng.categorical(weights));
  }
  return target;
}

// Copies a stretch of the model's likeliest residues into the target, so that it scores well.
inline void plant_match(base::Rng& rng, const CoreModel& model, int length, std::vector<bio::Code>& target) {
  const int L = static_cast<int>(target.size());
  length = std::min({length, L, model.M});
  const int i = static_cast<int>(rng.below(L - length + 1)),
            k = static_cast<int>(rng.below(model.M - length + 1));
  for (int n = 0; n < length; ++n) {
    const auto& p = model.mat[k + n + 1];
    target[i + n] = static_cast<bio::Code>(std::max_element(p.begin(), p.end(),
                                                            [&](const float& a, const float& b) {
                                                              return a / kBackground[&a - p.data()] <
                                                                     b / kBackground[&b - p.data()];
                                                            }) -
                                           p.begin());
  }
}

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_RANDOM_MODEL_H_
