#include "foldmesh/lower/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "foldmesh/base/error.h"
#include "foldmesh/lower/builder.h"

namespace foldmesh::lower {
namespace {

using graph::Node;
using graph::Variant;
using plan::Algorithm;
using plan::Strategy;
using tensor::Shape;

bool makes_big_tensor(OpKind kind) {
  return kind == OpKind::kMsaEmbedding || kind == OpKind::kExtraMsaEmbedding ||
         graph::is_template_embedding(kind);
}

// Axes of factors [channels, lines, pairs of a line] and biases [lines, heads, pairs of a line].
constexpr int kFactorChannels = 0, kFactorLines = 1, kFactorPairs = 2, kBiasLines = 0, kBiasPairs = 2;
constexpr int kResidueAxis = 1;  // of an MSA and what is projected from it

class Lowering {
 public:
  Lowering(const graph::Graph& network, std::span<const Strategy> strategies, int n_devices, int device)
      : network_(network),
        strategies_(strategies),
        build_(network, n_devices, device),
        resting_(n_devices == 1 ? Layout::kWhole : Layout::kFirst),
        is_big_(network.values().size(), false) {
    if (strategies.size() != network.nodes().size()) {
      base::throw_internal("{} strategies for {} operators", strategies.size(), network.nodes().size());
    }
    for (const Node& node : network.nodes()) {
      if (node.kind == OpKind::kRecyclePair) set_pair(node.inputs[0]);
    }
    for (const Node& node : network.nodes()) {
      const bool head = node.kind == OpKind::kLinear || node.kind == OpKind::kDistogramHead;
      if (head && is_pair(node.inputs[0])) build_.set_home(node.outputs[0], resting_);
    }
  }

  Program run() {
    for (size_t i = 0; i < network_.nodes().size(); ++i) {
      build_.begin_step(static_cast<int32_t>(i));
      node_ = &network_.nodes()[i];
      strategy_ = &strategies_[i];
      change_layouts();
      lower_node();
    }
    build_.finish();
    return build_.take();
  }

 private:
  void set_pair(ValueId id) {
    pair_ = id;
    is_big_[static_cast<size_t>(id)] = true;
    build_.set_home(id, resting_);
  }
  bool is_pair(ValueId id) const { return id == pair_; }
  bool is_big(ValueId id) const { return is_big_[static_cast<size_t>(id)]; }

  ValueId in(size_t operand) const { return node_->inputs.at(operand); }
  ValueId out(size_t operand) const { return node_->outputs.at(operand); }
  const Shape& whole_shape(ValueId id) const { return network_.value(id).shape; }
  const Shape& param(size_t index) const { return node_->params.at(index).shape; }
  static std::vector<size_t> first_params(size_t n) {
    std::vector<size_t> first(n);
    std::iota(first.begin(), first.end(), size_t{0});
    return first;
  }
  std::vector<size_t> all_params() const { return first_params(node_->params.size()); }
  ValueId small(size_t operand) { return build_.read(in(operand), Layout::kWhole); }

  Layout pair_layout() const { return strategy_->pair.value_or(Layout::kWhole); }
  Layout other_layout() const { return strategy_->other.value_or(Layout::kWhole); }
  Layout layout_of(ValueId id) const { return is_pair(id) ? pair_layout() : other_layout(); }

  // The plan may move a tensor before a step that does not touch it.
  void change_layouts() {
    const bool is_born = makes_big_tensor(node_->kind);
    if (is_born) {
      other_ = out(0);
      is_big_[static_cast<size_t>(other_)] = true;
    }
    if (strategy_->other && other_ != graph::kNoValue) {
      build_.begin_section(
          fmt::format("{} {}", network_.value(other_).name, plan::msa_layout_name(*strategy_->other)));
      if (!is_born) build_.read(other_, *strategy_->other);
    } else {
      build_.begin_section(is_born ? network_.value(other_).name : "");
    }
    if (strategy_->pair && pair_ != graph::kNoValue) build_.read(pair_, *strategy_->pair);
  }

  [[noreturn]] void refuse() const {
    base::throw_internal("{}: no way to run it as '{}'", node_->name, plan::name_of(strategy_->algorithm));
  }

  void lower_node() {
    switch (node_->kind) {
      case OpKind::kRecyclePair:
      case OpKind::kPairEmbedding:
      case OpKind::kChainPairEmbedding:
      case OpKind::kTemplateMean:
      case OpKind::kTemplatePointwiseAttention:
      case OpKind::kColumnAttention:
      case OpKind::kGlobalColumnAttention:
      case OpKind::kTransition:
      case OpKind::kLayerNorm:
        return update(build_.origin(in(0), layout_of(in(0))));
      case OpKind::kTemplateAngleEmbedding:
      case OpKind::kTemplateChiEmbedding:
        return template_angles();
      case OpKind::kMsaEmbedding:
      case OpKind::kExtraMsaEmbedding:
      case OpKind::kTemplatePairEmbedding:
      case OpKind::kChainTemplateEmbedding:
        return embedding();
      case OpKind::kRowAttention:
        return row_attention();
      case OpKind::kOuterProductMean:
        return outer_product_mean();
      case OpKind::kTriangleMultiplication:
      case OpKind::kFusedTriangleMultiplication:
        return triangle_multiplication();
      case OpKind::kTriangleAttention:
        return triangle_attention();
      case OpKind::kFirstRow:
        return first_row();
      case OpKind::kLinear:
      case OpKind::kPlddtHead:
        return linear();
      case OpKind::kStructureModule:
      case OpKind::kChainStructureModule:
        return structure_module();
      case OpKind::kDistogramHead:
        return distogram();
      default:
        base::throw_internal("{} is no operator of a network", node_->name);
    }
  }

  // --- operators that only see a smaller tensor

  void update(const graph::Origin& origin) {
    const Layout layout = layout_of(in(0));
    std::vector<ValueId> inputs;
    for (const ValueId id : node_->inputs) {
      inputs.push_back(build_.read(id, inputs.empty() || is_big(id) ? layout : Layout::kWhole));
    }
    const ValueId main = inputs[0];
    build_.add({node_->kind, std::move(inputs), {main}, all_params(), origin, node_->index});
  }

  // The part's rows are counted from the first template.
  void template_angles() {
    graph::Origin origin = build_.origin(in(0), layout_of(in(0)));
    origin.row -= whole_shape(in(0)).at(0) - whole_shape(in(1)).at(0);
    update(origin);
  }

  void embedding() {
    std::vector<ValueId> inputs;
    const Layout layout = other_layout();
    // A template of a multimer is made of the pair tensor, too, in the same layout.
    for (const ValueId id : node_->inputs) {
      inputs.push_back(build_.read(id, is_pair(id) ? layout : Layout::kWhole));
    }
    build_.add({node_->kind,
                std::move(inputs),
                {build_.define(out(0), layout)},
                all_params(),
                build_.origin(out(0), layout),
                node_->index});
  }

  void linear() {
    const Layout layout = is_pair(in(0)) ? pair_layout() : Layout::kWhole;
    const ValueId x = build_.read(in(0), layout);
    build_.add({node_->kind, {x}, {build_.define(out(0), layout)}, all_params()});
  }

  void first_row() {
    const Layout layout = other_layout();
    const ValueId m = build_.read(in(0), layout), row = build_.define(out(0), Layout::kWhole);
    if (layout == Layout::kSecond) {
      const ValueId part = build_.temporary("first row", build_.part_shape(whole_shape(out(0)), 0));
      build_.add({OpKind::kFirstRow, {m}, {part}, {}});
      build_.redistribute(part, 0, row, kNoAxis, whole_shape(out(0)));
      return;
    }
    build_.add({OpKind::kFirstRow, {m}, {row}, {}});
    if (layout == Layout::kFirst) build_.broadcast_from_first(row, whole_shape(in(0)).at(0));
  }

  // --- attention

  // The bias of all pairs, from the device's own; `params`: norm and weights. `split`: the axis of the bias
  // that the device has a part of.
  ValueId bias(ValueId z, const std::vector<size_t>& params, int split) {
    const Shape& pairs = build_.shape(z);
    const int64_t heads = param(params.at(2)).at(1), n = std::max(pairs[0], pairs[1]);
    const bool columns = node_->variant == Variant::kEnding;
    const Shape part_shape = {pairs[columns ? 1 : 0], heads, pairs[columns ? 0 : 1]};
    const ValueId part = build_.temporary("bias", part_shape);
    build_.add({OpKind::kPairBias, {z}, {part}, params});
    if (split == kNoAxis) return part;
    const Shape whole = {n, heads, n};
    const ValueId all = build_.temporary("whole bias", whole);
    build_.redistribute(part, split, all, kNoAxis, whole);
    return all;
  }

  void row_attention() {
    const Layout rows = other_layout(), pair = pair_layout();
    if (rows == Layout::kSecond) refuse();
    const ValueId z = build_.read(in(1), pair);
    const int split = pair == Layout::kWhole ? kNoAxis : pair == Layout::kFirst ? kBiasLines : kBiasPairs;
    const ValueId whole_bias = bias(z, {2, 3, 4}, split), m = build_.read(in(0), rows);
    build_.add({OpKind::kBiasedRowAttention,
                {m, whole_bias, small(2)},
                {m},
                {0, 1, 5, 6, 7, 8, 9, 10, 11},
                build_.origin(in(0), rows)});
  }

  void triangle_attention() {
    const Layout layout = layout_of(in(0));
    const Layout lines = node_->variant == Variant::kStarting ? Layout::kFirst : Layout::kSecond;
    if (layout != Layout::kWhole && layout != lines) refuse();
    const ValueId z = build_.read(in(0), layout);
    const ValueId whole_bias = bias(z, {0, 1, 2}, layout == Layout::kWhole ? kNoAxis : kBiasLines);
    build_.add({OpKind::kBiasedAttention,
                {z, whole_bias, small(1)},
                {z},
                {0, 1, 3, 4, 5, 6, 7, 8, 9},
                build_.origin(in(0), layout)});
  }

  // --- outer product mean

  void outer_product_mean() {
    const Layout msa = other_layout(), pair = pair_layout();
    if (msa == Layout::kFirst) refuse();
    const ValueId m = build_.read(in(1), msa), z = build_.read(in(0), pair);
    const Shape whole = {whole_shape(in(1))[0], whole_shape(in(1))[1], param(2).at(1)};
    const Shape part = build_.part_shape(whole, msa == Layout::kWhole ? kNoAxis : kResidueAxis);
    std::array<ValueId, 2> factors = {build_.temporary("left", part), build_.temporary("right", part)};
    build_.add({OpKind::kOuterProjections,
                {m, small(2)},
                {factors[0], factors[1]},
                {0, 1, 2, 3, 4, 5},
                build_.origin(in(1), msa)});
    if (msa == Layout::kSecond) {
      // A factor is wanted of all residues that the part of z has on the factor's axis.
      const bool is_whole[2] = {pair != Layout::kFirst, pair != Layout::kSecond};
      for (size_t side = 0; side < 2; ++side) {
        if (!is_whole[side]) continue;
        const ValueId all = build_.temporary(side == 0 ? "whole left" : "whole right", whole);
        build_.redistribute(factors[side], kResidueAxis, all, kNoAxis, whole);
        factors[side] = all;
      }
    }
    build_.add({OpKind::kOuterProducts,
                {z, factors[0], factors[1], small(2)},
                {z},
                {6, 7},
                build_.origin(in(0), pair)});
  }

  // --- triangle multiplication

  void triangle_multiplication() {
    const Layout layout = layout_of(in(0));
    const bool outgoing = node_->variant == Variant::kOutgoing;
    const Layout lines = outgoing ? Layout::kFirst : Layout::kSecond;
    const int split = layout == Layout::kWhole ? kNoAxis : layout == lines ? kFactorLines : kFactorPairs;
    const Algorithm algorithm = strategy_->algorithm;
    const bool through_channels = algorithm == Algorithm::kChannels;
    if (split == kFactorPairs && !through_channels) refuse();

    const ValueId z = build_.read(in(0), layout), mask = small(1);
    const bool is_fused = node_->kind == OpKind::kFusedTriangleMultiplication;
    const int64_t n_res = whole_shape(in(0))[0], hidden = is_fused ? param(2).at(1) / 2 : param(2).at(1);
    const Shape part = build_.part_shape({hidden, n_res, n_res}, split);
    const int64_t step = strategy_->chunk.size > 0 ? strategy_->chunk.size : hidden;
    const ValueId products = step >= hidden ? build_.temporary("left", part) : build_.divided("left", part);
    for (int64_t first = 0; first < hidden; first += step) {
      const int64_t count = std::min(step, hidden - first);
      const Shape whole = {count, n_res, n_res}, own = build_.part_shape(whole, split);
      const ValueId kept = count == hidden ? products : build_.slice(products, first, count);
      const ValueId left = kept, right = build_.temporary("right", own);
      graph::Origin origin = build_.origin(in(0), layout);
      origin.channel = first;
      build_.add({is_fused ? OpKind::kFusedTriangleFactors : OpKind::kTriangleFactors,
                  {z, mask},
                  {left, right},
                  first_params(is_fused ? 6 : 10),
                  origin});
      multiply(left, right, split, through_channels, whole);
    }
    build_.add({OpKind::kTriangleUpdate,
                {z, products},
                {z},
                is_fused ? std::vector<size_t>{0, 1, 6, 7, 8, 9, 10, 11}
                         : std::vector<size_t>{0, 1, 10, 11, 12, 13, 14, 15},
                build_.origin(in(0), layout)});
  }

  // left := left right^T for parts of factors of this whole shape.
  void multiply(ValueId left, ValueId right, int split, bool through_channels, const Shape& whole) {
    if (split == kNoAxis) {
      build_.add({OpKind::kTriangleProducts, {left, right}, {left}, {}});
    } else if (through_channels) {
      const Shape channels = build_.part_shape(whole, kFactorChannels);
      const ValueId own_left = build_.temporary("left of channels", channels);
      const ValueId own_right = build_.temporary("right of channels", channels);
      build_.redistribute(left, split, own_left, kFactorChannels, whole);
      build_.redistribute(right, split, own_right, kFactorChannels, whole);
      build_.add({OpKind::kTriangleProducts, {own_left, own_right}, {own_left}, {}});
      build_.redistribute(own_left, kFactorChannels, left, split, whole);
    } else {
      const ValueId all = build_.temporary("whole right", whole);
      build_.redistribute(right, split, all, kNoAxis, whole);
      build_.add({OpKind::kTriangleProducts, {left, all}, {left}, {}});
    }
  }

  // --- after the trunk

  void distogram() {
    const Layout layout = pair_layout();
    const ValueId half = build_.define(out(0), layout);
    build_.add({OpKind::kLinear, {build_.read(in(0), layout)}, {half}, all_params()});
    ValueId others = half;
    if (layout != Layout::kWhole) {
      const int here = axis_of(layout), there = 1 - here;
      others = build_.temporary("half of others", build_.part_shape(whole_shape(out(0)), there));
      build_.redistribute(half, here, others, there, whole_shape(out(0)));
    }
    build_.add({OpKind::kSymmetricSum, {half, others}, {half}, {}});
  }

  void structure_module() {
    const Layout layout = pair_layout();
    if (layout == Layout::kSecond) refuse();
    const ValueId z = build_.read(in(1), layout), single = small(0), aatype = small(2), mask = small(3);
    const int64_t n_res = whole_shape(in(0))[0], heads = param(pair_bias_weights()).at(1);
    const int64_t frame_width = whole_shape(out(1)).at(2);
    std::array<ValueId, 6> outputs;
    for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = build_.define(out(i), Layout::kWhole);
    const auto [act, all_frames, angles, unnormalized, atom14, atom37] = outputs;
    const ValueId initial = build_.temporary("initial", build_.shape(single));
    const ValueId frames = build_.temporary("frames", {n_res, frame_width});
    const ValueId pair_bias = build_.temporary("point bias", {heads, build_.shape(z)[0], n_res});
    const graph::Origin origin = build_.origin(in(1), layout);
    build_.add({OpKind::kStructureStart,
                {single, z},
                {initial, act, frames, pair_bias},
                {0, 1, 2, 3, 4, 5, pair_bias_weights(), pair_bias_weights() + 1},
                origin});
    const auto iterations = static_cast<int32_t>(build_.shape(all_frames)[0]);
    for (int32_t i = 0; i < iterations; ++i) {
      build_.add({is_multimer() ? OpKind::kChainStructureIteration : OpKind::kStructureIteration,
                  {act, frames, all_frames, angles, unnormalized, initial, z, pair_bias, mask},
                  {act, frames, all_frames, angles, unnormalized},
                  all_params(),
                  origin,
                  i});
      if (layout == Layout::kWhole) continue;
      build_.complete(act, 0);
      if (i + 1 < iterations) build_.complete(frames, 0);
    }
    if (layout != Layout::kWhole) {
      for (const ValueId all : {all_frames, angles, unnormalized}) build_.complete(all, kResidueAxis);
    }
    build_.add({OpKind::kStructureAtoms, {all_frames, angles, aatype}, {atom14, atom37}, {}});
  }
  bool is_multimer() const { return node_->kind == OpKind::kChainStructureModule; }
  // Among the structure module's parameters.
  size_t pair_bias_weights() const { return is_multimer() ? 16 : 15; }

  const graph::Graph& network_;
  std::span<const Strategy> strategies_;
  Builder build_;
  Layout resting_;
  std::vector<bool> is_big_;  // by the network's ValueId
  ValueId pair_ = graph::kNoValue, other_ = graph::kNoValue;
  const Node* node_ = nullptr;
  const Strategy* strategy_ = nullptr;
};

}  // namespace

Program lower(const graph::Graph& network, std::span<const Strategy> strategies, int n_devices, int device) {
  return Lowering(network, strategies, n_devices, device).run();
}

std::vector<Strategy> strategies_of(std::span<const plan::PlannedStep> steps) {
  std::vector<Strategy> strategies;
  for (const plan::PlannedStep& step : steps) {
    strategies.push_back(step.strategy);
    strategies.back().other = step.other;
    strategies.back().pair = step.pair;
  }
  return strategies;
}

std::vector<Strategy> whole_strategies(const graph::Graph& network) {
  constexpr int64_t kManyResidues = 384;
  std::vector<Strategy> strategies(network.nodes().size());
  for (size_t i = 0; i < strategies.size(); ++i) {
    const Node& node = network.nodes()[i];
    if (graph::is_triangle_multiplication(node.kind) &&
        network.value(node.inputs[0]).shape[0] > kManyResidues) {
      const bool is_fused = node.kind == OpKind::kFusedTriangleMultiplication;
      const int64_t hidden = node.params.at(2).shape.at(1) / (is_fused ? 2 : 1);
      strategies[i].chunk = {'c', (hidden + 1) / 2};
    }
  }
  return strategies;
}

}  // namespace foldmesh::lower
