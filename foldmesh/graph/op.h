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
};

// How one operator is turned into variants.
enum class Variant : uint8_t {
  kDefault,
  kOutgoing,
  kIncoming,  // triangle multiplication
  kStarting,
  kEnding,  // triangle attention
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
