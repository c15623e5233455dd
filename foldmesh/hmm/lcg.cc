#include "foldmesh/hmm/lcg.h"

#include <cmath>

#include "foldmesh/hmm/background.h"

namespace foldmesh::hmm {
namespace {

uint32_t scramble(uint32_t seed) {
  uint32_t word[3] = {seed, 87654321u, 12345678u};
  constexpr int kShift[9] = {-13, 8, -13, -12, 16, -5, -3, 10, -15};  // negative: to the right
  for (int step = 0; step < 9; ++step) {
    uint32_t& x = word[step % 3];
    const uint32_t y = word[(step + 1) % 3], z = word[(step + 2) % 3];
    x = x - y - z;
    x ^= kShift[step] < 0 ? z >> -kShift[step] : z << kShift[step];
  }
  return word[2];
}

}  // namespace

Lcg::Lcg(uint32_t seed) : state_(scramble(seed)) {
  if (state_ == 0) state_ = 42;
}

int Lcg::choose(std::span<const float> weights) {
  const double roll = uniform();
  double norm = 0, sum = 0;
  for (float weight : weights) norm += weight;
  const int n = static_cast<int>(weights.size());
  for (int i = 0; i < n; ++i) {
    sum += weights[i];
    if (roll < sum / norm) return i;
  }
  return n - 1;
}

// A draw x / 2^32 falls below the running share c of the residues exactly when x < ceil(c 2^32).
BackgroundSampler::BackgroundSampler() {
  double norm = 0, sum = 0;
  for (float f : kBackground) norm += f;
  for (int a = 0; a < bio::kNumCanonical; ++a) {
    sum += kBackground[a];
    const double bound = std::ceil(sum / norm * 4294967296.0);
    below_[a] = bound < 4294967295.0 ? static_cast<uint32_t>(bound) : UINT32_MAX;
  }
  for (uint32_t top = 0; top < first_.size(); ++top) first_[top] = from(0, top << 24);
}

bio::Code BackgroundSampler::from(bio::Code a, uint32_t x) const {
  while (a + 1 < bio::kNumCanonical && x >= below_[a]) ++a;
  return a;
}

void BackgroundSampler::sample(Lcg& rng, std::span<bio::Code> residues) const {
  for (bio::Code& residue : residues) {
    const uint32_t x = rng.next();
    residue = from(first_[x >> 24], x);
  }
}

}  // namespace foldmesh::hmm
