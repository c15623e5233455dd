// The loops between matrix products, vectorised with Highway and dispatched at run time to the widest
// instruction set of the machine. exp is accurate to 1 ulp; sums of a row are taken lane by lane, then over
// lanes.
//
// Matrices are row-major with a distance between rows in elements ("stride"). Unless said otherwise a
// function updates its last matrix in place.
#ifndef FOLDMESH_RUNTIME_CPU_VEC_H_
#define FOLDMESH_RUNTIME_CPU_VEC_H_

#include <cstdint>

namespace foldmesh::runtime::cpu {

// y[r] = (x[r] - mean) / sqrt(variance + 1e-5) * scale + offset over the c channels of each row; the mean is
// taken first, then the variance of the differences. y may be x.
void layer_norm(int64_t n_rows, int64_t c, const float* x, int64_t x_stride, const float* scale,
                const float* offset, float* y, int64_t y_stride);
// The same for a matrix [c,n] with channels as rows: every column is normalised.
void layer_norm_columns(int64_t c, int64_t n, const float* x, int64_t x_stride, const float* scale,
                        const float* offset, float* y, int64_t y_stride);

// Replaces every row of logits by exp(logit + bias - row maximum) and stores 1 / row sum. `bias` may be null.
// Keys with mask 0 (`mask` [n_keys] or null) count as logit -1e9, hence a row without any valid key becomes
// uniform.
void softmax(int64_t n_rows, int64_t n_keys, const float* bias, int64_t bias_stride, const float* mask,
             float* logits, int64_t stride, float* inverse_sums);

// x[r] *= factors[r]
void scale_rows(int64_t n_rows, int64_t c, const float* factors, float* x, int64_t stride);
// x[r] += bias
void add_bias(int64_t n_rows, int64_t c, const float* bias, float* x, int64_t stride);
// y[r] = mask[r] * (x[r] + bias)
void add_bias_and_mask(int64_t n_rows, int64_t c, const float* bias, const float* mask, const float* x,
                       int64_t x_stride, float* y, int64_t y_stride);
// x[r] = max(x[r] + bias, 0)
void add_bias_relu(int64_t n_rows, int64_t c, const float* bias, float* x, int64_t stride);
// x[r] *= sigmoid(gate[r] + gate_bias)
void multiply_by_gate(int64_t n_rows, int64_t c, const float* gate, int64_t gate_stride,
                      const float* gate_bias, float* x, int64_t stride);
// x[r] += y[r] + bias
void add_update(int64_t n_rows, int64_t c, const float* y, int64_t y_stride, const float* bias, float* x,
                int64_t stride);
// x[r] += (y[r] + bias) * sigmoid(gate[r] + gate_bias)
void add_gated_update(int64_t n_rows, int64_t c, const float* gate, int64_t gate_stride,
                      const float* gate_bias, const float* y, int64_t y_stride, const float* bias, float* x,
                      int64_t stride);
// x[r] += (y[r] + bias) * factors[r]
void add_scaled_update(int64_t n_rows, int64_t c, const float* factors, const float* y, int64_t y_stride,
                       const float* bias, float* x, int64_t stride);
// For channels as rows: y[r][i] = mask[i] * (x[r][i] + bias[r]) * sigmoid(gate[r][i] + gate_bias[r])
void mask_and_gate_columns(int64_t c, int64_t n, const float* gate, int64_t gate_stride,
                           const float* gate_bias, const float* mask, const float* bias, const float* x,
                           int64_t x_stride, float* y, int64_t y_stride);

// logits[j] -= weight * |point - points[.][j]|^2, where `points` [n_coordinates][n] lists one coordinate
// after the other.
void subtract_squared_distances(int64_t n, int64_t n_coordinates, const float* point, const float* points,
                                int64_t points_stride, float weight, float* logits);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_VEC_H_
