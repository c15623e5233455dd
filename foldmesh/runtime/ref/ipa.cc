#include "foldmesh/runtime/ref/ipa.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

constexpr int64_t kKeyValuePoints = kIpaQueryPoints + kIpaValuePoints;
constexpr double kMaskedPairLogit = -1e5;  // added, unlike in all other attentions
constexpr double kNormEpsilon = 1e-8;

struct Sizes {
  int64_t n_res, pair_channels;
};

// Per residue and head: scalars [N,12,16], [N,12,2*16]; points in the global frame [N,12,4,3], [N,12,12,3].
struct Projections {
  double *query, *key_value, *query_points, *key_value_points, *flat_points;

  Projections(Arena& arena, const Sizes& n) {
    query = arena.take(n.n_res * kIpaHeads * kIpaScalars);
    key_value = arena.take(n.n_res * kIpaHeads * 2 * kIpaScalars);
    query_points = arena.take(n.n_res * kIpaHeads * kIpaQueryPoints * 3);
    key_value_points = arena.take(n.n_res * kIpaHeads * kKeyValuePoints * 3);
    flat_points = arena.take(n.n_res * kIpaHeads * kKeyValuePoints * 3);
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

// A point layer's output has all x first, then all y, then all z. Gives [N,n_points,3] in the global frame.
void project_points(const Linear& layer, const IpaInputs& in, double* flat, double* points) {
  const int64_t n_points = layer.n_out / 3;
  apply(layer, in.act, in.n_res, flat);
  for (int64_t i = 0; i < in.n_res; ++i) {
    const Rigid frame = rigid_of(in.frames + i * 7);
    const double* local = flat + i * layer.n_out;
    for (int64_t p = 0; p < n_points; ++p) {
      const Vec3 global = apply(frame, {local[p], local[n_points + p], local[2 * n_points + p]});
      std::copy_n(global.data(), 3, points + (i * n_points + p) * 3);
    }
  }
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
    const double* key = p.key_value + (j * kIpaHeads + h) * 2 * kIpaScalars;
    const double* key_points = p.key_value_points + (j * kIpaHeads + h) * kKeyValuePoints * 3;
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
                  const Collected& out) {
  double* scalars = out.scalars + h * kIpaScalars;
  double* pair = out.pair + h * in.pair_channels;
  double points[kIpaValuePoints * 3] = {};
  std::fill_n(scalars, kIpaScalars, 0.0);
  std::fill_n(pair, in.pair_channels, 0.0);
  for (int64_t j = 0; j < in.n_res; ++j) {
    const double* value = p.key_value + ((j * kIpaHeads + h) * 2 + 1) * kIpaScalars;
    const double* value_points =
        p.key_value_points + ((j * kIpaHeads + h) * kKeyValuePoints + kIpaQueryPoints) * 3;
    const double* pair_ij = in.pair + (i * in.n_res + j) * in.pair_channels;
    for (int64_t c = 0; c < kIpaScalars; ++c) scalars[c] += weights[j] * value[c];
    for (int64_t k = 0; k < kIpaValuePoints * 3; ++k) points[k] += weights[j] * value_points[k];
    for (int64_t c = 0; c < in.pair_channels; ++c) pair[c] += weights[j] * pair_ij[c];
  }
  const Rigid frame = rigid_of(in.frames + i * 7);
  for (int64_t k = 0; k < kIpaValuePoints; ++k) {
    const Vec3 local = apply_inverse(frame, {points[3 * k], points[3 * k + 1], points[3 * k + 2]});
    const int64_t at = h * kIpaValuePoints + k;
    for (size_t axis = 0; axis < 3; ++axis) {
      out.local_points[static_cast<int64_t>(axis) * kIpaHeads * kIpaValuePoints + at] = local[axis];
    }
    out.point_norms[at] =
        std::sqrt(kNormEpsilon + local[0] * local[0] + local[1] * local[1] + local[2] * local[2]);
  }
}

}  // namespace

IpaParams read_ipa(ParamReader& params) {
  IpaParams p;
  p.query = params.linear();
  p.key_value = params.linear();
  p.query_points = params.linear();
  p.key_value_points = params.linear();
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
  apply(params.query, inputs.act, n.n_res, p.query);
  apply(params.key_value, inputs.act, n.n_res, p.key_value);
  project_points(params.query_points, inputs, p.flat_points, p.query_points);
  project_points(params.key_value_points, inputs, p.flat_points, p.key_value_points);
  pool.parallel_for(n.n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<ResidueScratch>(workspace, bytes_of<Projections>(n), worker, n);
    apply(params.pair_bias, inputs.pair + i * n.n_res * n.pair_channels, n.n_res, s.pair_bias);
    for (int64_t h = 0; h < kIpaHeads; ++h) {
      attend_head(params, inputs, p, i, h, s.pair_bias, s.weights);
      collect_head(inputs, p, i, h, s.weights, s.collected());
    }
    apply(params.output, s.features, 1, update + i * params.output.n_out);
  });
}

}  // namespace foldmesh::runtime::ref
