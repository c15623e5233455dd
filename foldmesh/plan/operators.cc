#include "foldmesh/plan/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "foldmesh/plan/explain.h"

namespace foldmesh::plan {
namespace {

std::string layout_text(const std::optional<Layout>& layout, bool is_msa) {
  if (!layout) return "any";
  return std::string(is_msa ? msa_layout_name(*layout) : pair_layout_name(*layout));
}

std::string messages_text(const Strategy& strategy) {
  std::string text;
  for (int i = 0; i < strategy.n_messages; ++i) {
    const Collective& message = strategy.messages[static_cast<size_t>(i)];
    if (!text.empty()) text += ", ";
    text += fmt::format("{} of {}", name_of(message.kind), bytes_text(message.bytes));
  }
  return text.empty() ? "none" : text;
}

bool same_but_for_chunk(const Strategy& a, const Strategy& b) {
  return a.other == b.other && a.pair == b.pair && a.algorithm == b.algorithm;
}

std::string row(std::string_view op, const Strategy& whole, int64_t least_workspace) {
  const std::string chunks = whole.chunk.axis == '-' ? "none" : std::string(1, whole.chunk.axis);
  return fmt::format("| {} | {} | {} | {} | {:.2f} | {} | {} | {} | {} | {} |\n", op,
                     layout_text(whole.other, true), layout_text(whole.pair, false), name_of(whole.algorithm),
                     whole.work.flops * 1e-9, bytes_text(static_cast<int64_t>(whole.work.bytes)),
                     messages_text(whole), chunks, bytes_text(whole.workspace), bytes_text(least_workspace));
}

}  // namespace

std::string operator_table(const Network& network, int n_devices, Precision precision) {
  std::string text =
      "| operator | MSA | pair | how | GFLOP | memory traffic | received | chunks over | workspace | in "
      "chunks |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  std::vector<std::pair<graph::OpKind, Slot>> in_main_block;
  const auto append = [&](std::string_view prefix, bool new_kinds_only) {
    for (const Step& step : network.steps) {
      if (!std::string_view(step.node->name).starts_with(prefix)) continue;
      const auto key = std::make_pair(step.node->kind, step.main);
      const bool known = std::find(in_main_block.begin(), in_main_block.end(), key) != in_main_block.end();
      if (new_kinds_only ? known && step.node->kind != graph::OpKind::kOuterProductMean : false) continue;
      in_main_block.push_back(key);
      const std::vector<Strategy> strategies = enumerate_strategies(network, step, n_devices, precision);
      for (size_t i = 0; i < strategies.size();) {
        size_t end = i;
        int64_t least = strategies[i].workspace;
        for (; end < strategies.size() && same_but_for_chunk(strategies[i], strategies[end]); ++end) {
          least = std::min(least, strategies[end].workspace);
        }
        text += row(step.node->name, strategies[i], least);
        i = end;
      }
    }
  };
  append("evoformer/0/", false);
  append("extra_msa/0/", true);
  return text;
}

}  // namespace foldmesh::plan
