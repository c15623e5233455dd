// Internal: invariant point attention (Jumper et al. 2021, suppl. algorithm 22), in the layout of the monomer
// models.
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

struct IpaParams {
  Linear query, key_value, query_points, key_value_points;
  const float* head_weights = nullptr;  // [12], before softplus
  Linear pair_bias, output;
};
IpaParams read_ipa(ParamReader& params);

// Lengths are in units of the structure module's position scale (10 A).
struct IpaInputs {
  int64_t n_res = 0, pair_channels = 0;
  const double* act = nullptr;     // [N,384]
  const double* pair = nullptr;    // [N,N,128], layer-normed
  const double* mask = nullptr;    // [N]
  const double* frames = nullptr;  // [N,7] unit quaternion w,x,y,z and translation
};

// update [N,384]; the workspace holds ipa_bytes(...).
void invariant_point_attention(const IpaParams& params, const IpaInputs& inputs, base::ThreadPool& pool,
                               std::span<std::byte> workspace, double* update);
size_t ipa_bytes(int64_t n_res, int64_t pair_channels, int n_threads);

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_IPA_H_
