// Internal: linear layers, layer norms and the scalar functions of the network, in double precision.
#ifndef FOLDMESH_RUNTIME_REF_LAYERS_H_
#define FOLDMESH_RUNTIME_REF_LAYERS_H_

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "foldmesh/graph/op.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::ref {

// y = x W + b with W stored [n_in, n_out]; multi-dimensional inputs or outputs are flattened.
struct Linear {
  const float* weights = nullptr;
  const float* bias = nullptr;  // may be absent
  int64_t n_in = 0, n_out = 0;
  int64_t row_stride = 0;  // where a layer is some of the columns of a wider one; 0: n_out

  const float* row(int64_t i) const { return weights + i * (row_stride == 0 ? n_out : row_stride); }
};

// (x - mean) / sqrt(variance + 1e-5) * scale + offset over the last axis, biased variance.
struct LayerNorm {
  const float* scale = nullptr;
  const float* offset = nullptr;
  int64_t n = 0;
};

// y [n_rows, n_out] = layer(x [n_rows, n_in]); x and y must not overlap.
void apply(const Linear& layer, const double* x, int64_t n_rows, double* y);
// y [n_rows, n] = norm(x); y may be x.
void apply(const LayerNorm& norm, const double* x, int64_t n_rows, double* y);

// y += the layer's weights of input `i`, times `factor`: one term of x W. With one-hot inputs it is the whole
// product.
inline void add_input(const Linear& layer, int64_t i, double factor, double* y) {
  const float* w = layer.row(i);
  for (int64_t o = 0; o < layer.n_out; ++o) y[o] += factor * w[o];
}
inline void add_bias(const Linear& layer, double* y) {
  for (int64_t o = 0; o < layer.n_out; ++o) y[o] += layer.bias[o];
}

// Softmax of one row, in place.
void softmax(double* row, int64_t n);
// Stands in for the logit of a masked key. It replaces the logit, so a row without a valid key comes out
// uniform.
inline constexpr double kMaskedLogit = -1e9;

inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
inline double relu(double x) { return x > 0 ? x : 0; }
inline void relu(double* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = relu(x[i]);
}
inline void add(double* to, const double* update, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] += update[i];
}
inline double dot(const double* a, const double* b, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Place of a parameter, by its leaf name, among those of an operator.
size_t param_index(graph::OpKind kind, std::string_view leaf);
// The view or the shape of that parameter, out of KernelArgs or KernelShapes.
template <typename Args>
const auto& param(const Args& args, std::string_view leaf) {
  return args.params[param_index(args.node.kind, leaf)];
}

// Reads a node's parameters in catalogue order.
class ParamReader {
 public:
  explicit ParamReader(std::span<const tensor::ConstView> params) : params_(params) {}

  LayerNorm layer_norm();        // scale, offset
  Linear linear();               // weights, bias
  Linear linear_without_bias();  // weights; the first axis is the input
  const tensor::ConstView& next();

 private:
  std::span<const tensor::ConstView> params_;
  size_t at_ = 0;
};

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_LAYERS_H_
