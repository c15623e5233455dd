// HMMER's "fast" random number generator, used where results depend on its very stream: E-value calibration
// and sampled tracebacks. A 32-bit linear congruential generator, x <- 69069 x + 1.
#ifndef FOLDMESH_HMM_LCG_H_
#define FOLDMESH_HMM_LCG_H_

#include <array>
#include <cstdint>
#include <span>

#include "foldmesh/bio/alphabet.h"

namespace foldmesh::hmm {

class Lcg {
 public:
  // Seeds are scrambled by Jenkins' 96-bit mix (1996) before use. HMMER's seed 0, "by the clock", is not
  // offered.
  explicit Lcg(uint32_t seed);

  uint32_t next() { return state_ = state_ * 69069u + 1u; }
  // Uniform in [0, 1).
  double uniform() { return next() / 4294967296.0; }
  // First index at which the running share of `weights` exceeds one uniform(); sums are taken in double.
  int choose(std::span<const float> weights);

 private:
  uint32_t state_;
};

// n residues drawn independently from the background.
class BackgroundSampler {
 public:
  BackgroundSampler();
  void sample(Lcg& rng, std::span<bio::Code> residues) const;

 private:
  bio::Code from(bio::Code a, uint32_t x) const;

  std::array<uint32_t, bio::kNumCanonical> below_;  // residue a is drawn by numbers below below_[a]
  std::array<bio::Code, 256> first_;  // the lowest residue for numbers with these eight top bits
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_LCG_H_
