// The local graph under construction: values with their layouts, nodes, exchanges. Knows nothing of single
// operators. Internal to lower.
#ifndef FOLDMESH_LOWER_BUILDER_H_
#define FOLDMESH_LOWER_BUILDER_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/plan/layout.h"

namespace foldmesh::lower {

using graph::Box;
using graph::OpKind;
using graph::ValueId;
using plan::Layout;

// How a value is spread over devices: split along one of its first three axes (graph::Box), or whole.
inline constexpr int kNoAxis = -1;
constexpr int axis_of(Layout layout) {
  return layout == Layout::kWhole ? kNoAxis : static_cast<int>(layout) - static_cast<int>(Layout::kFirst);
}

class Builder {
 public:
  Builder(const graph::Graph& network, int n_devices, int device)
      : network_(network), n_(n_devices), device_(device), tensors_(network.values().size()) {
    program_.graph = graph::Graph::of_parts();
  }

  int n_devices() const { return n_; }
  const graph::Graph& network() const { return network_; }
  const tensor::Shape& shape(ValueId id) const { return program_.graph.value(id).shape; }

  // --- the network's values

  // Its layout before the first node and after the last.
  void set_home(ValueId id, Layout layout);
  // The device's part of a value of the network, brought into this layout first if it has another.
  ValueId read(ValueId id, Layout layout);
  // The same for a node that gives it new contents.
  ValueId define(ValueId id, Layout layout);
  // Whether a node has defined it, or it is there from the start.
  bool is_there(ValueId id) const { return tensor_of(id).is_there; }
  // Everything that is kept goes home.
  void finish();
  Program take() { return std::move(program_); }

  // --- parts

  int64_t part_begin(int64_t extent) const { return plan::part_begin(extent, n_, device_); }
  int64_t part_size(int64_t extent) const { return plan::part_size(extent, n_, device_); }
  graph::Origin origin(ValueId network_id, Layout layout) const;
  tensor::Shape part_shape(tensor::Shape whole, int axis) const;

  // --- temporary values

  // Values of the same purpose and shape are one value, and so are the parts of a tensor each time that it
  // takes a layout: long graphs stay small. That holds within a section: a value has one place in memory, so
  // steps with other big tensors beside them are to be another section.
  void begin_section(std::string_view name);
  ValueId temporary(std::string_view purpose, const tensor::Shape& shape);
  // One that slices are going to be made of.
  ValueId divided(std::string_view purpose, const tensor::Shape& shape);
  ValueId slice(ValueId id, int64_t begin, int64_t count);

  // --- nodes

  // Nodes added from now on belong to this node of the network.
  void begin_step(int32_t step) { step_ = step; }
  const graph::Node& step_node() const { return network_.nodes()[static_cast<size_t>(step_)]; }
  struct Part {
    OpKind kind;
    std::vector<ValueId> inputs, outputs;
    std::vector<size_t> params;  // of the network's node
    graph::Origin origin = {};
    int32_t index = 0;
  };
  void add(Part part);
  // Every device's part of a value of this whole shape, split along one axis, to the same split along
  // another.
  void redistribute(ValueId from, int from_axis, ValueId to, int to_axis, const tensor::Shape& whole);
  // Rows (axis 0) or columns (axis 1) of a value that every device holds in full, from those to which they
  // belong, in place.
  void complete(ValueId id, int axis);
  // A whole value, from the device that has row 0 of `n_rows` split rows, in place.
  void broadcast_from_first(ValueId id, int64_t n_rows);

 private:
  struct Tensor {
    std::array<ValueId, 3> local = {graph::kNoValue, graph::kNoValue, graph::kNoValue};  // by Layout
    Layout home = Layout::kWhole, now = Layout::kWhole;
    bool is_there = false;
  };
  Tensor& tensor_of(ValueId id) { return tensors_.at(static_cast<size_t>(id)); }
  const Tensor& tensor_of(ValueId id) const { return tensors_.at(static_cast<size_t>(id)); }
  ValueId local(ValueId id, Layout layout);
  // The value of this name, made if there is none.
  ValueId named(graph::Value value);
  // have[d] and want[d]: what device d has and wants of a tensor, in its coordinates; the local buffers begin
  // at `from_begin` and `to_begin`.
  void exchange(ValueId from, const std::array<int64_t, 3>& from_begin, const std::vector<Box>& have,
                ValueId to, const std::array<int64_t, 3>& to_begin, const std::vector<Box>& want,
                bool own_only = false);
  std::vector<Box> boxes(const tensor::Shape& whole, int axis) const;

  const graph::Graph& network_;
  int n_, device_;
  int32_t step_ = 0;
  std::string section_;
  Program program_;
  std::vector<Tensor> tensors_;  // by the network's ValueId
  std::map<std::string, ValueId, std::less<>> by_name_;
};

}  // namespace foldmesh::lower

#endif  // FOLDMESH_LOWER_BUILDER_H_
