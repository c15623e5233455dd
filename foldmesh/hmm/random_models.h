// Models and targets at random, and a walk through the machine's vector instruction sets, for tests that
// compare vectorised code with its scalar definition.
#ifndef FOLDMESH_HMM_RANDOM_MODELS_H_
#define FOLDMESH_HMM_RANDOM_MODELS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/core_model.h"
#include "foldmesh/hmm/lcg.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/simd/target.h"

namespace foldmesh::hmm {

// Emissions that favour one residue per node; gap probabilities of all sizes, here and there 0 or 1.
inline CoreModel random_model(Lcg& rng, int M) {
  CoreModel model;
  model.name = "random";
  model.M = M;
  model.ins.assign(M + 1, kBackground);
  model.mat.assign(M + 1, kBackground);
  model.mat[0] = {1.0f};
  model.t.resize(M + 1);
  const auto below = [&](uint32_t n) { return static_cast<int>(rng.next() >> 8) % static_cast<int>(n); };
  const double gap_level = std::pow(10.0, -3.0 * rng.uniform());  // 0.001 to 1
  for (int k = 0; k <= M; ++k) {
    if (k > 0) {
      const float share = static_cast<float>(0.95 * rng.uniform());
      for (float& p : model.mat[k]) p *= 1.0f - share;
      model.mat[k][below(bio::kNumCanonical)] += share;
    }
    const auto chance = [&](double typical) {
      const int special = below(40);
      return static_cast<float>(special == 0 ? 0.0 : typical * rng.uniform());
    };
    const float md = chance(0.4 * gap_level), mi = chance(0.4 * gap_level);
    const float ii = chance(0.9), dd = below(60) == 0 ? 1.0f : chance(0.95);
    model.t[k] = {1.0f - mi - md, mi, md, 1.0f - ii, ii, 1.0f - dd, dd};
    if (k == M) model.t[k] = {1.0f - mi, mi, 0.0f, 1.0f - ii, ii, 1.0f, 0.0f};
  }
  return model;
}

// L residues: background, with stretches that follow the model's favourite residues (so that rows need
// rescaling) and now and then a degenerate code or a stop.
inline std::vector<bio::Code> random_target(Lcg& rng, const CoreModel& model, int L) {
  std::vector<bio::Code> target(L);
  BackgroundSampler().sample(rng, target);
  const auto below = [&](int n) { return static_cast<int>(rng.next() >> 8) % n; };
  for (int i = 0; i < L;) {
    const int n = 1 + below(60);
    if (below(2) == 0) {
      for (int k = 1 + below(model.M), end = std::min(L, i + n), j = i; j < end && k <= model.M; ++j, ++k) {
        const auto& p = model.mat[k];
        target[j] = static_cast<bio::Code>(std::max_element(p.begin(), p.end()) - p.begin());
      }
    }
    i += n;
  }
  constexpr bio::Code kRare[] = {bio::kX, bio::kB, bio::kZ, bio::kJ, bio::kU, bio::kO, bio::kStop};
  for (int n = L / 50; n > 0; --n) target[below(L)] = kRare[below(7)];
  return target;
}

// Equal bits; NaNs of any payload count as equal.
inline bool same_bits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

// Runs body(name) once for each vector instruction set that this machine has and this program was built for.
template <typename Body>
void on_every_vector_target(Body body) {
  for (const simd::Target target : simd::available_targets()) {
    if (simd::target_name(target) == "SCALAR") continue;
    const simd::ForcedTarget forced(target);
    body(simd::target_name(target));
  }
}

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_RANDOM_MODELS_H_
