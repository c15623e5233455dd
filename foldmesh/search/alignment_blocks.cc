#include "foldmesh/search/alignment_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace foldmesh::search {
namespace {

constexpr size_t kMinColumns = 40;

size_t columns_per_block(size_t n_columns, size_t label_width, size_t number_width, int text_width) {
  if (text_width == 0) return std::max<size_t>(n_columns, 1);
  const int room = text_width - static_cast<int>(label_width + 2 * number_width + 5);
  if (room >= static_cast<int>(n_columns)) return std::max<size_t>(n_columns, 1);
  return std::max(kMinColumns, static_cast<size_t>(std::max(room, 0)));
}

}  // namespace

void append_alignment_blocks(std::string& text, const hmm::DomainAlignment& a, std::string_view model_name,
                             std::string_view target_name, int text_width) {
  const auto out = std::back_inserter(text);
  const size_t label_width = std::max(model_name.size(), target_name.size());
  const int largest = std::max({a.hmm_from, a.hmm_to, a.seq_from, a.seq_to});
  const size_t number_width = std::to_string(largest).size();
  const size_t width = columns_per_block(a.aligned.size(), label_width, number_width, text_width);
  const std::string indent(label_width + number_width + 4, ' ');

  int node = a.hmm_from, residue = a.seq_from;  // the next ones
  for (size_t from = 0; from < a.aligned.size(); from += width) {
    const std::string_view model = std::string_view(a.model).substr(from, width);
    const std::string_view aligned = std::string_view(a.aligned).substr(from, width);
    const auto n_nodes = static_cast<int>(model.size() - std::count(model.begin(), model.end(), '.'));
    const auto n_residues =
        static_cast<int>(aligned.size() - std::count(aligned.begin(), aligned.end(), '-'));

    if (!a.cs.empty()) fmt::format_to(out, "{}{} CS\n", indent, a.cs.substr(from, width));
    if (!a.rf.empty()) fmt::format_to(out, "{}{} RF\n", indent, a.rf.substr(from, width));
    fmt::format_to(out, "  {:>{}} {:>{}} {} {:<{}}\n", model_name, label_width, node, number_width, model,
                   node + n_nodes - 1, number_width);
    fmt::format_to(out, "{}{}\n", indent, a.match.substr(from, width));
    if (n_residues > 0) {
      fmt::format_to(out, "  {:>{}} {:>{}} {} {:<{}}\n", target_name, label_width, residue, number_width,
                     aligned, residue + n_residues - 1, number_width);
    } else {
      fmt::format_to(out, "  {:>{}} {:>{}} {} {:>{}}\n", target_name, label_width, '-', number_width, aligned,
                     '-', number_width);
    }
    if (!a.pp.empty()) fmt::format_to(out, "{}{} PP\n", indent, a.pp.substr(from, width));
    fmt::format_to(out, "\n");
    node += n_nodes;
    residue += n_residues;
  }
}

}  // namespace foldmesh::search
