#include "foldmesh/plan/layout.h"

#include <gtest/gtest.h>

#include <vector>

namespace foldmesh::plan {
namespace {

constexpr Layout kAll[] = {Layout::kWhole, Layout::kFirst, Layout::kSecond, Layout::kChannels};

bool holds(const Extents& tensor, Layout layout, int n, int device, int64_t i, int64_t j, int64_t c) {
  const auto inside = [&](int64_t extent, int64_t at) {
    const int64_t begin = part_begin(extent, n, device);
    return at >= begin && at < begin + part_size(extent, n, device);
  };
  switch (layout) {
    case Layout::kWhole:
      return true;
    case Layout::kFirst:
      return inside(tensor.rows, i);
    case Layout::kSecond:
      return inside(tensor.columns, j);
    case Layout::kChannels:
      return inside(tensor.channels, c);
  }
  return false;
}

TEST(Layout, PartsCoverEverythingOnce) {
  for (const int64_t extent : {1, 5, 17, 64, 97}) {
    for (const int n : {1, 2, 3, 7, 16, 64, 130}) {
      int64_t covered = 0, largest = 0, smallest = extent;
      for (int device = 0; device < n; ++device) {
        EXPECT_EQ(part_begin(extent, n, device), covered);
        const int64_t size = part_size(extent, n, device);
        covered += size;
        largest = std::max(largest, size);
        smallest = std::min(smallest, size);
      }
      EXPECT_EQ(covered, extent);
      EXPECT_EQ(largest, largest_part(extent, n));
      EXPECT_EQ(smallest, smallest_part(extent, n));
      EXPECT_LE(largest - smallest, 1);
    }
  }
}

// Element by element: what a device holds after the change and did not hold before.
TEST(Layout, ReshardingCountsElementsThatMove) {
  for (const Extents& tensor : {Extents{9, 13, 6}, Extents{17, 17, 8}, Extents{2, 11, 5}}) {
    for (const int n : {1, 2, 3, 5, 7, 20}) {
      for (const Layout from : kAll) {
        for (const Layout to : kAll) {
          int64_t most = 0, largest_shard = 0;
          for (int device = 0; device < n; ++device) {
            int64_t received = 0, held = 0;
            for (int64_t i = 0; i < tensor.rows; ++i) {
              for (int64_t j = 0; j < tensor.columns; ++j) {
                for (int64_t c = 0; c < tensor.channels; ++c) {
                  const bool after = holds(tensor, to, n, device, i, j, c);
                  held += after;
                  received += after && !holds(tensor, from, n, device, i, j, c);
                }
              }
            }
            most = std::max(most, received);
            largest_shard = std::max(largest_shard, held);
          }
          EXPECT_EQ(reshard_elements(tensor, from, to, n), most)
              << n << " devices, " << pair_layout_name(from) << " to " << pair_layout_name(to);
          EXPECT_EQ(shard_elements(tensor, to, n), largest_shard);
        }
      }
    }
  }
}

TEST(Layout, TextbookFormulasWhereAllDivides) {
  const Extents z = {64, 64, 32};
  const int64_t n = 8, elements = z.elements();
  EXPECT_EQ(reshard_elements(z, Layout::kFirst, Layout::kWhole, n), (n - 1) * elements / n);
  EXPECT_EQ(reshard_elements(z, Layout::kFirst, Layout::kSecond, n), (n - 1) * elements / (n * n));
  EXPECT_EQ(reshard_elements(z, Layout::kWhole, Layout::kSecond, n), 0);
}

TEST(Layout, LongChainsDoNotOverflow) {
  const Extents z = {30'000, 30'000, 128};
  EXPECT_EQ(z.elements(), 115'200'000'000);
  EXPECT_EQ(shard_elements(z, Layout::kFirst, 64), int64_t{469} * 30'000 * 128);
  EXPECT_EQ(reshard_elements(z, Layout::kFirst, Layout::kWhole, 64), int64_t{30'000 - 468} * 30'000 * 128);
}

}  // namespace
}  // namespace foldmesh::plan
