// A network as a linear list of nodes over named values. A value is one buffer: an in-place node lists it
// both as input 0 and as output 0. Node order is execution order; there is nothing to schedule.
//
// The same type describes what one device runs of a network (lower/): values are then parts of tensors.
#ifndef FOLDMESH_GRAPH_GRAPH_H_
#define FOLDMESH_GRAPH_GRAPH_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/graph/op.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::graph {

using ValueId = int32_t;
inline constexpr ValueId kNoValue = -1;

enum class Role : uint8_t {
  kInput,   // written by the caller before the run (features, masks)
  kState,   // like an input, and kept after the run: it carries over to the next pass (pair, previous first
            // row, ...)
  kLocal,   // lives between its first and last node only
  kOutput,  // readable by the caller after the run
};

struct Value {
  std::string name;
  tensor::Shape shape;
  bool is_integer = false;  // int32; otherwise the backend's activation type
  Role role = Role::kLocal;
  // A slice has no memory of its own: it is `shape[0]` rows of another value, from row `slice_begin` on.
  ValueId slice_of = kNoValue;
  int64_t slice_begin = 0;
};

// One stored tensor or one slice of a stacked one.
struct ParamRef {
  std::string name;      // official name, e.g. "alphafold/.../transition1//weights"
  tensor::Shape shape;   // of the slice
  int32_t block = -1;    // index along the leading stacking axis, -1 when the tensor is not stacked
  int32_t n_blocks = 0;  // extent of that axis, 0 when not stacked
};

struct Node {
  OpKind kind;
  Variant variant = Variant::kDefault;
  int32_t index = 0;  // which template, which iteration of the structure module
  Origin origin = {};
  std::string name;  // "evoformer/3/row_attention"
  std::vector<ValueId> inputs, outputs;
  std::vector<ParamRef> params;  // in the order of OpSpec::params
  Exchange exchange = {};        // of kExchange
};

class Graph {
 public:
  Graph() = default;
  // A graph whose values may be parts: axes of the same letter need not have the same extent.
  static Graph of_parts();

  ValueId add_value(Value value);
  // Checks operand count, in-place convention and operand shapes against the catalogue; throws kInternal.
  void add_node(Node node);

  const std::vector<Value>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Value& value(ValueId id) const { return values_.at(static_cast<size_t>(id)); }
  ValueId find(std::string_view name) const;  // kInternal when there is none
  bool contains(std::string_view name) const;
  // The value whose memory a slice shows; any other value itself.
  ValueId base(ValueId id) const { return value(id).slice_of == kNoValue ? id : value(id).slice_of; }
  bool has_parts() const { return has_parts_; }

 private:
  bool has_parts_ = false;
  std::vector<Value> values_;
  std::vector<Node> nodes_;
};

}  // namespace foldmesh::graph

#endif  // FOLDMESH_GRAPH_GRAPH_H_
