#include "foldmesh/plan/layout.h"

#include <algorithm>

namespace foldmesh::plan {
namespace {

int64_t extent_along(const Extents& tensor, Layout split) {
  switch (split) {
    case Layout::kFirst:
      return tensor.rows;
    case Layout::kSecond:
      return tensor.columns;
    case Layout::kChannels:
      return tensor.channels;
    case Layout::kWhole:
      break;
  }
  return 1;
}

}  // namespace

std::string_view msa_layout_name(Layout layout) {
  constexpr std::array<std::string_view, 4> kNames = {"M/R", "M/s", "M/r", "M/c"};
  return kNames.at(static_cast<size_t>(layout));
}

std::string_view pair_layout_name(Layout layout) {
  constexpr std::array<std::string_view, 4> kNames = {"Z/R", "Z/i", "Z/j", "Z/c"};
  return kNames.at(static_cast<size_t>(layout));
}

int64_t part_begin(int64_t extent, int n_devices, int device) { return extent * device / n_devices; }

int64_t part_size(int64_t extent, int n_devices, int device) {
  return part_begin(extent, n_devices, device + 1) - part_begin(extent, n_devices, device);
}

int64_t largest_part(int64_t extent, int n_devices) { return (extent + n_devices - 1) / n_devices; }

int64_t smallest_part(int64_t extent, int n_devices) { return extent / n_devices; }

int64_t shard_elements(const Extents& tensor, Layout layout, int n_devices) {
  if (layout == Layout::kWhole) return tensor.elements();
  const int64_t extent = extent_along(tensor, layout);
  return extent == 0 ? 0 : tensor.elements() / extent * largest_part(extent, n_devices);
}

int64_t reshard_elements(const Extents& tensor, Layout from, Layout to, int n_devices) {
  if (from == to || from == Layout::kWhole || tensor.elements() == 0) return 0;
  const int64_t old_extent = extent_along(tensor, from);
  if (to == Layout::kWhole) {
    return tensor.elements() / old_extent * (old_extent - smallest_part(old_extent, n_devices));
  }
  // A device gets its part along the new axis of everything that lay elsewhere along the old one.
  const int64_t new_extent = extent_along(tensor, to), rest = tensor.elements() / old_extent / new_extent;
  int64_t most = 0;
  for (int device = 0; device < n_devices; ++device) {
    const int64_t elsewhere = old_extent - part_size(old_extent, n_devices, device);
    most = std::max(most, rest * elsewhere * part_size(new_extent, n_devices, device));
  }
  return most;
}

int exchange_rounds(int64_t elements) {
  constexpr int64_t kPiece = int64_t{4} << 20, kMostRounds = 16;
  return static_cast<int>(std::clamp<int64_t>((elements + kPiece - 1) / kPiece, 1, kMostRounds));
}

int64_t change_staging(const Extents& tensor, Layout from, Layout to, int n_devices) {
  if (from == to || from == Layout::kWhole || tensor.elements() == 0) return 0;
  const int64_t largest =
      std::max(shard_elements(tensor, from, n_devices), shard_elements(tensor, to, n_devices));
  const int rounds = exchange_rounds(largest);
  const auto piece = [&](Layout layout) {
    const int64_t rows = layout == Layout::kFirst ? largest_part(tensor.rows, n_devices) : tensor.rows;
    return (rows + rounds - 1) / rounds * (shard_elements(tensor, layout, n_devices) / rows);
  };
  return (to == Layout::kSecond ? piece(from) : 0) + (from == Layout::kSecond ? piece(to) : 0);
}

}  // namespace foldmesh::plan
