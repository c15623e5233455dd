#include "foldmesh/runtime/ref/ipa.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr int64_t kKeyValuePoints = kIpaQueryPoints + kIpaValuePoints;
constexpr double kMaskedPairLogit = -1e5;  // added, unlike in all other attentions
constexpr double kNormEpsilon = 1e-8, kLeastSquares = 1e-16;

struct Sizes {
  int64_t n_res, pair_channels;
};

// Per residue and head: scalars [N,12,16]; points in the global frame [N,12,4,3] and [N,12,8,3].
struct Projections {
  double *query, *key, *value, *query_points, *key_points, *value_points, *flat;

  Projections(Arena& arena, const Sizes& n) {
    query = arena.take(n.n_res * kIpaHeads * kIpaScalars);
    key = arena.take(n.n_res * kIpaHeads * kIpaScalars);
    value = arena.take(n.n_res * kIpaHeads * kIpaScalars);
    query_points = arena.take(n.n_res * kIpaHeads * kIpaQueryPoints * 3);
    key_points = arena.take(n.n_res * kIpaHeads * kIpaQueryPoints * 3);
    value_points = arena.take(n.n_res * kIpaHeads * kIpaValuePoints * 3);
    flat = arena.take(n.n_res * kIpaHeads * kKeyValuePoints * 3);
  }
};

// What one query residue collects: the input of the output layer, in its order.
struct Collected {
  double* scalars;       // [12,16]
  double* local_points;  // [3,12,8], coordinate first
  double* point_norms;   // [12,8]
  double* pair;          // [12,128]
};

struct ResidueScratch {
  double *pair_bias, *weights, *features;

  ResidueScratch(Arena& arena, const Sizes& n) {
    pair_bias = arena.take(n.n_res * kIpaHeads);
    weights = arena.take(n.n_res);
    features = arena.take(kIpaHeads * (kIpaScalars + 4 * kIpaValuePoints + n.pair_channels));
  }
  Collected collected() const {
    Collected c;
    c.scalars = features;
    c.local_points = c.scalars + kIpaHeads * kIpaScalars;
    c.point_norms = c.local_points + 3 * kIpaHeads * kIpaValuePoints;
    c.pair = c.point_norms + kIpaHeads * kIpaValuePoints;
    return c;
  }
};

// Where a layer's output has the points of a head: point p of head h begins at h * per_head + p, its
// coordinates lie `axis` apart.
struct PointLayout {
  int64_t per_head, axis;
};

// The layer's points [first, first + count) of every head, in the global frame: [N,12,count,3].
void place_points(const IpaInputs& in, const double* flat, int64_t width, const PointLayout& layout,
                  int64_t first, int64_t count, double* points) {
  for (int64_t i = 0; i < in.n_res; ++i) {
    const Rigid frame = in.frame(i);
    for (int64_t h = 0; h < kIpaHeads; ++h) {
      for (int64_t p = 0; p < count; ++p) {
        const double* local = flat + i * width + h * layout.per_head + first + p;
        const Vec3 global = apply(frame, {local[0], local[layout.axis], local[2 * layout.axis]});
        std::copy_n(global.data(), 3, points + ((i * kIpaHeads + h) * count + p) * 3);
      }
    }
  }
}

// Monomer: all x of all heads first, then all y, then all z; keys before values in each head.
void project_monomer(const IpaParams& params, const IpaInputs& in, const Projections& p) {
  apply(params.query, in.act, in.n_res, p.query);
  apply(params.key_value, in.act, in.n_res, p.flat);
  for (int64_t k = 0; k < in.n_res * kIpaHeads; ++k) {
    std::copy_n(p.flat + 2 * k * kIpaScalars, kIpaScalars, p.key + k * kIpaScalars);
    std::copy_n(p.flat + (2 * k + 1) * kIpaScalars, kIpaScalars, p.value + k * kIpaScalars);
  }
  const PointLayout query = {kIpaQueryPoints, kIpaHeads * kIpaQueryPoints};
  apply(params.query_points, in.act, in.n_res, p.flat);
  place_points(in, p.flat, params.query_points.n_out, query, 0, kIpaQueryPoints, p.query_points);
  const PointLayout both = {kKeyValuePoints, kIpaHeads * kKeyValuePoints};
  apply(params.key_value_points, in.act, in.n_res, p.flat);
  const int64_t width = params.key_value_points.n_out;
  place_points(in, p.flat, width, both, 0, kIpaQueryPoints, p.key_points);
  place_points(in, p.flat, width, both, kIpaQueryPoints, kIpaValuePoints, p.value_points);
}

// Multimer: in each head all x, then all y, then all z.
void project_multimer(const IpaParams& params, const IpaInputs& in, const Projections& p) {
  apply(params.query, in.act, in.n_res, p.query);
  apply(params.key, in.act, in.n_res, p.key);
  apply(params.value, in.act, in.n_res, p.value);
  const auto points = [&](const Linear& layer, int64_t count, double* to) {
    apply(layer, in.act, in.n_res, p.flat);
    place_points(in, p.flat, layer.n_out, {3 * count, count}, 0, count, to);
  };
  points(params.query_points, kIpaQueryPoints, p.query_points);
  points(params.key_points, kIpaQueryPoints, p.key_points);
  points(params.value_points, kIpaValuePoints, p.value_points);
}

double softplus(double x) { return std::log1p(std::exp(x)); }

// weights[j] = attention of head h from residue i to residue j
void attend_head(const IpaParams& params, const IpaInputs& in, const Projections& p, int64_t i, int64_t h,
                 const double* pair_bias, double* weights) {
  const double scalar_scale = std::sqrt(1.0 / (3.0 * kIpaScalars));
  const double point_scale =
      softplus(params.head_weights[h]) * std::sqrt(1.0 / (3.0 * kIpaQueryPoints * 4.5));
  const double pair_scale = std::sqrt(1.0 / 3.0);
  const double* query = p.query + (i * kIpaHeads + h) * kIpaScalars;
  const double* query_points = p.query_points + (i * kIpaHeads + h) * kIpaQueryPoints * 3;
  for (int64_t j = 0; j < in.n_res; ++j) {
    const double* key = p.key + (j * kIpaHeads + h) * kIpaScalars;
    const double* key_points = p.key_points + (j * kIpaHeads + h) * kIpaQueryPoints * 3;
    double distances = 0;
    for (int64_t k = 0; k < kIpaQueryPoints * 3; ++k) {
      distances += (query_points[k] - key_points[k]) * (query_points[k] - key_points[k]);
    }
    weights[j] = scalar_scale * dot(query, key, kIpaScalars) - 0.5 * point_scale * distances +
                 pair_scale * pair_bias[j * kIpaHeads + h] + kMaskedPairLogit * (1 - in.mask[i] * in.mask[j]);
  }
  softmax(weights, in.n_res);
}

// Weighted sums of scalar values, value points and pair vectors over all residues j.
void collect_head(const IpaInputs& in, const Projections& p, int64_t i, int64_t h, const double* weights,
                  bool is_multimer, const Collected& out) {
  double* scalars = out.scalars + h * kIpaScalars;
  double* pair = out.pair + h * in.pair_channels;
  double points[kIpaValuePoints * 3] = {};
  std::fill_n(scalars, kIpaScalars, 0.0);
  std::fill_n(pair, in.pair_channels, 0.0);
  for (int64_t j = 0; j < in.n_res; ++j) {
    const double* value = p.value + (j * kIpaHeads + h) * kIpaScalars;
    const double* value_points = p.value_points + (j * kIpaHeads + h) * kIpaValuePoints * 3;
    const double* pair_ij = in.pair + (i * in.n_res + j) * in.pair_channels;
    for (int64_t c = 0; c < kIpaScalars; ++c) scalars[c] += weights[j] * value[c];
    for (int64_t k = 0; k < kIpaValuePoints * 3; ++k) points[k] += weights[j] * value_points[k];
    for (int64_t c = 0; c < in.pair_channels; ++c) pair[c] += weights[j] * pair_ij[c];
  }
  const Rigid frame = in.frame(i);
  for (int64_t k = 0; k < kIpaValuePoints; ++k) {
    const Vec3 local = apply_inverse(frame, {points[3 * k], points[3 * k + 1], points[3 * k + 2]});
    const int64_t at = h * kIpaValuePoints + k;
    for (size_t axis = 0; axis < 3; ++axis) {
      out.local_points[static_cast<int64_t>(axis) * kIpaHeads * kIpaValuePoints + at] = local[axis];
    }
    const double squares = local[0] * local[0] + local[1] * local[1] + local[2] * local[2];
    out.point_norms[at] = std::sqrt(is_multimer ? std::max(squares, kLeastSquares) : squares + kNormEpsilon);
  }
}

}  // namespace

IpaParams read_ipa(ParamReader& params, bool is_multimer) {
  IpaParams p;
  p.is_multimer = is_multimer;
  if (is_multimer) {
    for (Linear* layer : {&p.query, &p.key, &p.value}) *layer = params.linear_without_bias();
    for (Linear* layer : {&p.query_points, &p.key_points, &p.value_points}) *layer = params.linear();
  } else {
    for (Linear* layer : {&p.query, &p.key_value, &p.query_points, &p.key_value_points}) {
      *layer = params.linear();
    }
  }
  p.head_weights = params.next().as<float>();
  p.pair_bias = params.linear();
  p.output = params.linear();
  return p;
}

size_t ipa_bytes(int64_t n_res, int64_t pair_channels, int n_threads) {
  const Sizes n = {n_res, pair_channels};
  return bytes_of<Projections>(n) + static_cast<size_t>(n_threads) * bytes_of<ResidueScratch>(n);
}

void invariant_point_attention(const IpaParams& params, const IpaInputs& inputs, base::ThreadPool& pool,
                               std::span<std::byte> workspace, double* update) {
  const Sizes n = {inputs.n_res, inputs.pair_channels};
  const auto p = shared_scratch<Projections>(workspace, n);
  params.is_multimer ? project_multimer(params, inputs, p) : project_monomer(params, inputs, p);
  pool.parallel_for(n.n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<ResidueScratch>(workspace, bytes_of<Projections>(n), worker, n);
    apply(params.pair_bias, inputs.pair + i * n.n_res * n.pair_channels, n.n_res, s.pair_bias);
    for (int64_t h = 0; h < kIpaHeads; ++h) {
      attend_head(params, inputs, p, i, h, s.pair_bias, s.weights);
      collect_head(inputs, p, i, h, s.weights, params.is_multimer, s.collected());
    }
    apply(params.output, s.features, 1, update + i * params.output.n_out);
  });
}

}  // namespace foldmesh::runtime::ref
