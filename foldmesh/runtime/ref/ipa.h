// Internal: invariant point attention (Jumper et al. 2021, suppl. algorithm 22), in the layouts of
// monomer and of multimer models.
#ifndef FOLDMESH_RUNTIME_REF_IPA_H_
#define FOLDMESH_RUNTIME_REF_IPA_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/runtime/ref/layers.h"
#include "foldmesh/runtime/ref/rigid.h"

namespace foldmesh::runtime::ref {

inline constexpr int64_t kIpaHeads = 12, kIpaScalars = 16, kIpaQueryPoints = 4, kIpaValuePoints = 8;

// Monomer models project keys and values together, multimer models apart.
struct IpaParams {
  bool is_multimer = false;
  Linear query, key_value, query_points, key_value_points;
  Linear key, value, key_points, value_points;  // of multimer models, without the layers of both
  const float* head_weights = nullptr;          // [12], before softplus
  Linear pair_bias, output;
};
IpaParams read_ipa(ParamReader& params, bool is_multimer);

// Lengths are in units of the structure module's position scale (10 A, or 20 A of multimer models).
struct IpaInputs {
  int64_t n_res = 0, pair_channels = 0;
  const double* act = nullptr;     // [N,384]
  const double* pair = nullptr;    // [N,N,128], layer-normed
  const double* mask = nullptr;    // [N]
  const double* frames = nullptr;  // [N,7] unit quaternion w,x,y,z and translation; or [N,12], 3x4
  int64_t frame_width = 7;

  Rigid frame(int64_t i) const { return rigid_of(frames + i * frame_width, frame_width); }
};

// update [N,384]; the workspace holds ipa_bytes(...).
void invariant_point_attention(const IpaParams& params, const IpaInputs& inputs, base::ThreadPool& pool,
                               std::span<std::byte> workspace, double* update);
size_t ipa_bytes(int64_t n_res, int64_t pair_channels, int n_threads);

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_IPA_H_
