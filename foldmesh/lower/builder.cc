#include "foldmesh/lower/builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "foldmesh/base/error.h"

namespace foldmesh::lower {
namespace {

std::array<int64_t, 3> as_block(const tensor::Shape& shape) {
  std::array<int64_t, 3> extents = {1, 1, 1};
  for (size_t axis = 0; axis < shape.size(); ++axis) extents[std::min<size_t>(axis, 2)] *= shape[axis];
  return extents;
}

Box intersection(const Box& a, const Box& b) {
  Box result;
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t begin = std::max(a.begin[axis], b.begin[axis]);
    const int64_t end = std::min(a.begin[axis] + a.extent[axis], b.begin[axis] + b.extent[axis]);
    if (end <= begin) return {};
    result.begin[axis] = begin;
    result.extent[axis] = end - begin;
  }
  return result;
}

Box relative_to(Box box, const std::array<int64_t, 3>& begin) {
  if (box.size() == 0) return {};
  for (size_t axis = 0; axis < 3; ++axis) box.begin[axis] -= begin[axis];
  return box;
}

}  // namespace

void Builder::set_home(ValueId id, Layout layout) { tensor_of(id).home = layout; }

void Builder::begin_section(std::string_view name) {
  section_ = name;
  for (Tensor& tensor : tensors_) {
    for (const Layout layout : plan::kRestingLayouts) {
      if (layout != tensor.home && layout != tensor.now) {
        tensor.local[static_cast<size_t>(layout)] = graph::kNoValue;
      }
    }
  }
}

ValueId Builder::local(ValueId id, Layout layout) {
  Tensor& tensor = tensor_of(id);
  ValueId& local = tensor.local.at(static_cast<size_t>(layout));
  if (local != graph::kNoValue) return local;
  graph::Value value = network_.value(id);
  value.shape = part_shape(value.shape, axis_of(layout));
  if (layout != tensor.home) {
    value.name += fmt::format("@{} beside {}", plan::pair_layout_name(layout), section_);
    value.role = graph::Role::kLocal;
  }
  return local = named(std::move(value));
}

ValueId Builder::named(graph::Value value) {
  const auto found = by_name_.find(value.name);
  if (found != by_name_.end()) return found->second;
  std::string name = value.name;
  return by_name_[std::move(name)] = program_.graph.add_value(std::move(value));
}

ValueId Builder::read(ValueId id, Layout layout) {
  Tensor& tensor = tensor_of(id);
  const graph::Role role = network_.value(id).role;
  if (!tensor.is_there) {
    if (role != graph::Role::kInput && role != graph::Role::kState) {
      base::throw_internal("{}: {} is read before it is made", step_node().name, network_.value(id).name);
    }
    tensor.is_there = true;
    tensor.now = tensor.home;
  }
  const ValueId wanted = local(id, layout);
  if (tensor.now != layout) {
    redistribute(local(id, tensor.now), axis_of(tensor.now), wanted, axis_of(layout),
                 network_.value(id).shape);
    tensor.now = layout;
  }
  return wanted;
}

ValueId Builder::define(ValueId id, Layout layout) {
  tensor_of(id).now = layout;
  tensor_of(id).is_there = true;
  return local(id, layout);
}

void Builder::finish() {
  for (size_t v = 0; v < tensors_.size(); ++v) {
    const auto id = static_cast<ValueId>(v);
    const graph::Role role = network_.value(id).role;
    const bool kept = role == graph::Role::kOutput || role == graph::Role::kState;
    if (kept && tensors_[v].is_there) read(id, tensors_[v].home);
    // Callers set and read whatever the network has, touched or not.
    if (role != graph::Role::kLocal) local(id, tensors_[v].home);
  }
}

graph::Origin Builder::origin(ValueId network_id, Layout layout) const {
  const tensor::Shape& whole = network_.value(network_id).shape;
  graph::Origin origin;
  if (layout == Layout::kFirst) origin.row = part_begin(whole.at(0));
  if (layout == Layout::kSecond) origin.column = part_begin(whole.at(1));
  return origin;
}

tensor::Shape Builder::part_shape(tensor::Shape whole, int axis) const {
  if (axis != kNoAxis) {
    int64_t& extent = whole.at(static_cast<size_t>(axis));
    extent = part_size(extent);
  }
  return whole;
}

ValueId Builder::temporary(std::string_view purpose, const tensor::Shape& shape) {
  std::string name = fmt::format("{} {} {}", section_, purpose, tensor::to_string(shape));
  return named({.name = std::move(name), .shape = shape});
}

ValueId Builder::divided(std::string_view purpose, const tensor::Shape& shape) {
  return program_.graph.add_value({.name = fmt::format("{}/{}", step_node().name, purpose), .shape = shape});
}

ValueId Builder::slice(ValueId id, int64_t begin, int64_t count) {
  graph::Value value = program_.graph.value(id);
  value.name += fmt::format("[{}:{}]", begin, begin + count);
  value.shape.at(0) = count;
  value.slice_of = id;
  value.slice_begin = begin;
  return program_.graph.add_value(std::move(value));
}

void Builder::add(Part part) {
  const graph::Node& whole = step_node();
  graph::Node node{.kind = part.kind,
                   .variant = whole.variant,
                   .index = part.index,
                   .origin = part.origin,
                   .name = whole.name,
                   .inputs = std::move(part.inputs),
                   .outputs = std::move(part.outputs),
                   .params = {}};
  for (const size_t param : part.params) node.params.push_back(whole.params.at(param));
  program_.graph.add_node(std::move(node));
  program_.step.push_back(step_);
}

std::vector<Box> Builder::boxes(const tensor::Shape& whole, int axis) const {
  std::vector<Box> result(static_cast<size_t>(n_), Box{{0, 0, 0}, as_block(whole)});
  for (int d = 0; d < n_ && axis != kNoAxis; ++d) {
    const auto at = static_cast<size_t>(axis);
    Box& box = result[static_cast<size_t>(d)];
    box.begin[at] = plan::part_begin(box.extent[at], n_, d);
    box.extent[at] = plan::part_size(box.extent[at], n_, d);
  }
  return result;
}

void Builder::redistribute(ValueId from, int from_axis, ValueId to, int to_axis, const tensor::Shape& whole) {
  const std::vector<Box> have = boxes(whole, from_axis), want = boxes(whole, to_axis);
  const auto self = static_cast<size_t>(device_);
  exchange(from, have[self].begin, have, to, want[self].begin, want, from_axis == kNoAxis);
}

void Builder::complete(ValueId id, int axis) {
  if (n_ == 1) return;
  const tensor::Shape& whole = shape(id);
  exchange(id, {0, 0, 0}, boxes(whole, axis), id, {0, 0, 0}, boxes(whole, kNoAxis));
}

void Builder::broadcast_from_first(ValueId id, int64_t n_rows) {
  if (n_ == 1) return;
  std::vector<Box> have(static_cast<size_t>(n_));
  const std::vector<Box> want = boxes(shape(id), kNoAxis);
  size_t owner = 0;
  while (plan::part_size(n_rows, n_, static_cast<int>(owner)) == 0) ++owner;
  have[owner] = want[owner];
  exchange(id, {0, 0, 0}, have, id, {0, 0, 0}, want);
}

void Builder::exchange(ValueId from, const std::array<int64_t, 3>& from_begin, const std::vector<Box>& have,
                       ValueId to, const std::array<int64_t, 3>& to_begin, const std::vector<Box>& want,
                       bool own_only) {
  const auto self = static_cast<size_t>(device_);
  graph::Node node{
      .kind = OpKind::kExchange, .name = step_node().name, .inputs = {from}, .outputs = {to}, .params = {}};
  int64_t largest = 0;  // the same for all devices, so that all agree on the number of rounds
  for (size_t d = 0; d < have.size(); ++d) {
    const bool goes = !own_only || d == self;
    node.exchange.send.push_back(goes ? relative_to(intersection(have[self], want[d]), from_begin) : Box{});
    node.exchange.receive.push_back(goes ? relative_to(intersection(have[d], want[self]), to_begin) : Box{});
    largest = std::max({largest, have[d].size(), want[d].size()});
  }
  node.exchange.rounds = plan::exchange_rounds(largest);
  program_.graph.add_node(std::move(node));
  program_.step.push_back(step_);
}

}  // namespace foldmesh::lower
