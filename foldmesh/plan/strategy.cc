#include "foldmesh/plan/strategy.h"

#include <algorithm>
#include <span>

#include "foldmesh/base/error.h"

namespace foldmesh::plan {
namespace {

using graph::OpKind;
using graph::Variant;

constexpr int64_t kEachChunk = -1;  // rounds of a draft's message: negative counts are per chunk

// Kernels or parallel loops that an operator starts for each chunk.
constexpr int64_t kAttentionKernels = 3, kProductKernels = 3, kTriangleKernels = 4, kStructureKernels = 96;

// What a draft leaves open: one loop over an axis, of `extent` on the busiest device.
struct Loop {
  char axis = '-';
  int64_t extent = 1;
  int64_t fixed = 0;     // workspace that is there whatever the chunk
  int64_t per_unit = 0;  // and for each unit of the chunk's size
  int64_t reread = 0;    // bytes that every further chunk reads again
  int64_t kernels = 1;
};

class Enumerator {
 public:
  Enumerator(const Network& network, const Step& step, int n_devices, Precision precision)
      : graph_(*network.graph),
        step_(step),
        node_(*step.node),
        pair_(network.pair),
        other_(step.other),
        n_(n_devices),
        operand_(operand_bytes(precision)) {}

  std::vector<Strategy> enumerate() {
    switch (node_.kind) {
      case OpKind::kRecyclePair:
      case OpKind::kLayerNorm:
        elementwise(0);
        break;
      case OpKind::kPairEmbedding:
        elementwise(2 * pair_.rows * pair_.channels * kResidualBytes);
        break;
      case OpKind::kMsaEmbedding:
        elementwise(2 * other_.columns * other_.channels * kResidualBytes);
        break;
      case OpKind::kExtraMsaEmbedding:
      case OpKind::kTemplatePairEmbedding:
        embedding();
        break;
      case OpKind::kTemplateAngleEmbedding:
        template_angles();
        break;
      case OpKind::kTemplatePointwiseAttention:
        template_attention();
        break;
      case OpKind::kRowAttention:
        row_attention();
        break;
      case OpKind::kColumnAttention:
        column_attention();
        break;
      case OpKind::kGlobalColumnAttention:
        global_column_attention();
        break;
      case OpKind::kTransition:
        transition();
        break;
      case OpKind::kOuterProductMean:
        outer_product_mean();
        break;
      case OpKind::kTriangleMultiplication:
        triangle_multiplication();
        break;
      case OpKind::kTriangleAttention:
        triangle_attention();
        break;
      case OpKind::kFirstRow:
        first_row();
        break;
      case OpKind::kLinear:
        linear();
        break;
      case OpKind::kStructureModule:
        structure_module();
        break;
      case OpKind::kPlddtHead:
        add(draft(1, 1), {});
        break;
      case OpKind::kDistogramHead:
        distogram();
        break;
      default:
        base::throw_internal("{} is no operator of a network", node_.name);
    }
    return std::move(result_);
  }

 private:
  // --- building blocks

  std::span<const Layout> layouts() const {
    return std::span(kRestingLayouts).first(n_ == 1 ? 1 : kRestingLayouts.size());
  }
  std::span<const Layout> splits() const { return layouts().subspan(1); }
  // Split by rows, or whole on one device: what lies at rest between its writer and its reader.
  Layout resting() const { return n_ == 1 ? Layout::kWhole : Layout::kFirst; }

  int64_t extent(const Extents& tensor, Layout layout) const {
    return layout == Layout::kSecond ? tensor.columns : tensor.rows;
  }
  int64_t part(const Extents& tensor, Layout layout) const {
    return layout == Layout::kWhole ? tensor.rows : largest_part(extent(tensor, layout), n_);
  }
  int64_t missing(int64_t extent) const { return extent - smallest_part(extent, n_); }
  double share(const Extents& tensor, Layout layout) const {
    return static_cast<double>(part(tensor, layout)) / static_cast<double>(extent(tensor, layout));
  }

  const tensor::Shape& param(std::string_view leaf) const {
    const auto& leaves = graph::spec(node_.kind).params;
    const auto found = std::find(leaves.begin(), leaves.end(), leaf);
    if (found == leaves.end()) base::throw_internal("{} has no parameter {}", node_.name, leaf);
    return node_.params[static_cast<size_t>(found - leaves.begin())].shape;
  }

  const Extents& main() const { return step_.main == Slot::kPair ? pair_ : other_; }
  bool is_main_pair_like() const { return step_.main == Slot::kPair || step_.is_other_template; }
  char axis_name(Layout layout) const {
    const bool second = layout == Layout::kSecond;
    if (is_main_pair_like()) return second ? 'j' : 'i';
    return second ? 'r' : 's';
  }
  void set_main(Strategy* strategy, Layout layout) const {
    (step_.main == Slot::kPair ? strategy->pair : strategy->other) = layout;
  }

  double weight_bytes() const { return step_.counts.weight_elements * static_cast<double>(operand_); }

  // A strategy whose busiest device does these shares of the arithmetic and of the activations' traffic.
  Strategy draft(double flops_share, double bytes_share) const {
    Strategy strategy;
    strategy.work.flops = step_.counts.flops * flops_share;
    strategy.work.bytes =
        weight_bytes() + bytes_share * (step_.counts.operand_elements * kResidualBytes +
                                        step_.counts.intermediate_elements * static_cast<double>(operand_));
    return strategy;
  }

  void add_chunk(const Strategy& drafted, const Loop& loop, int64_t size, int64_t workspace) {
    const int64_t chunks = (loop.extent + size - 1) / std::max<int64_t>(size, 1);
    Strategy strategy = drafted;
    strategy.chunk = {loop.axis, size < loop.extent ? size : 0};
    strategy.workspace = workspace;
    strategy.work.launches = loop.kernels * std::max<int64_t>(chunks, 1);
    strategy.work.bytes += static_cast<double>(chunks > 1 ? chunks - 1 : 0) *
                           (static_cast<double>(loop.reread) + weight_bytes());
    for (int i = 0; i < strategy.n_messages; ++i) {
      Collective& message = strategy.messages[static_cast<size_t>(i)];
      if (message.rounds < 0) message.rounds *= -std::max<int64_t>(chunks, 1);
    }
    result_.push_back(strategy);
  }

  // The draft in one piece, and in chunks of 1024, 512, .. 8 units.
  void add(const Strategy& drafted, const Loop& loop) {
    const auto workspace = [&](int64_t size) { return loop.fixed + size * loop.per_unit; };
    add_chunk(drafted, loop, loop.extent, workspace(loop.extent));
    if (loop.per_unit == 0) return;
    constexpr int64_t kLargest = 1024, kSmallest = 8;
    for (int64_t size = kLargest; size >= kSmallest; size /= 2) {
      if (size < loop.extent) add_chunk(drafted, loop, size, workspace(size));
    }
  }

  // --- embeddings

  void elementwise(int64_t fixed) {
    for (const Layout layout : node_.kind == OpKind::kLayerNorm ? at_rest() : layouts()) {
      Strategy strategy = draft(share(main(), layout), share(main(), layout));
      set_main(&strategy, layout);
      add(strategy, {.fixed = fixed});
    }
  }

  std::span<const Layout> at_rest() const { return layouts().subspan(n_ == 1 ? 0 : 1, 1); }

  void embedding() {
    const int64_t features = node_.params.at(0).shape.at(0);
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(share(other_, layout), share(other_, layout));
      strategy.other = layout;
      const int64_t line = other_.rows * other_.columns / std::max<int64_t>(extent(other_, layout), 1);
      add(strategy, {.axis = axis_name(layout),
                     .extent = part(other_, layout),
                     .per_unit = line * features * kResidualBytes});
    }
  }

  void template_angles() {
    const int64_t n_templates = graph_.value(node_.inputs[1]).shape.at(0), width = other_.channels;
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(1, 0);  // few rows, wherever they lie
      strategy.work.bytes += static_cast<double>(2 * n_templates * other_.columns * width * kResidualBytes);
      strategy.other = layout;
      add(strategy, {.fixed = 2 * n_templates * other_.columns * width * kResidualBytes});
    }
  }

  void template_attention() {
    const int64_t width = param("attention//query_w").at(1) * param("attention//query_w").at(2);
    const auto n_templates = static_cast<int64_t>(node_.inputs.size()) - 2;
    const Layout layout = resting();
    Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
    strategy.pair = layout;
    add(strategy, {.axis = 'i',
                   .extent = part(pair_, layout),
                   .per_unit = pair_.columns * (2 + 2 * n_templates) * width * operand_});
  }

  // --- MSA

  int64_t heads_width() const {
    return param("attention//query_w").at(1) * param("attention//query_w").at(2);
  }

  // Work with the pair bias: `flops` of it are projected from the pair tensor, the rest follows the lines.
  Strategy attention_draft(double share_of_lines, double share_of_bias, double bias_flops,
                           int64_t bias_bytes) const {
    Strategy strategy = draft(share_of_lines, share_of_lines);
    strategy.work.flops += bias_flops * (share_of_bias - share_of_lines);
    strategy.work.bytes += static_cast<double>(bias_bytes) * (1 - share_of_lines);
    return strategy;
  }

  void row_attention() {
    const int64_t heads = param("//feat_2d_weights").at(1), n_res = other_.columns, width = heads_width();
    const int64_t bias = n_res * n_res * heads * operand_;
    const double bias_flops =
        2.0 * static_cast<double>(n_res * n_res) * static_cast<double>(pair_.channels * heads);
    const auto with_bias = [&](Layout pair) { return share(pair_, pair); };
    for (const Layout pair : layouts()) {
      // Rows are independent; every device needs the whole bias.
      for (const Layout rows : layouts()) {
        if (rows == Layout::kSecond) continue;
        Strategy strategy = attention_draft(share(other_, rows), with_bias(pair), bias_flops, bias);
        strategy.other = rows;
        strategy.pair = pair;
        if (pair != Layout::kWhole) {
          strategy.algorithm = Algorithm::kGatherBias;
          strategy.add_message({CollectiveKind::kAllGather, missing(n_res) * n_res * heads * operand_, 1});
        }
        add(strategy, {.axis = 's',
                       .extent = part(other_, rows),
                       .fixed = bias,
                       .per_unit = 4 * n_res * width * operand_,
                       .reread = bias,
                       .kernels = kAttentionKernels});
      }
      // Queries are independent: a device needs the bias of its own residues and all keys and values.
      if (n_ == 1 || pair == Layout::kSecond) continue;
      const int64_t own = part(other_, Layout::kSecond), own_bias = own * n_res * heads * operand_;
      const double share_of_queries = share(other_, Layout::kSecond);
      Strategy strategy = attention_draft(share_of_queries, share_of_queries, bias_flops, 0);
      strategy.other = Layout::kSecond;
      strategy.pair = pair;
      strategy.algorithm = Algorithm::kGatherKeys;
      strategy.add_message(
          {CollectiveKind::kAllGather, 2 * other_.rows * missing(n_res) * width * operand_, kEachChunk});
      add(strategy, {.axis = 's',
                     .extent = other_.rows,
                     .fixed = own_bias,
                     .per_unit = (2 * own + 2 * n_res) * width * operand_,
                     .reread = own_bias,
                     .kernels = kAttentionKernels});
    }
  }

  void column_attention() {
    for (const Layout layout : layouts()) {
      if (layout == Layout::kFirst) continue;
      Strategy strategy = draft(share(other_, layout), share(other_, layout));
      strategy.other = layout;
      add(strategy, columns_loop(layout, 4 * other_.rows * heads_width() * operand_));
    }
  }

  // Residues handled together, each with its column of the MSA.
  Loop columns_loop(Layout layout, int64_t per_unit) const {
    const int64_t own = layout == Layout::kWhole ? other_.columns : part(other_, Layout::kSecond);
    return {.axis = 'r', .extent = own, .per_unit = per_unit, .kernels = kAttentionKernels};
  }

  void global_column_attention() {
    const int64_t head_width = param("attention//key_w").at(1), heads = param("attention//query_w").at(1);
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(share(other_, layout), share(other_, layout));
      strategy.other = layout;
      const int64_t own_rows = layout == Layout::kFirst ? part(other_, layout) : other_.rows;
      Loop loop = columns_loop(layout, own_rows * (2 * head_width + heads_width()) * operand_);
      if (layout == Layout::kFirst) {
        // Masked mean; then the softmax' largest logit, sum and weighted values of each head.
        const int64_t statistics = other_.columns * (other_.channels + heads * (2 + head_width));
        const int64_t reduced = (n_ - 1) * largest_part(statistics, n_) + missing(statistics);
        loop.extent = other_.columns;
        loop.fixed = 2 * statistics * kResidualBytes;
        strategy.algorithm = Algorithm::kPartialMeans;
        strategy.bitwise = false;
        strategy.add_message({CollectiveKind::kAllReduce, reduced * kResidualBytes, 2});
      }
      add(strategy, loop);
    }
  }

  void transition() {
    const int64_t hidden = param("transition1//weights").at(1);
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(share(main(), layout), share(main(), layout));
      set_main(&strategy, layout);
      const int64_t line = layout == Layout::kSecond ? main().rows : main().columns;
      add(strategy,
          {.axis = axis_name(layout), .extent = part(main(), layout), .per_unit = line * hidden * operand_});
    }
  }

  void outer_product_mean() {
    const int64_t h = param("left_projection//weights").at(1), n_res = other_.columns, rows = other_.rows;
    const auto n = static_cast<double>(n_res);
    const double project = 4.0 * static_cast<double>(rows) * n * static_cast<double>(other_.channels * h);
    const double output = 2.0 * n * n * static_cast<double>(tensor::num_elements(param("//output_w")));
    const double products = step_.counts.flops - project - output;
    const auto plain = [&](Layout msa, Layout pair, double projected_share) {
      Strategy strategy = draft(0, share(pair_, pair));
      strategy.work.flops = project * projected_share + (products + output) * share(pair_, pair);
      strategy.other = msa;
      strategy.pair = pair;
      return strategy;
    };
    const auto loop = [&](Layout pair) {
      const int64_t own = part(pair_, pair);
      return Loop{.axis = pair == Layout::kSecond ? 'j' : 'i',
                  .extent = own,
                  .fixed = (own + n_res) * rows * h * operand_,
                  .per_unit = n_res * h * h * operand_,
                  .reread = n_res * rows * h * operand_,
                  .kernels = kProductKernels};
    };
    for (const Layout pair : layouts()) {
      const double own_share = share(pair_, pair);
      add(plain(Layout::kWhole, pair, (1 + own_share) / 2), loop(pair));
      if (pair == Layout::kWhole) continue;
      // Residues are split: the factor of the own residues is there, the other is gathered.
      Strategy gathered = plain(Layout::kSecond, pair, own_share);
      gathered.algorithm = Algorithm::kGatherProjected;
      gathered.add_message({CollectiveKind::kAllGather, missing(n_res) * rows * h * operand_, 1});
      add(gathered, loop(pair));
      // Sequences are split: everybody's sums over its own sequences go to the owner of each pair. The output
      // projection is linear and comes before, so that what travels has the pair tensor's width.
      const double share_of_rows = share(other_, Layout::kFirst);
      Strategy partial = draft(0, 1);
      partial.work.flops = (project + products) * share_of_rows + output;
      partial.other = Layout::kFirst;
      partial.pair = pair;
      partial.algorithm = Algorithm::kPartialSums;
      partial.bitwise = false;
      const int64_t own = part(pair_, pair), line = n_res * pair_.channels * kResidualBytes;
      partial.add_message({CollectiveKind::kReduceScatter, (n_ - 1) * own * line, kEachChunk});
      Loop sums = loop(pair);
      sums.fixed = 2 * part(other_, Layout::kFirst) * n_res * h * operand_;
      sums.reread = sums.fixed;
      sums.per_unit += (n_ + 1) * line;  // one block for each owner, and the one that comes back
      add(partial, sums);
    }
  }

  // --- pair

  void triangle_multiplication() {
    const Extents& x = main();
    const int64_t h = param("left_projection//weights").at(1), n_res = x.rows;
    const bool outgoing = node_.variant == Variant::kOutgoing;
    // Outgoing: rows i of the product come from rows i of one factor. Incoming: the same of columns.
    const Layout own = outgoing ? Layout::kFirst : Layout::kSecond;
    const Layout summed = outgoing ? Layout::kSecond : Layout::kFirst;
    const int64_t factor = n_res * n_res * h;
    for (const Layout layout : layouts()) {
      if (layout == summed) continue;
      Strategy strategy = draft(share(x, layout), share(x, layout));
      set_main(&strategy, layout);
      if (layout == own) {
        strategy.algorithm = Algorithm::kGatherFactor;
        strategy.add_message({CollectiveKind::kAllGather, missing(n_res) * n_res * h * operand_, 1});
      }
      add(strategy, {.axis = axis_name(own),
                     .extent = part(x, layout),
                     .fixed = factor * operand_,
                     .per_unit = 2 * n_res * h * operand_,
                     .reread = factor * operand_,
                     .kernels = kTriangleKernels});
    }
    for (const Layout layout : splits()) through_channels(x, layout, h);
    if (n_ > 1) partial_products(x, summed, h);
  }

  // Both factors go to channel shards, where the products of the channels are independent; the product comes
  // back.
  void through_channels(const Extents& x, Layout layout, int64_t h) {
    const int64_t n_res = x.rows, own = part(x, layout), own_channels = largest_part(h, n_);
    const double cubic = 2.0 * static_cast<double>(n_res * n_res) * static_cast<double>(n_res * h);
    const Extents factor = {n_res, n_res, h};
    Strategy strategy = draft(share(x, layout), share(x, layout));
    strategy.work.flops = (step_.counts.flops - cubic) * share(x, layout) +
                          cubic * static_cast<double>(own_channels) / static_cast<double>(h);
    set_main(&strategy, layout);
    strategy.algorithm = Algorithm::kChannels;
    strategy.add_message({CollectiveKind::kAllToAll,
                          2 * reshard_elements(factor, layout, Layout::kChannels, n_) * operand_,
                          2 * kEachChunk});
    strategy.add_message(
        {CollectiveKind::kAllToAll, reshard_elements(factor, Layout::kChannels, layout, n_) * operand_, 1});
    const Loop loop = {.axis = 'c',
                       .extent = own_channels,
                       .reread = own * n_res * x.channels * kResidualBytes,
                       .kernels = kTriangleKernels};
    // Of `size` of everybody's channels: what one buffer of own rows or of own channels takes.
    const auto buffer = [&](int64_t size) {
      return n_res * std::max(own * std::min(size * n_, h), n_res * size) * operand_;
    };
    // In one piece: the factors' two buffers and one on the way, which the product takes in its turn.
    add_chunk(strategy, loop, own_channels, 3 * buffer(own_channels));
    for (int64_t size = 64; size >= 1; size /= 2) {
      if (size < own_channels) {
        add_chunk(strategy, loop, size, n_res * n_res * own_channels * operand_ + 3 * buffer(size));
      }
    }
  }

  // The summed axis is split: everybody's sums over its own part go to the owner of each pair.
  void partial_products(const Extents& x, Layout layout, int64_t h) {
    const int64_t n_res = x.rows, own = part(x, layout);
    Strategy strategy = draft(share(x, layout), share(x, layout));
    set_main(&strategy, layout);
    strategy.algorithm = Algorithm::kPartialSums;
    strategy.bitwise = false;
    strategy.work.bytes += static_cast<double>(n_res * n_res * h * kResidualBytes);
    strategy.add_message(
        {CollectiveKind::kReduceScatter, (n_ - 1) * own * n_res * h * kResidualBytes, kEachChunk});
    add(strategy, {.axis = axis_name(layout == Layout::kFirst ? Layout::kSecond : Layout::kFirst),
                   .extent = n_res,
                   .fixed = 2 * own * n_res * h * operand_,
                   .per_unit = (n_res + own) * h * kResidualBytes,
                   .reread = own * n_res * h * operand_,
                   .kernels = kTriangleKernels});
  }

  void triangle_attention() {
    const Extents& x = main();
    const int64_t heads = param("//feat_2d_weights").at(1), n_res = x.rows;
    const int64_t bias = n_res * n_res * heads * operand_;
    const double bias_flops =
        2.0 * static_cast<double>(n_res * n_res) * static_cast<double>(x.channels * heads);
    const Layout own = node_.variant == Variant::kStarting ? Layout::kFirst : Layout::kSecond;
    for (const Layout layout : layouts()) {
      if (layout != Layout::kWhole && layout != own) continue;
      const double own_share = share(x, layout);
      Strategy strategy = attention_draft(own_share, own_share, bias_flops, bias);
      set_main(&strategy, layout);
      if (layout == own) {
        strategy.algorithm = Algorithm::kGatherBias;
        strategy.add_message({CollectiveKind::kAllGather, missing(n_res) * n_res * heads * operand_, 1});
      }
      add(strategy, {.axis = axis_name(own),
                     .extent = part(x, layout),
                     .fixed = bias,
                     .per_unit = 4 * n_res * heads_width() * operand_,
                     .reread = bias,
                     .kernels = kAttentionKernels});
    }
  }

  // --- after the trunk

  void first_row() {
    const int64_t row = other_.columns * other_.channels * kResidualBytes;
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(0, 0);
      strategy.other = layout;
      if (layout == Layout::kFirst) strategy.add_message({CollectiveKind::kBroadcast, row, 1});
      if (layout == Layout::kSecond) {
        const int64_t bytes = missing(other_.columns) * other_.channels * kResidualBytes;
        strategy.add_message({CollectiveKind::kAllGather, bytes, 1});
      }
      add(strategy, {});
    }
  }

  void linear() {
    Strategy strategy = draft(1, 1);
    if (step_.main == Slot::kPair) {
      strategy = draft(share(pair_, resting()), share(pair_, resting()));
      strategy.pair = resting();
    } else if (step_.main == Slot::kOther) {
      strategy.other = Layout::kWhole;
    }
    add(strategy, {});
  }

  void structure_module() {
    const int64_t n_res = pair_.rows, layers = 8;
    const int64_t heads = param("fold_iteration/invariant_point_attention/attention_2d//weights").at(1);
    const auto projected = [&](std::string_view leaf) { return param(leaf).at(1); };
    const int64_t per_residue =
        projected("fold_iteration/invariant_point_attention/q_scalar//weights") +
        projected("fold_iteration/invariant_point_attention/kv_scalar//weights") +
        projected("fold_iteration/invariant_point_attention/q_point_local//weights") +
        projected("fold_iteration/invariant_point_attention/kv_point_local//weights") +
        param("fold_iteration/invariant_point_attention/output_projection//weights").at(0);
    const int64_t single = param("single_layer_norm//scale").at(0), frame = 7;
    for (const Layout layout : layouts()) {
      if (layout == Layout::kSecond) continue;
      Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
      strategy.pair = layout;
      const int64_t own = part(pair_, layout);
      if (layout == Layout::kFirst) {
        strategy.algorithm = Algorithm::kGatherState;
        strategy.add_message({CollectiveKind::kAllGather,
                              layers * missing(n_res) * (single + frame) * kResidualBytes, layers});
      }
      // The pair bias of all heads stays over the layers.
      add(strategy, {.axis = 'i',
                     .extent = own,
                     .fixed = (own * n_res * heads + n_res * (per_residue + 2 * single)) * kResidualBytes,
                     .per_unit = n_res * (heads + pair_.channels) * kResidualBytes,
                     .kernels = kStructureKernels});
    }
  }

  void distogram() {
    const int64_t bins = param("half_logits//weights").at(1), n_res = pair_.rows;
    const Layout layout = resting();
    Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
    strategy.pair = layout;
    const int64_t half = part(pair_, layout) * n_res * bins * kResidualBytes;
    if (n_ > 1) {
      strategy.algorithm = Algorithm::kTranspose;
      const int64_t moved = reshard_elements({n_res, n_res, bins}, Layout::kFirst, Layout::kSecond, n_);
      strategy.add_message({CollectiveKind::kAllToAll, moved * kResidualBytes, 1});
    }
    add(strategy, {.fixed = n_ > 1 ? 2 * half : half});
  }

  const graph::Graph& graph_;
  const Step& step_;
  const graph::Node& node_;
  const Extents pair_, other_;
  const int n_;
  const int64_t operand_;
  std::vector<Strategy> result_;
};

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  constexpr std::array<std::string_view, 10> kNames = {
      "local",        "gather bias",   "gather keys",         "partial means", "gather projected",
      "partial sums", "gather factor", "all-to-all channels", "gather state",  "transpose"};
  return kNames.at(static_cast<size_t>(algorithm));
}

int64_t Strategy::traffic() const {
  int64_t bytes = 0;
  for (int i = 0; i < n_messages; ++i) bytes += messages[static_cast<size_t>(i)].bytes;
  return bytes;
}

std::vector<Strategy> enumerate_strategies(const Network& network, const Step& step, int n_devices,
                                           Precision precision) {
  return Enumerator(network, step, n_devices, precision).enumerate();
}

}  // namespace foldmesh::plan
