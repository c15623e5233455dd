// Reads the operand descriptions of the catalogue ("msa_feat [S,N,49]") and holds shapes against them.
// Internal to graph.
#ifndef FOLDMESH_GRAPH_SIGNATURE_H_
#define FOLDMESH_GRAPH_SIGNATURE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::graph {

struct OperandSignature {
  std::string name;               // "msa_feat"
  bool has_shape = false;         // an in-place output is described by its name alone
  std::vector<std::string> axes;  // "S", "49", "..." (any run of axes), "A' <= A" (at most as long)
  bool is_integer = false;
  bool repeated = false;  // one operand for each template, T of them
};

OperandSignature parse_signature(std::string_view description);

// Axis letters and the extents they were found to have in one node.
using AxisExtents = std::map<std::string, int64_t, std::less<>>;

// Whether `shape` fits the axes; letters not seen before are bound to the extents found. `any_extent`: the
// same letter may have several extents, so that only numbers of axes and given extents count.
bool fits(const OperandSignature& signature, const tensor::Shape& shape, AxisExtents& extents,
          bool any_extent = false);

}  // namespace foldmesh::graph

#endif  // FOLDMESH_GRAPH_SIGNATURE_H_
