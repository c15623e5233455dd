#include "foldmesh/plan/strategy.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>

#include "foldmesh/base/error.h"

namespace foldmesh::plan {
namespace {

using graph::OpKind;
using graph::Variant;

// Kernels or parallel loops that an operator starts for each chunk.
constexpr int64_t kAttentionKernels = 3, kProductKernels = 3, kTriangleKernels = 4, kStructureKernels = 96;

// What a draft leaves open: where it works on channels, how many of them at a time.
struct Chunks {
  char axis = '-';
  int64_t count = 1;
  int64_t size = 0;  // 0: in one piece
};

// Memory of arrays that a kernel takes for each of its threads or once, as it takes them: aligned.
int64_t array_bytes(std::initializer_list<int64_t> elements) {
  constexpr int64_t kAlignment = 64;
  int64_t bytes = 0;
  for (const int64_t n : elements) {
    bytes += (n * kResidualBytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  return bytes;
}

// Vectors that kernels handle together (runtime/cpu/blocks.h), of which their scratch is made.
constexpr int64_t kBlock = 128;

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
      case OpKind::kChainPairEmbedding:
        elementwise(array_bytes({pair_.rows * pair_.channels, pair_.columns * pair_.channels}));
        break;
      case OpKind::kMsaEmbedding:
        elementwise(array_bytes({other_.columns * other_.channels, other_.columns * other_.channels}));
        break;
      case OpKind::kExtraMsaEmbedding:
      case OpKind::kTemplatePairEmbedding:
        elementwise(0);
        break;
      case OpKind::kChainTemplateEmbedding:
        chain_template();
        break;
      case OpKind::kTemplateMean:
        template_mean();
        break;
      case OpKind::kTemplateAngleEmbedding:
      case OpKind::kTemplateChiEmbedding:
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
      case OpKind::kFusedTriangleMultiplication:
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
      case OpKind::kChainStructureModule:
        structure_module();
        break;
      case OpKind::kPlddtHead:
        plddt();
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

  void add(Strategy strategy, int64_t kernels, const Chunks& chunks = {}) {
    strategy.chunk = {chunks.axis, chunks.size};
    strategy.work.launches = kernels * chunks.count;
    result_.push_back(strategy);
  }

  // A message that changes how a tensor of fp32 numbers is spread, and the room that it takes on the way.
  void redistribute(Strategy* strategy, const Extents& tensor, Layout from, Layout to, bool is_gather,
                    int64_t times = 1) const {
    const int64_t largest = std::max(shard_elements(tensor, from, n_), shard_elements(tensor, to, n_));
    strategy->add_message({is_gather ? CollectiveKind::kAllGather : CollectiveKind::kAllToAll,
                           times * reshard_elements(tensor, from, to, n_) * kResidualBytes,
                           times * exchange_rounds(largest)});
  }

  // Of `rows` of a tensor, those that are copied on their way at once, when no device has more than
  // `elements`.
  static int64_t staged(int64_t rows, int64_t elements) {
    const int rounds = exchange_rounds(elements);
    return (rows + rounds - 1) / rounds;
  }

  // --- embeddings

  void elementwise(int64_t workspace, int64_t scratch = 0) {
    for (const Layout layout : node_.kind == OpKind::kLayerNorm ? at_rest() : layouts()) {
      Strategy strategy = draft(share(main(), layout), share(main(), layout));
      set_main(&strategy, layout);
      strategy.workspace = workspace;
      strategy.scratch = scratch;
      add(strategy, 1);
    }
  }

  std::span<const Layout> at_rest() const { return layouts().subspan(n_ == 1 ? 0 : 1, 1); }

  void template_angles() {
    const int64_t n_templates = graph_.value(node_.inputs[1]).shape.at(0), width = other_.channels;
    const int64_t features = param("template_single_embedding//weights").at(0);
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(1, 0);  // few rows, wherever they lie
      strategy.work.bytes += static_cast<double>(2 * n_templates * other_.columns * width * kResidualBytes);
      strategy.other = layout;
      strategy.scratch = array_bytes({other_.columns * features, other_.columns * width});
      add(strategy, 1);
    }
  }

  // Reads the pair tensor, which therefore lies as the template does.
  void chain_template() {
    for (const Layout layout : layouts()) {
      Strategy strategy = draft(share(other_, layout), share(other_, layout));
      strategy.other = strategy.pair = layout;
      strategy.workspace = array_bytes({other_.channels});
      strategy.scratch = array_bytes({kBlock * pair_.channels});
      add(strategy, 1);
    }
  }

  void template_mean() {
    const Layout layout = resting();
    Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
    strategy.pair = layout;
    strategy.scratch = array_bytes({kBlock * param("output_linear//weights").at(0), kBlock * pair_.channels});
    add(strategy, 1);
  }

  void template_attention() {
    const int64_t heads = param("attention//query_w").at(1), width = heads_width();
    const auto n_templates = static_cast<int64_t>(node_.inputs.size()) - 2;
    const Layout layout = resting();
    Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
    strategy.pair = layout;
    strategy.scratch =
        array_bytes({kBlock * width, n_templates * kBlock * width, n_templates * kBlock * width,
                     kBlock * heads * n_templates, kBlock * heads, kBlock * pair_.channels});
    add(strategy, kAttentionKernels);
  }

  // --- attention

  int64_t heads_width() const {
    return param("attention//query_w").at(1) * param("attention//query_w").at(2);
  }

  // A thread's memory for one line of `length` vectors.
  int64_t line_scratch(int64_t length) const {
    const int64_t c = param("attention//query_w").at(0), heads = param("attention//query_w").at(1);
    const int64_t width = heads_width(), most_logits = int64_t{64} << 10;
    const int64_t queries = std::clamp<int64_t>(most_logits / std::max<int64_t>(length, 1), 16, kBlock);
    // Keys and values of each head, ready to be multiplied: in panels of so many columns.
    constexpr int64_t kPanel = 32;
    const auto panels = [&](int64_t columns) { return (columns + kPanel - 1) / kPanel * kPanel; };
    const int64_t d = width / heads, packed = heads * (d * panels(length) + length * panels(d)) + heads * 64;
    return array_bytes({length * c, 2 * length * width, packed, 2 * queries * width, queries * c,
                        queries * length, queries, length});
  }

  // Work with the pair bias: `flops` of it are projected from the pair tensor, the rest follows the lines.
  Strategy attention_draft(double share_of_lines, double share_of_bias, double bias_flops,
                           int64_t bias_bytes) const {
    Strategy strategy = draft(share_of_lines, share_of_lines);
    strategy.work.flops += bias_flops * (share_of_bias - share_of_lines);
    strategy.work.bytes += static_cast<double>(bias_bytes) * (1 - share_of_lines);
    return strategy;
  }

  // The bias [lines, heads, pairs], `split` as the pair tensor's lines (kFirst) or across them (kSecond).
  void gather_bias(Strategy* strategy, Layout split, int64_t heads) const {
    const int64_t n_res = main().columns, whole = n_res * n_res * heads;
    strategy->workspace = whole * kResidualBytes;
    if (split == Layout::kWhole) return;
    const Extents bias = {n_res, n_res, heads};
    strategy->algorithm = Algorithm::kGatherBias;
    redistribute(strategy, bias, split, Layout::kWhole, true);
    // Pieces of lines do not come in one stretch.
    const int64_t staging = split == Layout::kSecond ? staged(n_res, whole) * n_res * heads : 0;
    strategy->moving = (shard_elements(bias, split, n_) + staging) * kResidualBytes;
  }

  void row_attention() {
    const int64_t heads = param("//feat_2d_weights").at(1), n_res = other_.columns;
    const double bias_flops =
        2.0 * static_cast<double>(n_res * n_res) * static_cast<double>(pair_.channels * heads);
    for (const Layout pair : layouts()) {
      // Rows are independent; every device needs the whole bias.
      for (const Layout rows : layouts()) {
        if (rows == Layout::kSecond) continue;
        Strategy strategy = attention_draft(share(other_, rows), share(pair_, pair), bias_flops,
                                            n_res * n_res * heads * kResidualBytes);
        strategy.other = rows;
        strategy.pair = pair;
        gather_bias(&strategy, pair, heads);
        strategy.scratch = line_scratch(n_res);
        add(strategy, kAttentionKernels);
      }
    }
  }

  void column_attention() {
    for (const Layout layout : layouts()) {
      if (layout == Layout::kFirst) continue;
      Strategy strategy = draft(share(other_, layout), share(other_, layout));
      strategy.other = layout;
      strategy.scratch = line_scratch(other_.rows);
      add(strategy, kAttentionKernels);
    }
  }

  void global_column_attention() {
    const int64_t d = param("attention//key_w").at(1), heads = param("attention//query_w").at(1);
    const int64_t rows = other_.rows, c = other_.channels, width = heads_width();
    for (const Layout layout : layouts()) {
      if (layout == Layout::kFirst) continue;
      Strategy strategy = draft(share(other_, layout), share(other_, layout));
      strategy.other = layout;
      strategy.scratch = array_bytes({rows, rows * 2 * d, heads * rows, kBlock * c, kBlock * width,
                                      kBlock * std::max(c, width), c, width, width, heads});
      add(strategy, kAttentionKernels);
    }
  }

  void transition() {
    constexpr int64_t kHiddenTogether = 256;
    const int64_t c = main().channels;
    elementwise(0, array_bytes({kBlock * c, kBlock * kHiddenTogether, kBlock * c}));
  }

  // --- outer product mean

  void outer_product_mean() {
    constexpr int64_t kTile = 8;
    const int64_t h = param("left_projection//weights").at(1), n_res = other_.columns, rows = other_.rows;
    const auto n = static_cast<double>(n_res);
    const double project = 4.0 * static_cast<double>(rows) * n * static_cast<double>(other_.channels * h);
    const int64_t factor = rows * n_res * h;
    const int64_t scratch = array_bytes({rows * kTile * h, kTile * kTile * h * h, kTile * kTile * h * h,
                                         kTile * kTile * pair_.channels, kTile * kTile});
    const auto drafted = [&](Layout msa, Layout pair, double projected_share) {
      Strategy strategy = draft(0, share(pair_, pair));
      strategy.work.flops = project * projected_share + (step_.counts.flops - project) * share(pair_, pair);
      strategy.other = msa;
      strategy.pair = pair;
      strategy.scratch = scratch;
      return strategy;
    };
    for (const Layout pair : layouts()) {
      Strategy whole = drafted(Layout::kWhole, pair, 1);
      whole.workspace = 2 * factor * kResidualBytes;
      add(whole, kProductKernels);
      if (pair == Layout::kWhole) continue;
      // Residues are split: the factor of the own residues is there, the other is gathered.
      Strategy gathered = drafted(Layout::kSecond, pair, share(pair_, pair));
      gathered.algorithm = Algorithm::kGatherProjected;
      const Extents projected = {rows, n_res, h};
      redistribute(&gathered, projected, Layout::kSecond, Layout::kWhole, true);
      const int64_t own = shard_elements(projected, Layout::kSecond, n_);
      gathered.workspace = (own + factor) * kResidualBytes;
      gathered.moving = (own + staged(rows, factor) * n_res * h) * kResidualBytes;
      add(gathered, kProductKernels);
    }
  }

  // --- pair

  void triangle_multiplication() {
    const Extents& x = main();
    const int64_t h = node_.kind == OpKind::kFusedTriangleMultiplication
                          ? param("projection//weights").at(1) / 2
                          : param("left_projection//weights").at(1);
    const bool outgoing = node_.variant == Variant::kOutgoing;
    // Outgoing: rows i of the product come from rows i of one factor. Incoming: the same of columns.
    const Layout lines = outgoing ? Layout::kFirst : Layout::kSecond;
    const auto in_all_chunks = [&](Layout layout, Algorithm algorithm) {
      constexpr int64_t kLargest = 64, kSmallest = 4;
      multiply(x, layout, algorithm, h, 0);
      for (int64_t size = kLargest; size >= kSmallest; size /= 2) {
        if (size < h) multiply(x, layout, algorithm, h, size);
      }
    };
    in_all_chunks(Layout::kWhole, Algorithm::kLocal);
    if (n_ == 1) return;
    in_all_chunks(lines, Algorithm::kGatherFactor);
    for (const Layout layout : splits()) in_all_chunks(layout, Algorithm::kChannels);
  }

  // `size` of the h channels at a time, 0 for all. The left factor's part becomes the product.
  void multiply(const Extents& x, Layout layout, Algorithm algorithm, int64_t h, int64_t size) {
    const int64_t n_res = x.rows, own = part(x, layout), largest = size == 0 ? h : size;
    const double cubic = 2.0 * static_cast<double>(n_res * n_res) * static_cast<double>(n_res * h);
    Strategy strategy = draft(share(x, layout), share(x, layout));
    set_main(&strategy, layout);
    strategy.algorithm = algorithm;
    if (algorithm == Algorithm::kChannels) strategy.work.flops -= cubic * share(x, layout);
    // Chunks of full size, and what is left.
    for (const auto& [channels, times] :
         {std::pair{largest, h / largest}, std::pair{h % largest, int64_t{1}}}) {
      if (channels == 0 || algorithm == Algorithm::kLocal) continue;
      const Extents factor = {n_res, n_res, channels};
      Strategy piece;  // its messages
      if (algorithm == Algorithm::kGatherFactor) {
        redistribute(&piece, factor, layout, Layout::kWhole, true, times);
      } else {
        redistribute(&piece, factor, layout, Layout::kChannels, false, 2 * times);
        redistribute(&piece, factor, Layout::kChannels, layout, false, times);
        strategy.work.flops += cubic * static_cast<double>(times) *
                               static_cast<double>(largest_part(channels, n_)) / static_cast<double>(h);
      }
      add_messages(&strategy, piece);
    }
    const int64_t count = (h + largest - 1) / largest, line = n_res * kResidualBytes;
    strategy.work.bytes +=
        static_cast<double>(count - 1) * (static_cast<double>(own * x.channels * line) + weight_bytes());
    set_factor_memory(&strategy, n_res, own, h, largest);
    strategy.scratch = array_bytes({kBlock * std::max(n_res, x.channels + h), kBlock * x.channels * 2});
    add(strategy, kTriangleKernels, {'c', count, size});
  }

  // Of the product, whose place the left factor has before, and of `chunk` channels of factors.
  void set_factor_memory(Strategy* strategy, int64_t n_res, int64_t own, int64_t h, int64_t chunk) const {
    const int64_t line = n_res * kResidualBytes, plane = n_res * line;
    const int64_t product = h * own * line, right = chunk * own * line;
    if (strategy->algorithm == Algorithm::kLocal) {
      strategy->workspace = product + right;
    } else if (strategy->algorithm == Algorithm::kGatherFactor) {
      strategy->workspace = product + chunk * plane;
      strategy->moving = right + staged(chunk, chunk * n_res * n_res) * plane;
    } else {
      const int64_t own_channels = largest_part(chunk, n_), factor = own_channels * plane;
      // In one piece the left factor is gone once it has been sent.
      strategy->workspace = chunk < h ? product + 2 * factor : 2 * std::max(factor, right);
      strategy->moving = right + staged(own_channels, std::max(right, factor) / kResidualBytes) * plane;
    }
  }

  static void add_messages(Strategy* strategy, const Strategy& piece) {
    if (strategy->n_messages == 0) {
      strategy->n_messages = piece.n_messages;
      strategy->messages = piece.messages;
      return;
    }
    for (int i = 0; i < piece.n_messages; ++i) {
      const auto at = static_cast<size_t>(i);
      strategy->messages[at].bytes += piece.messages[at].bytes;
      strategy->messages[at].rounds += piece.messages[at].rounds;
    }
  }

  void triangle_attention() {
    const Extents& x = main();
    const int64_t heads = param("//feat_2d_weights").at(1), n_res = x.rows;
    const double bias_flops =
        2.0 * static_cast<double>(n_res * n_res) * static_cast<double>(x.channels * heads);
    const Layout lines = node_.variant == Variant::kStarting ? Layout::kFirst : Layout::kSecond;
    for (const Layout layout : layouts()) {
      if (layout != Layout::kWhole && layout != lines) continue;
      const double own_share = share(x, layout);
      Strategy strategy =
          attention_draft(own_share, own_share, bias_flops, n_res * n_res * heads * kResidualBytes);
      set_main(&strategy, layout);
      gather_bias(&strategy, layout == Layout::kWhole ? layout : Layout::kFirst, heads);
      strategy.scratch = line_scratch(n_res);
      add(strategy, kAttentionKernels);
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
        strategy.workspace = part(other_, layout) * other_.channels * kResidualBytes;
      }
      add(strategy, 1);
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
    add(strategy, 1);
  }

  void plddt() {
    const int64_t hidden = param("act_0//weights").at(1);
    Strategy strategy = draft(1, 1);
    strategy.scratch =
        array_bytes({kBlock * param("act_0//weights").at(0), kBlock * hidden, kBlock * hidden});
    add(strategy, 1);
  }

  void structure_module() {
    constexpr int64_t kTogether = 16;  // residues
    const bool is_multimer = node_.kind == OpKind::kChainStructureModule;
    const int64_t n_res = pair_.rows, layers = 8, frame = is_multimer ? 12 : 7, torsions = 14;
    const std::string attention = "fold_iteration/invariant_point_attention/";
    const int64_t heads = param(attention + "attention_2d//weights").at(1);
    // Of the monomer, in whose layout a multimer's projections are computed, too.
    constexpr int64_t kScalars = 16, kQueryPoints = 4, kValuePoints = 8;
    const int64_t key_points = heads * (kQueryPoints + kValuePoints) * 3;
    const int64_t projected = heads * (3 * kScalars + kQueryPoints * 3) + key_points;
    const int64_t single = param("single_layer_norm//scale").at(0);
    const Layout layout = resting();
    const int64_t own = part(pair_, layout);
    Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
    strategy.pair = layout;
    if (layout == Layout::kFirst) {
      strategy.algorithm = Algorithm::kGatherState;
      const int64_t state = layers * single + (layers - 1) * frame, kept = layers * (frame + 2 * torsions);
      strategy.add_message(
          {CollectiveKind::kAllGather, missing(n_res) * (state + kept) * kResidualBytes, 2 * layers + 2});
    }
    // The pair bias of all heads stays over the layers.
    strategy.workspace =
        array_bytes({own * n_res * heads, n_res * projected, n_res * (single + frame)}) + 512;
    strategy.scratch = array_bytes({3 * kTogether * single, kTogether * key_points, heads * kTogether * n_res,
                                    n_res * pair_.channels, kTogether * 64,
                                    kTogether * param(attention + "output_projection//weights").at(0)});
    add(strategy, kStructureKernels);
  }

  void distogram() {
    const int64_t bins = param("half_logits//weights").at(1), n_res = pair_.rows;
    const Layout layout = resting();
    Strategy strategy = draft(share(pair_, layout), share(pair_, layout));
    strategy.pair = layout;
    if (n_ > 1) {
      const Extents logits = {n_res, n_res, bins};
      strategy.algorithm = Algorithm::kTranspose;
      redistribute(&strategy, logits, Layout::kFirst, Layout::kSecond, false);
      strategy.workspace = shard_elements(logits, Layout::kSecond, n_) * kResidualBytes;
      strategy.moving = change_staging(logits, Layout::kFirst, Layout::kSecond, n_) * kResidualBytes;
    }
    add(strategy, 2);
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
  constexpr std::array<std::string_view, 7> kNames = {
      "local",        "gather bias", "gather projected", "gather factor", "all-to-all channels",
      "gather state", "transpose"};
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
