// What the integer filters (SSV, MSV, Viterbi) return.
#ifndef FOLDMESH_HMM_FILTERS_FILTER_RESULT_H_
#define FOLDMESH_HMM_FILTERS_FILTER_RESULT_H_

#include <cstdint>
#include <limits>

namespace foldmesh::hmm {

enum class FilterStatus : uint8_t {
  kOk,
  kNoResult,  // the shortcut cannot tell: run the full filter
  kRange      // the score exceeds the number format; the target certainly passes
};

struct FilterResult {
  FilterStatus status = FilterStatus::kOk;
  float nats = 0;  // raw score, before subtracting a null; +infinity when out of range

  static FilterResult no_result() {
    return {FilterStatus::kNoResult, std::numeric_limits<float>::infinity()};
  }
  static FilterResult out_of_range() {
    return {FilterStatus::kRange, std::numeric_limits<float>::infinity()};
  }
};

// Both number formats are too coarse for the per-residue cost of staying in N, C or J, which is near 0;
// instead the filters leave it out and subtract its limit over the whole target, L ln(L/(L+3)) -> -3 nats.
inline constexpr double kLengthFudge = 3.0;

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_FILTER_RESULT_H_
