// Invariant point attention (Jumper et al. 2021, suppl. algorithm 22), in the monomer's layout: the flat
// output of a point projection lists x of all points, then y, then z. Multimer models have other layouts,
// which are changed to this one once, when parameters are packed.
#include <algorithm>
#include <cmath>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/structure_layers.h"
#include "foldmesh/runtime/cpu/vec.h"

namespace foldmesh::runtime::cpu {
namespace {

using Ipa = InvariantPointAttention;

constexpr int64_t kHeads = Ipa::kHeads, kScalars = Ipa::kScalars;
constexpr int64_t kQueryPoints = Ipa::kQueryPoints, kValuePoints = Ipa::kValuePoints;
constexpr int64_t kKeyValuePoints = kQueryPoints + kValuePoints;
constexpr int64_t kValueCoordinates = kValuePoints * 3;
constexpr float kMaskPenalty = 1e5f;
constexpr float kNormEpsilon = 1e-8f, kLeastSquares = 1e-16f;
// Weights of the three kinds of logits, so that each contributes the same variance.
const float kScalarWeight = 1.0f / std::sqrt(3.0f * static_cast<float>(kScalars));
const float kPairWeight = 1.0f / std::sqrt(3.0f);
const float kPointWeight = 1.0f / std::sqrt(3.0f * static_cast<float>(kQueryPoints) * 4.5f);

void to_global(const Rigid& frame, const float* local, int64_t axis_stride, float* global,
               int64_t global_stride) {
  const float x = local[0], y = local[axis_stride], z = local[2 * axis_stride];
  for (size_t i = 0; i < 3; ++i) {
    const auto& row = frame.rotation.m[i];
    global[static_cast<int64_t>(i) * global_stride] =
        row[0] * x + row[1] * y + row[2] * z + frame.translation[i];
  }
}

// Logits [12][n][N] of n queries, before the softmax.
void compute_logits(const Ipa& attention, int64_t first, int64_t n, const PairRows& rows, const float* mask,
                    const PointAttentionScratch& scratch, float* logits) {
  const int64_t n_res = rows.n_res;
  for (int64_t h = 0; h < kHeads; ++h) {
    float* head = logits + h * n * n_res;
    gemm(n, n_res, kScalars, {scratch.queries + first * kHeads * kScalars + h * kScalars, kHeads * kScalars},
         transposed(scratch.keys_values + h * 2 * kScalars, kHeads * 2 * kScalars), head, n_res,
         kScalarWeight);
    const float gamma = std::log1p(std::exp(attention.point_weights[h])) * kPointWeight;
    for (int64_t i = 0; i < n; ++i) {
      float* row = head + i * n_res;
      const float* point = scratch.query_points + ((first + i) * kHeads + h) * kQueryPoints * 3;
      subtract_squared_distances(n_res, kQueryPoints * 3, point,
                                 scratch.key_points + h * kQueryPoints * 3 * n_res, n_res, 0.5f * gamma, row);
      const float* bias = rows.bias + (h * rows.count + first - rows.first + i) * n_res;
      // The published penalty 1e5 (1 - mask_i mask_j) less 1e5 (1 - mask_i), which is the same for all j: the
      // softmax does not change, and the logits of masked queries keep their digits.
      const float penalty = kMaskPenalty * mask[first + i];
      for (int64_t j = 0; j < n_res; ++j) row[j] = (row[j] + bias[j]) - penalty * (1.0f - mask[j]);
    }
  }
}

// Attended value points (global) of one residue and head -> local x, y, z and norm of each point in `concat`.
void write_points(const Rigid& frame, const float* points, bool is_multimer, float* concat) {
  const Rotation& rotation = frame.rotation;
  for (int64_t p = 0; p < kValuePoints; ++p) {
    float offset[3], squares = 0.0f;
    for (size_t k = 0; k < 3; ++k) offset[k] = points[p * 3 + static_cast<int64_t>(k)] - frame.translation[k];
    for (size_t i = 0; i < 3; ++i) {  // the transpose of the rotation
      const float local =
          rotation.m[0][i] * offset[0] + rotation.m[1][i] * offset[1] + rotation.m[2][i] * offset[2];
      concat[static_cast<int64_t>(i) * kHeads * kValuePoints + p] = local;
      squares += local * local;
    }
    concat[3 * kHeads * kValuePoints + p] =
        std::sqrt(is_multimer ? std::max(squares, kLeastSquares) : squares + kNormEpsilon);
  }
}

}  // namespace

InvariantPointAttention read_point_attention(ParamList& params) {
  InvariantPointAttention attention;
  attention.q_scalar = params.linear();
  attention.kv_scalar = params.linear();
  attention.q_point = params.linear();
  attention.kv_point = params.linear();
  attention.point_weights = params.vector();
  attention.pair_bias = params.linear();
  attention.output = params.linear();
  return attention;
}

namespace {

// The projections of multimer models in the monomer's layout. Without memory it only counts.
class ChainProjections {
 public:
  static constexpr int64_t kChannels = 384;

  explicit ChainProjections(std::byte* memory) : memory_(memory) {}
  // Weights [c, n_out] and bias [n_out].
  Linear take(int64_t n_out) {
    float* weights = array(kChannels * n_out);
    return {weights, array(n_out), kChannels, n_out};
  }
  float* array(int64_t n) {
    constexpr int64_t kAligned = 16;
    const int64_t begin = used_;
    used_ += (n + kAligned - 1) / kAligned * kAligned;
    return memory_ == nullptr ? nullptr : reinterpret_cast<float*>(memory_) + begin;
  }
  size_t bytes() const { return static_cast<size_t>(used_) * sizeof(float); }

 private:
  std::byte* memory_;
  int64_t used_ = 0;
};

struct PackedChainProjections {
  explicit PackedChainProjections(ChainProjections& layout)
      : query_bias(layout.array(kHeads * kScalars)),
        kv_scalar(layout.take(kHeads * 2 * kScalars)),
        q_point(layout.take(kHeads * kQueryPoints * 3)),
        kv_point(layout.take(kHeads * kKeyValuePoints * 3)) {}
  float* query_bias;
  Linear kv_scalar, q_point, kv_point;
};

// Columns of `from` [384, 12, width] to columns of `to`: number k of head h goes to column place(h, k).
template <typename Place>
void move_columns(const float* from, int64_t n_rows, int64_t width, int64_t to_width, float* to,
                  const Place& place) {
  for (int64_t row = 0; row < n_rows; ++row) {
    for (int64_t h = 0; h < kHeads; ++h) {
      for (int64_t k = 0; k < width; ++k) {
        to[row * to_width + place(h, k)] = from[(row * kHeads + h) * width + k];
      }
    }
  }
}

// `count` points of each head go to places `first` on among the `per_head` points of a head.
void move_points(const tensor::ConstView& weights, const tensor::ConstView& bias, int64_t count,
                 int64_t first, int64_t per_head, const Linear& to) {
  const auto place = [&](int64_t h, int64_t k) {
    const int64_t axis = k / count, point = k % count;
    return axis * kHeads * per_head + h * per_head + first + point;
  };
  move_columns(weights.as<float>(), to.c_in, 3 * count, to.c_out, const_cast<float*>(to.weights), place);
  move_columns(bias.as<float>(), 1, 3 * count, to.c_out, const_cast<float*>(to.bias), place);
}

}  // namespace

size_t pack_chain_projections(std::span<const tensor::ConstView> projections, std::byte* memory) {
  ChainProjections layout(memory);
  const PackedChainProjections packed(layout);
  if (memory == nullptr) return layout.bytes();
  std::fill_n(packed.query_bias, kHeads * kScalars, 0.0f);
  std::fill_n(const_cast<float*>(packed.kv_scalar.bias), packed.kv_scalar.c_out, 0.0f);
  for (const int64_t side : {0, 1}) {
    move_columns(projections[1 + static_cast<size_t>(side)].as<float>(), ChainProjections::kChannels,
                 kScalars, packed.kv_scalar.c_out, const_cast<float*>(packed.kv_scalar.weights),
                 [&](int64_t h, int64_t k) { return (2 * h + side) * kScalars + k; });
  }
  move_points(projections[3], projections[4], kQueryPoints, 0, kQueryPoints, packed.q_point);
  move_points(projections[5], projections[6], kQueryPoints, 0, kKeyValuePoints, packed.kv_point);
  move_points(projections[7], projections[8], kValuePoints, kQueryPoints, kKeyValuePoints, packed.kv_point);
  return layout.bytes();
}

InvariantPointAttention read_chain_point_attention(ParamList& params, std::span<const std::byte> packed) {
  ChainProjections layout(const_cast<std::byte*>(packed.data()));
  const PackedChainProjections projections(layout);
  if (layout.bytes() > packed.size()) base::throw_internal("structure module: parameters are not packed");
  InvariantPointAttention attention;
  attention.is_multimer = true;
  attention.q_scalar = {params.vector(), projections.query_bias, ChainProjections::kChannels,
                        kHeads * kScalars};
  for (int other = 0; other < 8; ++other) params.vector();
  attention.kv_scalar = projections.kv_scalar;
  attention.q_point = projections.q_point;
  attention.kv_point = projections.kv_point;
  attention.point_weights = params.vector();
  attention.pair_bias = params.linear();
  attention.output = params.linear();
  return attention;
}

PointAttentionScratch::PointAttentionScratch(Workspace& workspace, int64_t n_res, int64_t c_z, int n_workers)
    : queries(workspace.take(n_res * kHeads * kScalars)),
      keys_values(workspace.take(n_res * kHeads * kScalars * 2)),
      query_points(workspace.take(n_res * kHeads * kQueryPoints * 3)),
      value_points(workspace.take(n_res * kHeads * kValueCoordinates)),
      key_points(workspace.take(n_res * kHeads * kQueryPoints * 3)),
      local_points(workspace.take_each(n_workers, kQueryBlock * kHeads * kKeyValuePoints * 3)),
      logits(workspace.take_each(n_workers, kHeads * kQueryBlock * n_res)),
      inverse_sums(workspace.take_each(n_workers, kHeads * kQueryBlock)),
      attended_points(workspace.take_each(n_workers, kQueryBlock * kValueCoordinates)),
      pair_row(workspace.take_each(n_workers, n_res * c_z)),
      concat(workspace.take_each(n_workers, kQueryBlock * Ipa::kOutputs)) {}

void prepare_pair_bias(const Linear& pair_bias, base::ThreadPool& pool, const PairRows& rows,
                       const Norm& pair_norm, std::span<float* const> normed, float* bias) {
  const int64_t n_res = rows.n_res, c_z = rows.c_z;
  pool.parallel_for(rows.count, [&](int64_t i, int worker) {
    float* vectors = normed[static_cast<size_t>(worker)];
    layer_norm(n_res, c_z, rows.pair + i * n_res * c_z, c_z, pair_norm.scale, pair_norm.offset, vectors, c_z);
    gemm(kHeads, n_res, c_z, transposed(pair_bias.weights, kHeads), transposed(vectors, c_z),
         bias + i * n_res, rows.count * n_res);
    for (int64_t h = 0; h < kHeads; ++h) {
      float* row = bias + (h * rows.count + i) * n_res;
      for (int64_t j = 0; j < n_res; ++j) row[j] = (row[j] + pair_bias.bias[h]) * kPairWeight;
    }
  });
}

void project_points(const InvariantPointAttention& attention, int64_t first, int64_t n, int64_t n_res,
                    const float* act, const Frames& frames, const PointAttentionScratch& scratch,
                    int worker) {
  const float* rows = act + first * attention.q_scalar.c_in;
  apply(attention.q_scalar, n, rows, scratch.queries + first * kHeads * kScalars);
  apply(attention.kv_scalar, n, rows, scratch.keys_values + first * kHeads * kScalars * 2);
  float* local = scratch.local_points[worker];

  constexpr int64_t kQueryAxis = kHeads * kQueryPoints, kKeyValueAxis = kHeads * kKeyValuePoints;
  apply(attention.q_point, n, rows, local);
  for (int64_t i = 0; i < n; ++i) {
    const Rigid frame = frames.rigid(first + i);
    float* global = scratch.query_points + (first + i) * kQueryAxis * 3;
    for (int64_t p = 0; p < kQueryAxis; ++p) {
      to_global(frame, local + i * kQueryAxis * 3 + p, kQueryAxis, global + p * 3, 1);
    }
  }
  apply(attention.kv_point, n, rows, local);
  for (int64_t i = 0; i < n; ++i) {
    const Rigid frame = frames.rigid(first + i);
    for (int64_t h = 0; h < kHeads; ++h) {
      const float* points = local + i * kKeyValueAxis * 3 + h * kKeyValuePoints;
      float* keys = scratch.key_points + h * kQueryPoints * 3 * n_res + first + i;
      for (int64_t p = 0; p < kQueryPoints; ++p) {
        to_global(frame, points + p, kKeyValueAxis, keys + p * 3 * n_res, n_res);
      }
      float* values = scratch.value_points + ((first + i) * kHeads + h) * kValueCoordinates;
      for (int64_t p = 0; p < kValuePoints; ++p) {
        to_global(frame, points + kQueryPoints + p, kKeyValueAxis, values + p * 3, 1);
      }
    }
  }
}

void attend_points(const InvariantPointAttention& attention, int64_t first, int64_t n, const PairRows& rows,
                   const Norm& pair_norm, const float* mask, const Frames& frames,
                   const PointAttentionScratch& scratch, int worker, float* update) {
  const int64_t n_res = rows.n_res, c_z = rows.c_z;
  constexpr int64_t kPointColumns = kHeads * kScalars;  // of the concatenated outputs
  constexpr int64_t kPairColumns = kPointColumns + kHeads * kValuePoints * 4;
  float *logits = scratch.logits[worker], *concat = scratch.concat[worker];
  compute_logits(attention, first, n, rows, mask, scratch, logits);
  float* inverse_sums = scratch.inverse_sums[worker];
  softmax(kHeads * n, n_res, nullptr, 0, nullptr, logits, n_res, inverse_sums);
  scale_rows(kHeads * n, n_res, inverse_sums, logits, n_res);

  float* points = scratch.attended_points[worker];
  for (int64_t h = 0; h < kHeads; ++h) {
    const Matrix weights = {logits + h * n * n_res, n_res};
    gemm(n, kScalars, n_res, weights, {scratch.keys_values + (h * 2 + 1) * kScalars, kHeads * 2 * kScalars},
         concat + h * kScalars, Ipa::kOutputs);
    gemm(n, kValueCoordinates, n_res, weights,
         {scratch.value_points + h * kValueCoordinates, kHeads * kValueCoordinates}, points,
         kValueCoordinates);
    for (int64_t i = 0; i < n; ++i) {
      write_points(frames.rigid(first + i), points + i * kValueCoordinates, attention.is_multimer,
                   concat + i * Ipa::kOutputs + kPointColumns + h * kValuePoints);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    float* row = scratch.pair_row[worker];
    layer_norm(n_res, c_z, rows.pair + (first - rows.first + i) * n_res * c_z, c_z, pair_norm.scale,
               pair_norm.offset, row, c_z);
    gemm(kHeads, c_z, n_res, {logits + i * n_res, n * n_res}, {row, c_z},
         concat + i * Ipa::kOutputs + kPairColumns, c_z);
  }
  apply(attention.output, n, concat, update);
}

}  // namespace foldmesh::runtime::cpu
