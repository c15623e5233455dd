#include "foldmesh/runtime/ref/layers.h"

#include <algorithm>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr double kLayerNormEpsilon = 1e-5;

// One block of outputs, summed in registers. Every output is the bias plus its products in ascending input
// order, whatever the block size, so that results do not depend on how rows are grouped.
template <int64_t kRows, int64_t kCols>
void apply_block(const Linear& layer, const double* x, int64_t first_col, double* y) {
  double sum[kRows][kCols];
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < kCols; ++c) sum[r][c] = layer.bias != nullptr ? layer.bias[first_col + c] : 0.0;
  }
  for (int64_t i = 0; i < layer.n_in; ++i) {
    const float* w = layer.row(i) + first_col;
    for (int64_t r = 0; r < kRows; ++r) {
      const double factor = x[r * layer.n_in + i];
      for (int64_t c = 0; c < kCols; ++c) sum[r][c] += factor * static_cast<double>(w[c]);
    }
  }
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < kCols; ++c) y[r * layer.n_out + first_col + c] = sum[r][c];
  }
}

template <int64_t kCols>
void apply_columns(const Linear& layer, const double* x, int64_t n_rows, int64_t first_col, double* y) {
  constexpr int64_t kRows = 4;
  int64_t r = 0;
  for (; r + kRows <= n_rows; r += kRows) {
    apply_block<kRows, kCols>(layer, x + r * layer.n_in, first_col, y + r * layer.n_out);
  }
  for (; r < n_rows; ++r) {
    apply_block<1, kCols>(layer, x + r * layer.n_in, first_col, y + r * layer.n_out);
  }
}

}  // namespace

void apply(const Linear& layer, const double* x, int64_t n_rows, double* y) {
  constexpr int64_t kCols = 4;
  int64_t c = 0;
  for (; c + kCols <= layer.n_out; c += kCols) apply_columns<kCols>(layer, x, n_rows, c, y);
  for (; c < layer.n_out; ++c) apply_columns<1>(layer, x, n_rows, c, y);
}

void apply(const LayerNorm& norm, const double* x, int64_t n_rows, double* y) {
  const auto n = static_cast<double>(norm.n);
  for (int64_t r = 0; r < n_rows; ++r, x += norm.n, y += norm.n) {
    double mean = 0;
    for (int64_t i = 0; i < norm.n; ++i) mean += x[i];
    mean /= n;
    double variance = 0;
    for (int64_t i = 0; i < norm.n; ++i) variance += (x[i] - mean) * (x[i] - mean);
    variance /= n;
    const double factor = 1.0 / std::sqrt(variance + kLayerNormEpsilon);
    for (int64_t i = 0; i < norm.n; ++i) y[i] = (x[i] - mean) * factor * norm.scale[i] + norm.offset[i];
  }
}

void softmax(double* row, int64_t n) {
  const double largest = *std::max_element(row, row + n);
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    row[i] = std::exp(row[i] - largest);
    sum += row[i];
  }
  for (int64_t i = 0; i < n; ++i) row[i] /= sum;
}

size_t param_index(graph::OpKind kind, std::string_view leaf) {
  const std::vector<std::string_view>& params = graph::spec(kind).params;
  const auto found = std::find(params.begin(), params.end(), leaf);
  if (found == params.end())
    base::throw_internal("operator {} has no parameter {}", graph::spec(kind).name, leaf);
  return static_cast<size_t>(found - params.begin());
}

const tensor::ConstView& ParamReader::next() {
  if (at_ == params_.size())
    base::throw_internal("operator has {} parameters, more were read", params_.size());
  return params_[at_++];
}

LayerNorm ParamReader::layer_norm() {
  const tensor::ConstView& scale = next();
  const tensor::ConstView& offset = next();
  return {scale.as<float>(), offset.as<float>(), scale.size()};
}

Linear ParamReader::linear() {
  const tensor::ConstView& weights = next();
  const tensor::ConstView& bias = next();
  return {weights.as<float>(), bias.as<float>(), weights.size() / bias.size(), bias.size()};
}

Linear ParamReader::linear_without_bias() {
  const tensor::ConstView& weights = next();
  return {weights.as<float>(), nullptr, weights.dim(0), weights.size() / weights.dim(0)};
}

}  // namespace foldmesh::runtime::ref
