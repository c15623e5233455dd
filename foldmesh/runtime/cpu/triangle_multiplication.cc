// Triangle multiplication (Jumper et al. 2021, suppl. algorithms 11 and 12).
//
// The two factors are stored channel by channel, so that the sum over the third residue is one N*N*N product
// for each channel. For the incoming variant they are stored transposed; both variants are then product[i,:]
// = a[i,:] b^T:
//   outgoing  product[i,j] = sum_k left[i,k] right[j,k]    a = left,             b = right
//   incoming  product[i,j] = sum_k left[k,j] right[k,i]    a = right transposed, b = left transposed
// Row i of a is dead once row i of the product exists, which takes its place. For large N only some channels
// of b exist at a time.
#include <algorithm>

#include "foldmesh/runtime/cpu/blocks.h"
#include "foldmesh/runtime/cpu/gemm.h"
#include "foldmesh/runtime/cpu/kernels.h"
#include "foldmesh/runtime/cpu/vec.h"
#include "foldmesh/runtime/cpu/workspace.h"

namespace foldmesh::runtime::cpu {
namespace {

using tensor::Shape;

// Channels handled together: all of them, or half of them where pairs are many, which saves half a pair
// tensor of memory and costs a second layer norm (7 % of the time).
int64_t channel_group(int64_t n, int64_t c_hidden) {
  constexpr int64_t kManyResidues = 384;
  return n <= kManyResidues ? c_hidden : (c_hidden + 1) / 2;
}

struct Scratch {
  Scratch(Workspace& workspace, const Shape& z, const Shape& left_w, int n_workers) {
    const int64_t n = z[0], c = z[2], c_hidden = left_w[1];
    a = workspace.take(c_hidden * n * n);
    b = workspace.take(channel_group(n, c_hidden) * n * n);
    normed = workspace.take_each(n_workers, kRowBlock * c);
    gates = workspace.take_each(n_workers, kRowBlock * std::max(c, c_hidden));
    mask = workspace.take_each(n_workers, kRowBlock);
    product = workspace.take_each(n_workers, kRowBlock * std::max(n, c_hidden));
    update = workspace.take_each(n_workers, kRowBlock * c);
  }
  float *a, *b;  // [c_hidden, N, N], [channel_group, N, N]
  std::vector<float*> normed, gates, mask, product, update;
};

class TriangleMultiplication {
 public:
  explicit TriangleMultiplication(const KernelArgs& args)
      : args_(args),
        workspace_(args.workspace),
        scratch_(workspace_, args.inputs[0].shape, args.params[2].shape, args.pool.size()),
        outgoing_(args.node.variant == graph::Variant::kOutgoing),
        n_(args.inputs[0].dim(0)),
        c_(args.inputs[0].dim(2)),
        c_hidden_(args.params[2].dim(1)),
        z_(args.inputs[0].as<float>()) {}

  void run() {
    const int64_t group = channel_group(n_, c_hidden_), blocks = n_blocks(n_, kRowBlock);
    for (int64_t channel = 0; channel < c_hidden_; channel += group) {
      const Channels channels = {channel, std::min(group, c_hidden_ - channel)};
      args_.pool.parallel_for(n_, [&](int64_t i, int worker) { project_line(i, channels, worker); });
      args_.pool.parallel_for(channels.count * blocks, [&](int64_t index, int worker) {
        multiply(channels, index / blocks, index % blocks * kRowBlock, worker);
      });
    }
    for_each_block(args_.pool, n_ * n_, kRowBlock,
                   [&](int64_t first, int64_t n, int worker) { update(first, n, worker); });
  }

 private:
  struct Channels {
    int64_t first, count;
  };

  const float* data(size_t param) const { return args_.params[param].as<float>(); }

  // Row i of z (column i if incoming) -> row i of a and b.
  void project_line(int64_t i, const Channels& channels, int worker) {
    const int64_t stride = outgoing_ ? 1 : n_;  // between the line's pairs
    const int64_t start = outgoing_ ? i * n_ : i;
    const float* pair_mask = args_.inputs[1].as<float>();
    float *normed = scratch_.normed[worker], *mask = scratch_.mask[worker], *gates = scratch_.gates[worker];
    for (int64_t first = 0; first < n_; first += kRowBlock) {
      const int64_t n = std::min(kRowBlock, n_ - first), pair = start + first * stride;
      layer_norm(n, c_, z_ + pair * c_, stride * c_, data(0), data(1), normed, c_);
      for (int64_t k = 0; k < n; ++k) mask[k] = pair_mask[pair + k * stride];
      for (const bool is_left : {true, false}) {
        float* factor = is_left == outgoing_ ? scratch_.a + channels.first * n_ * n_ : scratch_.b;
        factor += i * n_ + first;
        const size_t projection = is_left ? 2 : 4, gate = is_left ? 6 : 8;
        gemm(channels.count, n, c_, transposed(data(projection) + channels.first, c_hidden_),
             transposed(normed, c_), factor, n_ * n_);
        gemm(channels.count, n, c_, transposed(data(gate) + channels.first, c_hidden_),
             transposed(normed, c_), gates, n);
        mask_and_gate_columns(channels.count, n, gates, n, data(gate + 1) + channels.first, mask,
                              data(projection + 1) + channels.first, factor, n_ * n_);
      }
    }
  }

  // Rows [first, first + kRowBlock) of the product of one of the channels.
  void multiply(const Channels& channels, int64_t index, int64_t first, int worker) {
    const int64_t n = std::min(kRowBlock, n_ - first);
    float* rows = scratch_.a + (channels.first + index) * n_ * n_ + first * n_;
    float* product = scratch_.product[worker];
    gemm(n, n_, n_, {rows, n_}, transposed(scratch_.b + index * n_ * n_, n_), product, n_);
    std::copy_n(product, n * n_, rows);
  }

  // z += Linear(LN(product)) * sigmoid(Linear(LN(z))) for n consecutive pairs.
  void update(int64_t first, int64_t n, int worker) {
    float *normed = scratch_.normed[worker], *gates = scratch_.gates[worker];
    float *product = scratch_.product[worker], *update = scratch_.update[worker];
    layer_norm_columns(c_hidden_, n, scratch_.a + first, n_ * n_, data(10), data(11), product, n);
    gemm(n, c_, c_hidden_, transposed(product, n), {data(12), c_}, update, c_);
    float* rows = z_ + first * c_;
    layer_norm(n, c_, rows, c_, data(0), data(1), normed, c_);
    gemm(n, c_, c_, {normed, c_}, {data(14), c_}, gates, c_);
    add_gated_update(n, c_, gates, c_, data(15), update, c_, data(13), rows, c_);
  }

  const KernelArgs& args_;
  Workspace workspace_;
  Scratch scratch_;
  bool outgoing_;
  int64_t n_, c_, c_hidden_;
  float* z_;
};

void run(const KernelArgs& args) { TriangleMultiplication(args).run(); }

size_t bytes(const KernelShapes& shapes) {
  Workspace workspace;
  Scratch(workspace, shapes.inputs[0], shapes.params[2], shapes.n_threads);
  return workspace.bytes();
}

}  // namespace

Kernel triangle_multiplication_kernel() { return {run, bytes}; }

}  // namespace foldmesh::runtime::cpu
