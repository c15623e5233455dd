// How one tensor lies on a line of n devices, and what it costs to change that. Extents need not divide by n:
// parts differ by at most one, and are empty where there are more devices than rows.
#ifndef FOLDMESH_PLAN_LAYOUT_H_
#define FOLDMESH_PLAN_LAYOUT_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace foldmesh::plan {

// Of a tensor [rows, columns, channels]: an MSA [sequences, residues, c] or a pair tensor [i, j, c].
enum class Layout : uint8_t {
  kWhole,     // every device holds all of it
  kFirst,     // split over axis 0: M/s, Z/i
  kSecond,    // split over axis 1: M/r, Z/j
  kChannels,  // split over axis 2: only inside operators, since each of them starts by normalising channels
};

// The layouts that a tensor can have between two operators.
inline constexpr std::array kRestingLayouts = {Layout::kWhole, Layout::kFirst, Layout::kSecond};

std::string_view msa_layout_name(Layout layout);   // "M/R", "M/s", "M/r", "M/c"
std::string_view pair_layout_name(Layout layout);  // "Z/R", "Z/i", "Z/j", "Z/c"

struct Extents {
  int64_t rows = 0, columns = 0, channels = 0;
  int64_t elements() const { return rows * columns * channels; }
  bool operator==(const Extents&) const = default;
};

// Extent of device d's part: [extent * d / n, extent * (d + 1) / n).
int64_t part_begin(int64_t extent, int n_devices, int device);
int64_t part_size(int64_t extent, int n_devices, int device);
int64_t largest_part(int64_t extent, int n_devices);
int64_t smallest_part(int64_t extent, int n_devices);

// Elements of the largest part.
int64_t shard_elements(const Extents& tensor, Layout layout, int n_devices);

// Elements that the busiest device receives when a tensor changes its layout: nothing when a device only has
// to drop what it holds, an all-gather towards kWhole, an all-to-all between two splits.
int64_t reshard_elements(const Extents& tensor, Layout from, Layout to, int n_devices);

// Rounds in which an exchange is done when no device holds more than `elements` before or after it: what has
// to be copied on the way then stays below 1/16 of that, or below 16 MiB of fp32.
int exchange_rounds(int64_t elements);

// Elements that are copied on their way in one round of a change of layout, at most: what does not lie in one
// stretch where it comes from, or where it goes to.
int64_t change_staging(const Extents& tensor, Layout from, Layout to, int n_devices);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_LAYOUT_H_
