#include "foldmesh/predict/recycling.h"

#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::predict {
namespace {

constexpr int64_t kCAlpha = 1;  // of the 37 atoms

template <typename T>
Points c_alphas(const T* positions, int64_t n_res) {
  Points points;
  for (int64_t i = 0; i < n_res; ++i) {
    const T* atom = positions + (i * bio::kNumAtom37 + kCAlpha) * 3;
    points.push_back({double{atom[0]}, double{atom[1]}, double{atom[2]}});
  }
  return points;
}

double distance(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace

Points c_alphas(const tensor::ConstView& positions) {
  if (positions.shape.size() != 3 || positions.shape[1] != bio::kNumAtom37 || positions.shape[2] != 3) {
    base::throw_internal("positions have the wrong shape");
  }
  if (positions.dtype == tensor::DType::kF64) return c_alphas(positions.as<double>(), positions.shape[0]);
  return c_alphas(positions.as<float>(), positions.shape[0]);
}

double distance_change(const Points& before, const Points& after, std::span<const float> mask) {
  constexpr double kUnderRoot = 1e-8, kNoPairs = 1e-10;
  double sum = 0, n_pairs = 0;
  for (size_t i = 0; i < after.size(); ++i) {
    for (size_t j = 0; j < after.size(); ++j) {
      const double weight = double{mask[i]} * mask[j];
      if (weight == 0) continue;
      const double change = distance(after[i], after[j]) - distance(before[i], before[j]);
      sum += weight * change * change;
      n_pairs += weight;
    }
  }
  return std::sqrt(sum / (n_pairs + kNoPairs) + kUnderRoot);
}

}  // namespace foldmesh::predict
