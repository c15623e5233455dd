// The one source of random numbers outside `hmm` (which must follow HMMER's own generator).
//
// Philox4x32-10 (Salmon et al., SC'11, "Parallel random numbers: as easy as 1, 2, 3"): output block n of
// stream s under seed k is a pure function of (k, s, n), so any part of a computation can have its own stream
// and results do not depend on the order in which streams are used. Key = seed (low word, high word); counter
// = (block low, block high, stream low, stream high); the four output words of a block are used in order.
// Documented in docs/formats/rng.md.
#ifndef FOLDMESH_BASE_RNG_H_
#define FOLDMESH_BASE_RNG_H_

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace foldmesh::base {

// Not thread-safe; give each thread or purpose its own stream.
class Rng {
 public:
  explicit Rng(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t next_u32();
  // Low word drawn first.
  uint64_t next_u64();
  // Uniform in [0, 1): the top 53 bits of next_u64() times 2^-53.
  double uniform();
  // Uniform in [0, n), n >= 1, without bias: next_u64() values in the incomplete last multiple of n are
  // redrawn.
  uint64_t below(uint64_t n);
  // Fisher-Yates from the back: for i = n-1 .. 1 swap i with below(i + 1).
  template <typename T>
  void shuffle(std::span<T> values) {
    for (size_t i = values.size(); i-- > 1;) std::swap(values[i], values[below(i + 1)]);
  }
  // Index drawn with probability weights[i] / sum (double sum, ascending); consumes one uniform(). A sum of 0
  // gives 0.
  size_t categorical(std::span<const double> weights);

  // Block `counter` under `key`, exposed for the published test vectors.
  static std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

 private:
  uint64_t seed_, stream_, block_ = 0;
  std::array<uint32_t, 4> buffer_{};
  int used_ = 4;
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_RNG_H_
