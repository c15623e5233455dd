#include "foldmesh/runtime/cpu/vec.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/runtime/cpu/vec.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::runtime::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr float kLayerNormEpsilon = 1e-5f;
constexpr float kMaskedLogit = -1e9f;

// The first n lanes of memory, the others 0; reads nothing beyond.
V load_partial(const float* from, int64_t n) {
  const D d;
  HWY_ALIGN float lanes[hn::MaxLanes(d)] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
}
void store_partial(V v, float* to, int64_t n) {
  const D d;
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  for (int64_t i = 0; i < n; ++i) to[i] = lanes[i];
}

// A vector's worth of elements at offset i: Whole where all lanes exist, Part for the rest of a row.
struct Whole {
  V load(const float* from) const { return hn::LoadU(D(), from); }
  void store(V v, float* to) const { hn::StoreU(v, D(), to); }
  V or_else(V v, V) const { return v; }
};
struct Part {
  int64_t n;
  V load(const float* from) const { return load_partial(from, n); }
  void store(V v, float* to) const { store_partial(v, to, n); }
  V or_else(V v, V otherwise) const {  // `otherwise` in the lanes beyond the row
    return hn::IfThenElse(hn::FirstN(D(), static_cast<size_t>(n)), v, otherwise);
  }
};

// Calls body(access, offset) over a row of n elements.
template <typename Body>
HWY_INLINE void for_each_vector(int64_t n, const Body& body) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) body(Whole{}, i);
  if (i < n) body(Part{n - i}, i);
}

// Sum of term(access, offset) over a row, in four chains of additions.
template <typename Term>
HWY_INLINE V sum_over_row(int64_t n, const Term& term) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  V a = hn::Zero(D()), b = a, c = a, e = a;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a = hn::Add(a, term(Whole{}, i));
    b = hn::Add(b, term(Whole{}, i + lanes));
    c = hn::Add(c, term(Whole{}, i + 2 * lanes));
    e = hn::Add(e, term(Whole{}, i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) a = hn::Add(a, term(Whole{}, i));
  if (i < n) b = hn::Add(b, term(Part{n - i}, i));
  return hn::Add(hn::Add(a, b), hn::Add(c, e));
}

HWY_INLINE float sum_of_lanes(V v) { return hn::GetLane(hn::SumOfLanes(D(), v)); }

// e^x for x in [-87, 88] (smaller arguments give 0, larger ones e^88), accurate to 1 ulp: x = n ln 2 + r with
// |r| <= ln 2 / 2, e^r by its Taylor polynomial, whose error is below 2^-27 there, and 2^n into the exponent
// bits.
HWY_INLINE V exponential(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  x = hn::Min(x, hn::Set(d, 88.0f));
  const V rounder =
      hn::Set(d, 12582912.0f);  // 1.5 * 2^23: adding it leaves round(x) in the lowest mantissa bits
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), rounder);
  const V n = hn::Sub(shifted, rounder);
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145752f), x);  // ln 2 in two parts, the first exact times n
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860677e-6f), r);
  const V r2 = hn::Mul(r, r);
  const V low = hn::MulAdd(r, hn::Set(d, 1.0f / 6), hn::Set(d, 0.5f));
  const V middle = hn::MulAdd(r, hn::Set(d, 1.0f / 120), hn::Set(d, 1.0f / 24));
  const V high = hn::MulAdd(r, hn::Set(d, 1.0f / 5040), hn::Set(d, 1.0f / 720));
  const V tail = hn::MulAdd(hn::MulAdd(high, r2, middle), r2, low);
  const V power = hn::Add(hn::MulAdd(tail, r2, r), hn::Set(d, 1.0f));
  const V scaled =
      hn::BitCast(d, hn::Add(hn::BitCast(di, power), hn::ShiftLeft<23>(hn::BitCast(di, shifted))));
  return hn::IfThenElseZero(hn::Ge(x, hn::Set(d, -87.0f)), scaled);
}

HWY_INLINE V sigmoid(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exponential(hn::Neg(x))));
}

void LayerNorm(int64_t n_rows, int64_t c, const float* x, int64_t x_stride, const float* scale,
               const float* offset, float* y, int64_t y_stride) {
  const D d;
  const float inverse_c = 1.0f / static_cast<float>(c);
  for (int64_t r = 0; r < n_rows; ++r) {
    const float* from = x + r * x_stride;
    float* to = y + r * y_stride;
    const V sum = sum_over_row(c, [&](auto at, int64_t i) HWY_ATTR { return at.load(from + i); });
    const V mean = hn::Set(d, sum_of_lanes(sum) * inverse_c);
    const V squares = sum_over_row(c, [&](auto at, int64_t i) HWY_ATTR {
      const V difference = at.or_else(hn::Sub(at.load(from + i), mean), hn::Zero(d));
      return hn::Mul(difference, difference);
    });
    const V variance = hn::Set(d, sum_of_lanes(squares) * inverse_c + kLayerNormEpsilon);
    const V inverse = hn::Div(hn::Set(d, 1.0f), hn::Sqrt(variance));
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      const V normal = hn::Mul(hn::Sub(at.load(from + i), mean), inverse);
      at.store(hn::MulAdd(normal, at.load(scale + i), at.load(offset + i)), to + i);
    });
  }
}

void LayerNormColumns(int64_t c, int64_t n, const float* x, int64_t x_stride, const float* scale,
                      const float* offset, float* y, int64_t y_stride) {
  const D d;
  const V inverse_c = hn::Set(d, 1.0f / static_cast<float>(c));
  for_each_vector(n, [&](auto at, int64_t i) HWY_ATTR {
    V sum = hn::Zero(d);
    for (int64_t k = 0; k < c; ++k) sum = hn::Add(sum, at.load(x + k * x_stride + i));
    const V mean = hn::Mul(sum, inverse_c);
    V squares = hn::Zero(d);
    for (int64_t k = 0; k < c; ++k) {
      const V difference = hn::Sub(at.load(x + k * x_stride + i), mean);
      squares = hn::MulAdd(difference, difference, squares);
    }
    const V variance = hn::MulAdd(squares, inverse_c, hn::Set(d, kLayerNormEpsilon));
    const V inverse = hn::Div(hn::Set(d, 1.0f), hn::Sqrt(variance));
    for (int64_t k = 0; k < c; ++k) {
      const V normal = hn::Mul(hn::Sub(at.load(x + k * x_stride + i), mean), inverse);
      at.store(hn::MulAdd(normal, hn::Set(d, scale[k]), hn::Set(d, offset[k])), y + k * y_stride + i);
    }
  });
}

void Softmax(int64_t n_rows, int64_t n_keys, const float* bias, int64_t bias_stride, const float* mask,
             float* logits, int64_t stride, float* inverse_sums) {
  const D d;
  const V masked = hn::Set(d, kMaskedLogit);
  for (int64_t r = 0; r < n_rows; ++r) {
    float* row = logits + r * stride;
    const float* row_bias = bias == nullptr ? nullptr : bias + r * bias_stride;
    V largest = hn::Set(d, -3.0e38f);
    for_each_vector(n_keys, [&](auto at, int64_t i) HWY_ATTR {
      V v = at.load(row + i);
      if (row_bias != nullptr) v = hn::Add(v, at.load(row_bias + i));
      if (mask != nullptr) v = hn::IfThenElse(hn::Eq(at.load(mask + i), hn::Zero(d)), masked, v);
      largest = hn::Max(largest, at.or_else(v, largest));
      at.store(v, row + i);
    });
    const V maximum = hn::MaxOfLanes(d, largest);
    V sum = hn::Zero(d);
    for_each_vector(n_keys, [&](auto at, int64_t i) HWY_ATTR {
      const V e = exponential(hn::Sub(at.load(row + i), maximum));
      sum = hn::Add(sum, at.or_else(e, hn::Zero(d)));
      at.store(e, row + i);
    });
    inverse_sums[r] = 1.0f / sum_of_lanes(sum);
  }
}

void ScaleRows(int64_t n_rows, int64_t c, const float* factors, float* x, int64_t stride) {
  const D d;
  for (int64_t r = 0; r < n_rows; ++r) {
    const V factor = hn::Set(d, factors[r]);
    float* row = x + r * stride;
    for_each_vector(
        c, [&](auto at, int64_t i) HWY_ATTR { at.store(hn::Mul(at.load(row + i), factor), row + i); });
  }
}

void AddBias(int64_t n_rows, int64_t c, const float* bias, float* x, int64_t stride) {
  for (int64_t r = 0; r < n_rows; ++r) {
    float* row = x + r * stride;
    for_each_vector(c, [&](auto at, int64_t i)
                           HWY_ATTR { at.store(hn::Add(at.load(row + i), at.load(bias + i)), row + i); });
  }
}

void AddBiasAndMask(int64_t n_rows, int64_t c, const float* bias, const float* mask, const float* x,
                    int64_t x_stride, float* y, int64_t y_stride) {
  for (int64_t r = 0; r < n_rows; ++r) {
    const V factor = hn::Set(D(), mask[r]);
    const float* from = x + r * x_stride;
    float* to = y + r * y_stride;
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      at.store(hn::Mul(hn::Add(at.load(from + i), at.load(bias + i)), factor), to + i);
    });
  }
}

void AddBiasRelu(int64_t n_rows, int64_t c, const float* bias, float* x, int64_t stride) {
  const V zero = hn::Zero(D());
  for (int64_t r = 0; r < n_rows; ++r) {
    float* row = x + r * stride;
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      at.store(hn::Max(hn::Add(at.load(row + i), at.load(bias + i)), zero), row + i);
    });
  }
}

void MultiplyByGate(int64_t n_rows, int64_t c, const float* gate, int64_t gate_stride, const float* gate_bias,
                    float* x, int64_t stride) {
  for (int64_t r = 0; r < n_rows; ++r) {
    float* row = x + r * stride;
    const float* gate_row = gate + r * gate_stride;
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      const V g = sigmoid(hn::Add(at.load(gate_row + i), at.load(gate_bias + i)));
      at.store(hn::Mul(at.load(row + i), g), row + i);
    });
  }
}

void AddUpdate(int64_t n_rows, int64_t c, const float* y, int64_t y_stride, const float* bias, float* x,
               int64_t stride) {
  for (int64_t r = 0; r < n_rows; ++r) {
    float* row = x + r * stride;
    const float* update = y + r * y_stride;
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      at.store(hn::Add(at.load(row + i), hn::Add(at.load(update + i), at.load(bias + i))), row + i);
    });
  }
}

void AddGatedUpdate(int64_t n_rows, int64_t c, const float* gate, int64_t gate_stride, const float* gate_bias,
                    const float* y, int64_t y_stride, const float* bias, float* x, int64_t stride) {
  for (int64_t r = 0; r < n_rows; ++r) {
    float* row = x + r * stride;
    const float* update = y + r * y_stride;
    const float* gate_row = gate + r * gate_stride;
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      const V g = sigmoid(hn::Add(at.load(gate_row + i), at.load(gate_bias + i)));
      const V u = hn::Add(at.load(update + i), at.load(bias + i));
      at.store(hn::MulAdd(u, g, at.load(row + i)), row + i);
    });
  }
}

void AddScaledUpdate(int64_t n_rows, int64_t c, const float* factors, const float* y, int64_t y_stride,
                     const float* bias, float* x, int64_t stride) {
  const D d;
  for (int64_t r = 0; r < n_rows; ++r) {
    const V factor = hn::Set(d, factors[r]);
    float* row = x + r * stride;
    const float* update = y + r * y_stride;
    for_each_vector(c, [&](auto at, int64_t i) HWY_ATTR {
      const V u = hn::Add(at.load(update + i), at.load(bias + i));
      at.store(hn::MulAdd(u, factor, at.load(row + i)), row + i);
    });
  }
}

void MaskAndGateColumns(int64_t c, int64_t n, const float* gate, int64_t gate_stride, const float* gate_bias,
                        const float* mask, const float* bias, const float* x, int64_t x_stride, float* y,
                        int64_t y_stride) {
  const D d;
  for (int64_t r = 0; r < c; ++r) {
    const float* row = x + r * x_stride;
    float* to = y + r * y_stride;
    const float* gate_row = gate + r * gate_stride;
    const V b = hn::Set(d, bias[r]), gate_b = hn::Set(d, gate_bias[r]);
    for_each_vector(n, [&](auto at, int64_t i) HWY_ATTR {
      const V g = sigmoid(hn::Add(at.load(gate_row + i), gate_b));
      at.store(hn::Mul(hn::Mul(at.load(mask + i), hn::Add(at.load(row + i), b)), g), to + i);
    });
  }
}

void SubtractSquaredDistances(int64_t n, int64_t n_coordinates, const float* point, const float* points,
                              int64_t points_stride, float weight, float* logits) {
  const D d;
  const V w = hn::Set(d, weight);
  for_each_vector(n, [&](auto at, int64_t i) HWY_ATTR {
    V sum = hn::Zero(d);
    for (int64_t k = 0; k < n_coordinates; ++k) {
      const V difference = hn::Sub(hn::Set(d, point[k]), at.load(points + k * points_stride + i));
      sum = hn::MulAdd(difference, difference, sum);
    }
    at.store(hn::NegMulAdd(w, sum, at.load(logits + i)), logits + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::runtime::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::runtime::cpu {

HWY_EXPORT(LayerNorm);
HWY_EXPORT(LayerNormColumns);
HWY_EXPORT(Softmax);
HWY_EXPORT(ScaleRows);
HWY_EXPORT(AddBias);
HWY_EXPORT(AddBiasAndMask);
HWY_EXPORT(AddBiasRelu);
HWY_EXPORT(MultiplyByGate);
HWY_EXPORT(AddUpdate);
HWY_EXPORT(AddGatedUpdate);
HWY_EXPORT(AddScaledUpdate);
HWY_EXPORT(MaskAndGateColumns);
HWY_EXPORT(SubtractSquaredDistances);

void layer_norm(int64_t n_rows, int64_t c, const float* x, int64_t x_stride, const float* scale,
                const float* offset, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(LayerNorm)(n_rows, c, x, x_stride, scale, offset, y, y_stride);
}
void layer_norm_columns(int64_t c, int64_t n, const float* x, int64_t x_stride, const float* scale,
                        const float* offset, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(LayerNormColumns)(c, n, x, x_stride, scale, offset, y, y_stride);
}
void softmax(int64_t n_rows, int64_t n_keys, const float* bias, int64_t bias_stride, const float* mask,
             float* logits, int64_t stride, float* inverse_sums) {
  HWY_DYNAMIC_DISPATCH(Softmax)(n_rows, n_keys, bias, bias_stride, mask, logits, stride, inverse_sums);
}
void scale_rows(int64_t n_rows, int64_t c, const float* factors, float* x, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(ScaleRows)(n_rows, c, factors, x, stride);
}
void add_bias(int64_t n_rows, int64_t c, const float* bias, float* x, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AddBias)(n_rows, c, bias, x, stride);
}
void add_bias_and_mask(int64_t n_rows, int64_t c, const float* bias, const float* mask, const float* x,
                       int64_t x_stride, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(AddBiasAndMask)(n_rows, c, bias, mask, x, x_stride, y, y_stride);
}
void add_bias_relu(int64_t n_rows, int64_t c, const float* bias, float* x, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AddBiasRelu)(n_rows, c, bias, x, stride);
}
void multiply_by_gate(int64_t n_rows, int64_t c, const float* gate, int64_t gate_stride,
                      const float* gate_bias, float* x, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyByGate)(n_rows, c, gate, gate_stride, gate_bias, x, stride);
}
void add_update(int64_t n_rows, int64_t c, const float* y, int64_t y_stride, const float* bias, float* x,
                int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AddUpdate)(n_rows, c, y, y_stride, bias, x, stride);
}
void add_gated_update(int64_t n_rows, int64_t c, const float* gate, int64_t gate_stride,
                      const float* gate_bias, const float* y, int64_t y_stride, const float* bias, float* x,
                      int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AddGatedUpdate)
  (n_rows, c, gate, gate_stride, gate_bias, y, y_stride, bias, x, stride);
}
void add_scaled_update(int64_t n_rows, int64_t c, const float* factors, const float* y, int64_t y_stride,
                       const float* bias, float* x, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AddScaledUpdate)(n_rows, c, factors, y, y_stride, bias, x, stride);
}
void mask_and_gate_columns(int64_t c, int64_t n, const float* gate, int64_t gate_stride,
                           const float* gate_bias, const float* mask, const float* bias, const float* x,
                           int64_t x_stride, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(MaskAndGateColumns)
  (c, n, gate, gate_stride, gate_bias, mask, bias, x, x_stride, y, y_stride);
}
void subtract_squared_distances(int64_t n, int64_t n_coordinates, const float* point, const float* points,
                                int64_t points_stride, float weight, float* logits) {
  HWY_DYNAMIC_DISPATCH(SubtractSquaredDistances)
  (n, n_coordinates, point, points, points_stride, weight, logits);
}

}  // namespace foldmesh::runtime::cpu
#endif  // HWY_ONCE
