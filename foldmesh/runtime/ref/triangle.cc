// Triangle multiplication and triangle attention (suppl. algorithms 11-14).
#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/runtime/ref/gated_attention.h"
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

using graph::Variant;
using tensor::Shape;

[[noreturn]] void wrong_variant(const graph::Node& node) {
  base::throw_internal("{}: variant {} is not one of this operator", node.name,
                       static_cast<int>(node.variant));
}

// Triangle multiplication.

struct MultiplicationSizes {
  int64_t n_res, channels, hidden;
};
MultiplicationSizes multiplication_sizes(const Shape& z, const Shape& left_w) {
  return {z[0], z[2], left_w[1]};
}

// left, right [N,N,hidden]: the gated and masked edges
struct Edges {
  double *left, *right;
  Edges(Arena& arena, const MultiplicationSizes& n)
      : left(arena.take(n.n_res * n.n_res * n.hidden)), right(arena.take(n.n_res * n.n_res * n.hidden)) {}
};

struct RowScratch {
  double *x, *gate, *product, *update;
  RowScratch(Arena& arena, const MultiplicationSizes& n)
      : x(arena.take(n.n_res * n.channels)),
        gate(arena.take(n.n_res * std::max(n.channels, n.hidden))),
        product(arena.take(n.n_res * n.hidden)),
        update(arena.take(n.n_res * n.channels)) {}
};

size_t multiplication_bytes(const KernelShapes& shapes) {
  const MultiplicationSizes n =
      multiplication_sizes(shapes.inputs[0], param(shapes, "left_projection//weights"));
  return bytes_of<Edges>(n) + static_cast<size_t>(shapes.n_threads) * bytes_of<RowScratch>(n);
}

// edges = mask * projection(x) * sigmoid(gate(x)) for one row of pairs
void project_edges(const Linear& projection, const Linear& gate, const double* x, const double* mask,
                   int64_t n_res, double* gate_scratch, double* edges) {
  apply(projection, x, n_res, edges);
  apply(gate, x, n_res, gate_scratch);
  for (int64_t k = 0; k < n_res; ++k) {
    for (int64_t c = k * projection.n_out; c < (k + 1) * projection.n_out; ++c) {
      edges[c] *= mask[k] * sigmoid(gate_scratch[c]);
    }
  }
}

// product[j] = sum_k left[i,k] right[j,k] (outgoing) or sum_k left[k,j] right[k,i] (incoming), channel by
// channel
void multiply_edges(const MultiplicationSizes& n, const Edges& edges, Variant variant, int64_t i,
                    double* product) {
  const bool outgoing = variant == Variant::kOutgoing;
  std::fill_n(product, n.n_res * n.hidden, 0.0);
  for (int64_t j = 0; j < n.n_res; ++j) {
    for (int64_t k = 0; k < n.n_res; ++k) {
      const double* left = edges.left + (outgoing ? i * n.n_res + k : k * n.n_res + j) * n.hidden;
      const double* right = edges.right + (outgoing ? j * n.n_res + k : k * n.n_res + i) * n.hidden;
      for (int64_t c = 0; c < n.hidden; ++c) product[j * n.hidden + c] += left[c] * right[c];
    }
  }
}

// A multiplication's layers.
struct MultiplicationLayers {
  LayerNorm norm;
  Linear left, right, left_gate, right_gate;
  LayerNorm center_norm;
  Linear output, output_gate;
};

void multiply(const KernelArgs& args, const MultiplicationLayers& p) {
  const Variant variant = args.node.variant;
  if (variant != Variant::kOutgoing && variant != Variant::kIncoming) wrong_variant(args.node);
  const MultiplicationSizes n = {args.inputs[0].dim(0), args.inputs[0].dim(2), p.left.n_out};
  double* z = args.outputs[0].as<double>();
  const double* mask = args.inputs[1].as<double>();
  const auto edges = shared_scratch<Edges>(args.workspace, n);
  const size_t offset = bytes_of<Edges>(n);
  const int64_t row_size = n.n_res * n.channels;

  args.pool.parallel_for(n.n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<RowScratch>(args.workspace, offset, worker, n);
    const int64_t first_edge = i * n.n_res * n.hidden;
    apply(p.norm, z + i * row_size, n.n_res, s.x);
    project_edges(p.left, p.left_gate, s.x, mask + i * n.n_res, n.n_res, s.gate, edges.left + first_edge);
    project_edges(p.right, p.right_gate, s.x, mask + i * n.n_res, n.n_res, s.gate, edges.right + first_edge);
  });
  args.pool.parallel_for(n.n_res, [&](int64_t i, int worker) {
    const auto s = worker_scratch<RowScratch>(args.workspace, offset, worker, n);
    multiply_edges(n, edges, variant, i, s.product);
    apply(p.center_norm, s.product, n.n_res, s.product);
    apply(p.output, s.product, n.n_res, s.update);
    apply(p.norm, z + i * row_size, n.n_res, s.x);  // row i of z is still what it was
    apply(p.output_gate, s.x, n.n_res, s.gate);
    for (int64_t k = 0; k < row_size; ++k) z[i * row_size + k] += s.update[k] * sigmoid(s.gate[k]);
  });
}

void run_multiplication(const KernelArgs& args) {
  ParamReader params(args.params);
  MultiplicationLayers p;
  p.norm = params.layer_norm();
  p.left = params.linear();
  p.right = params.linear();
  p.left_gate = params.linear();
  p.right_gate = params.linear();
  p.center_norm = params.layer_norm();
  p.output = params.linear();
  p.output_gate = params.linear();
  multiply(args, p);
}

// Fused multiplication: the left factor's layers are the first half of the columns.

struct FusedColumns {
  Linear left, right;
};
FusedColumns halves(const Linear& both) {
  FusedColumns result{both, both};
  result.left.n_out = result.right.n_out = both.n_out / 2;
  result.left.row_stride = result.right.row_stride = both.n_out;
  result.right.weights += both.n_out / 2;
  result.right.bias += both.n_out / 2;
  return result;
}

size_t fused_bytes(const KernelShapes& shapes) {
  const MultiplicationSizes n = {shapes.inputs[0][0], shapes.inputs[0][2],
                                 param(shapes, "projection//weights")[1] / 2};
  return bytes_of<Edges>(n) + static_cast<size_t>(shapes.n_threads) * bytes_of<RowScratch>(n);
}

void run_fused(const KernelArgs& args) {
  ParamReader params(args.params);
  MultiplicationLayers p;
  p.norm = params.layer_norm();
  const FusedColumns projections = halves(params.linear()), gates = halves(params.linear());
  p.left = projections.left;
  p.right = projections.right;
  p.left_gate = gates.left;
  p.right_gate = gates.right;
  p.center_norm = params.layer_norm();
  p.output = params.linear();
  p.output_gate = params.linear();
  multiply(args, p);
}

// Triangle attention: along the rows of z (starting node), or along its columns (ending node), which is the
// same computation on the transposed tensor, bias included.

size_t attention_workspace_bytes(const KernelShapes& shapes) {
  const Shape& z = shapes.inputs[0];
  return biased_attention_bytes(attention_sizes(rows_of(z), param(shapes, "attention//query_w")), z[2],
                                shapes.n_threads);
}

void run_attention(const KernelArgs& args) {
  const Variant variant = args.node.variant;
  if (variant != Variant::kStarting && variant != Variant::kEnding) wrong_variant(args.node);
  const Shape& z = args.inputs[0].shape;
  const Lines lines = variant == Variant::kStarting ? rows_of(z) : columns_of(z);
  double* data = args.outputs[0].as<double>();
  ParamReader params(args.params);
  const LayerNorm norm = params.layer_norm();
  const PairBias bias = {norm, params.linear_without_bias(), lines, data};
  const AttentionParams attention = read_attention(params, norm);
  attend(args, lines, attention_sizes(lines, param(args, "attention//query_w").shape), attention, data,
         args.inputs[1].as<double>(), &bias);
}

}  // namespace

const Kernel kTriangleMultiplication = {run_multiplication, multiplication_bytes};
const Kernel kFusedTriangleMultiplication = {run_fused, fused_bytes};
const Kernel kTriangleAttention = {run_attention, attention_workspace_bytes};

}  // namespace foldmesh::runtime::ref
