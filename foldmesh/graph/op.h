// The operator catalogue: every kind of node a network is made of, its operands by name and its parameters by
// leaf name. Builder, shape inference, cost, kernels, tests and documentation all read this one table
// (op.cc).
//
// The network is a chain of coarse operators, most of them residual updates of one big tensor: an operator
// marked in place reads operand 0 and leaves the sum (or the new value) in the same buffer.
//
// Axes: N residues, S clustered MSA rows, T template rows, E extra MSA rows, R = S + T rows of the trunk's
// MSA. Masks are 1 (valid) or 0. Layouts are row-major; activations are float32 (float64 in the reference
// backend).
#ifndef FOLDMESH_GRAPH_OP_H_
#define FOLDMESH_GRAPH_OP_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace foldmesh::graph {

enum class OpKind : uint8_t {
  // Embedding and recycling (AF2 supplement, algorithms 3, 4, 32)
  kRecyclePair,    // z := LN(z) + Linear(distogram of previous pseudo-beta); z holds the previous pass' pair
  kPairEmbedding,  // z += left_i + right_j + relative position
  kMsaEmbedding,   // m[s] = Linear(target_feat) + Linear(msa_feat[s]) for s < S; m[0] += LN(previous first
                   // row)
  kExtraMsaEmbedding,
  // Templates (algorithms 16, 17)
  kTemplatePairEmbedding,       // 88 pair features of one template -> t [N,N,64]
  kTemplatePointwiseAttention,  // z += attention over templates, 0 if none is real
  kTemplateAngleEmbedding,      // m[S+t] = embedding of template t's torsions
  // Trunk (algorithms 7-15, 18, 19): residual updates
  kRowAttention,  // with pair bias
  kColumnAttention,
  kGlobalColumnAttention,
  kTransition,  // of an MSA or a pair tensor
  kOuterProductMean,
  kTriangleMultiplication,
  kTriangleAttention,
  kLayerNorm,  // x := LN(x)
  // After the trunk (algorithms 20-29)
  kFirstRow,  // copy of m[0]
  kLinear,    // y = x W + b over the last axis; of the first rows of x that y has
  kStructureModule,
  kPlddtHead,
  kDistogramHead,  // half + transpose of half
  // What multimer models do otherwise (Evans et al. 2021)
  kChainPairEmbedding,           // z += left_i + right_j + relative position, entity and copy
  kChainTemplateEmbedding,       // pair features of one template and z -> t [N,N,64]
  kTemplateMean,                 // z += Linear(relu(mean of templates))
  kTemplateChiEmbedding,         // m[S+t] = embedding of template t's side-chain torsions
  kFusedTriangleMultiplication,  // one projection and one gate for both factors
  kChainStructureModule,         // rotation matrices as state, one layer for each kind of point

  // Parts of the operators above, as one device runs them (made by lower/, never part of a network)
  kPairBias,                 // the logits' bias of attention: one line of pairs after the other
  kBiasedRowAttention,       // row attention with a ready-made bias
  kBiasedAttention,          // triangle attention with a ready-made bias
  kOuterProjections,         // outer product mean: both factors
  kOuterProducts,            //   .. and what comes of them
  kTriangleFactors,          // triangle multiplication: both factors
  kTriangleProducts,         //   .. left := left right^T, channel by channel
  kTriangleUpdate,           //   .. and what comes of the products
  kSymmetricSum,             // distogram: half + transpose of half
  kStructureStart,           // structure module: before the first iteration
  kStructureIteration,       //   .. number Node::index of own residues, from the activations of all
  kStructureAtoms,           //   .. after the last
  kFusedTriangleFactors,     // fused triangle multiplication: both factors
  kChainStructureIteration,  // an iteration of the multimer's structure module
  kExchange,                 // boxes of operand 0 go to other devices, boxes of the output come from them
};

// Whether it is a part of an operator, or an exchange.
constexpr bool is_part(OpKind kind) { return kind >= OpKind::kPairBias; }

// The operator of monomer models that does the same work as one of multimer models; any other kind itself.
OpKind monomer_kind(OpKind kind);
constexpr bool is_template_embedding(OpKind kind) {
  return kind == OpKind::kTemplatePairEmbedding || kind == OpKind::kChainTemplateEmbedding;
}
constexpr bool is_triangle_multiplication(OpKind kind) {
  return kind == OpKind::kTriangleMultiplication || kind == OpKind::kFusedTriangleMultiplication;
}

// How one operator is turned into variants.
enum class Variant : uint8_t {
  kDefault,
  kOutgoing,
  kIncoming,  // triangle multiplication
  kStarting,
  kEnding,  // triangle attention
};

// Where the part that a node works on begins in the whole tensor: its big operand (pair tensor or MSA) begins
// at `row` and `column`, its channels at `channel`. All 0 where the part is the whole. Small operands (masks,
// features, one value for each residue) are always whole.
struct Origin {
  int64_t row = 0, column = 0, channel = 0;
  bool operator==(const Origin&) const = default;
};

// A block of a value seen as [rows, columns, all else].
struct Box {
  std::array<int64_t, 3> begin = {0, 0, 0}, extent = {0, 0, 0};
  int64_t size() const { return extent[0] * extent[1] * extent[2]; }
  bool operator==(const Box&) const = default;
};

// What a kExchange node sends to and receives from every member of its group, itself included. A box is sent
// in `rounds` pieces along its rows, so that what has to be copied on the way stays small.
struct Exchange {
  std::vector<Box> send, receive;
  int rounds = 1;
};

struct OpSpec {
  OpKind kind;
  std::string_view name;                 // "row_attention"
  bool in_place;                         // output 0 is input 0's buffer
  std::vector<std::string_view> inputs;  // operand names with axes, for messages and docs
  std::vector<std::string_view> outputs;
  std::vector<std::string_view> params;  // leaf names relative to the node's parameter scope, in kernel order
};

const OpSpec& spec(OpKind kind);
std::span<const OpSpec> catalogue();

}  // namespace foldmesh::graph

#endif  // FOLDMESH_GRAPH_OP_H_
