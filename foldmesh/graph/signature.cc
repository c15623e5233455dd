#include "foldmesh/graph/signature.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace foldmesh::graph {
namespace {

constexpr std::string_view kAtMost = " <= ";

bool fits_axis(const std::string& axis, int64_t extent, AxisExtents& extents, bool any_extent) {
  if (std::isdigit(static_cast<unsigned char>(axis[0])) != 0) {
    int64_t expected = 0;
    std::from_chars(axis.data(), axis.data() + axis.size(), expected);
    return extent == expected;
  }
  if (const size_t at = axis.find(kAtMost); at != std::string::npos) {
    const auto limit = extents.find(axis.substr(at + kAtMost.size()));
    return any_extent || (limit != extents.end() && extent <= limit->second);
  }
  return extents.try_emplace(axis, extent).first->second == extent || any_extent;
}

}  // namespace

OperandSignature parse_signature(std::string_view description) {
  OperandSignature signature;
  const size_t open = description.find('['), close = description.find(']');
  signature.name = description.substr(0, std::min(description.find_first_of(" ,"), description.size()));
  if (open == std::string_view::npos || close == std::string_view::npos) return signature;
  signature.has_shape = true;
  std::string_view axes = description.substr(open + 1, close - open - 1);
  while (true) {
    const size_t comma = axes.find(',');
    signature.axes.emplace_back(axes.substr(0, comma));
    if (comma == std::string_view::npos) break;
    axes.remove_prefix(comma + 1);
  }
  const std::string_view rest = description.substr(close + 1);
  signature.is_integer = rest.starts_with(" int");
  signature.repeated = rest.find("one operand each") != std::string_view::npos;
  return signature;
}

bool fits(const OperandSignature& signature, const tensor::Shape& shape, AxisExtents& extents,
          bool any_extent) {
  const std::vector<std::string>& axes = signature.axes;
  const auto dots = std::find(axes.begin(), axes.end(), "...");
  if (dots == axes.end() ? shape.size() != axes.size() : shape.size() + 1 < axes.size()) return false;
  const auto n_front = static_cast<size_t>(dots - axes.begin());
  for (size_t i = 0; i < n_front; ++i) {
    if (!fits_axis(axes[i], shape[i], extents, any_extent)) return false;
  }
  for (size_t back = 1; n_front + back < axes.size(); ++back) {
    if (!fits_axis(axes[axes.size() - back], shape[shape.size() - back], extents, any_extent)) return false;
  }
  return true;
}

}  // namespace foldmesh::graph
