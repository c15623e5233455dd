// Parts of the structure module kernel: its layers, frames, invariant point attention and atoms.
#ifndef FOLDMESH_RUNTIME_CPU_STRUCTURE_LAYERS_H_
#define FOLDMESH_RUNTIME_CPU_STRUCTURE_LAYERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/runtime/cpu/workspace.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::runtime::cpu {

struct Norm {
  const float *scale, *offset;
};
struct Linear {
  const float *weights, *bias;  // [c_in, c_out], [c_out]
  int64_t c_in, c_out;
};
// y[n, c_out] = x W, plus the bias
void apply(const Linear& linear, int64_t n, const float* x, float* y);
void apply_relu(const Linear& linear, int64_t n, const float* x, float* y);

// Takes parameters off the node's list, which is in catalogue order.
class ParamList {
 public:
  explicit ParamList(std::span<const tensor::ConstView> params) : left_(params) {}
  const float* vector() { return take().as<float>(); }
  Norm norm();
  Linear linear();

 private:
  const tensor::ConstView& take();
  std::span<const tensor::ConstView> left_;
};

struct Rotation {
  std::array<std::array<float, 3>, 3> m;
};
// x -> R x + t
struct Rigid {
  Rotation rotation;
  std::array<float, 3> translation;
};

// The frames of residues in a tensor [N,7], unit quaternion w, x, y, z and translation, or, of multimer
// models, [N,12], a 3x4 matrix whose last column is the translation.
class Frames {
 public:
  static constexpr int64_t kQuaternions = 7, kMatrices = 12;

  Frames(float* data, int64_t width) : data_(data), width_(width) {}
  int64_t width() const { return width_; }
  float* at(int64_t i) const { return data_ + i * width_; }
  Rigid rigid(int64_t i) const;
  void set_identity(int64_t i) const;
  // Composes frame i with a small change (b, c, d, translation) given in its own coordinates: suppl.
  // algorithm
  // 23. Of matrices, the change is normalised and not the result.
  void update(int64_t i, const float* change) const;
  // Frame i with its translation times `scale`.
  void write_scaled(int64_t i, float scale, float* to) const;

 private:
  float* data_;
  int64_t width_;
};

// Invariant point attention (suppl. algorithm 22): 12 heads, 16 scalar channels, 4 query and 8 value points.
struct InvariantPointAttention {
  static constexpr int64_t kHeads = 12, kScalars = 16, kQueryPoints = 4, kValuePoints = 8;
  static constexpr int64_t kOutputs = kHeads * (kScalars + kValuePoints * 4 + 128);

  Linear q_scalar, kv_scalar, q_point, kv_point;
  const float* point_weights;  // [12], before softplus
  Linear pair_bias, output;
  bool is_multimer = false;
};
InvariantPointAttention read_point_attention(ParamList& params);
// Of multimer models, whose projections have been brought into the monomer's layout at `packed`.
InvariantPointAttention read_chain_point_attention(ParamList& params, std::span<const std::byte> packed);
// Does that, as Kernel::pack wants it, with the nine projections of a multimer model.
size_t pack_chain_projections(std::span<const tensor::ConstView> projections, std::byte* memory);

// Rows [first, first + count) of the pair representation, and what they add to the logits.
struct PairRows {
  int64_t first, count, n_res, c_z;
  const float* pair;  // [count, N, c_z]
  const float* bias;  // [12, count, N], ready-made logits
};

// Arrays over all residues that invariant point attention needs, and a worker's own.
struct PointAttentionScratch {
  PointAttentionScratch(Workspace& workspace, int64_t n_res, int64_t c_z, int n_workers);

  static constexpr int64_t kQueryBlock = 16;
  float *queries, *keys_values;        // [N, 192], [N, 384]
  float *query_points, *value_points;  // [N, 12, 4, 3], [N, 12, 8, 3], global
  float* key_points;                   // [12, 4 * 3, N], global
  std::vector<float*> local_points;    // [kQueryBlock, 432]
  std::vector<float*> logits;          // [12, kQueryBlock, N]
  std::vector<float*> inverse_sums, attended_points;
  std::vector<float*> pair_row;  // [N, c_z], normalised
  std::vector<float*> concat;    // [kQueryBlock, kOutputs]
};

// bias [12, count, N] of rows.pair, which does not change between iterations. `normed` are the workers' rows
// [N, c_z].
void prepare_pair_bias(const Linear& pair_bias, base::ThreadPool& pool, const PairRows& rows,
                       const Norm& pair_norm, std::span<float* const> normed, float* bias);
// Queries, keys, values and points of residues [first, first + n), n <= kQueryBlock, from their activations.
void project_points(const InvariantPointAttention& attention, int64_t first, int64_t n, int64_t n_res,
                    const float* act, const Frames& frames, const PointAttentionScratch& scratch, int worker);
// update[n, 384] of residues [first, first + n), which are among `rows`, once all residues are projected.
void attend_points(const InvariantPointAttention& attention, int64_t first, int64_t n, const PairRows& rows,
                   const Norm& pair_norm, const float* mask, const Frames& frames,
                   const PointAttentionScratch& scratch, int worker, float* update);

// Atom positions (A) of one residue from its backbone frame (translation in A) and 7 torsions (sin, cos):
// suppl. algorithm 24. Slots without an atom become 0.
void place_atoms(int32_t restype, const Rigid& backbone, const float* angles, float* atom14);

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_STRUCTURE_LAYERS_H_
