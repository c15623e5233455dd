#include "foldmesh/runtime/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime {
namespace {

size_t aligned(size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

bool overlap(const graph::LiveRange& a, const graph::LiveRange& b) {
  return a.first <= b.last && b.first <= a.last;
}

bool occupies(const ArenaItem& item) { return item.bytes > 0 && item.range.first <= item.range.last; }

size_t most_alive(std::span<const ArenaItem> items) {
  std::vector<std::pair<int32_t, int64_t>> changes;  // ends sort before starts of the same node
  for (const ArenaItem& item : items) {
    if (!occupies(item)) continue;
    const auto bytes = static_cast<int64_t>(aligned(item.bytes));
    changes.emplace_back(item.range.first, bytes);
    changes.emplace_back(item.range.last + 1, -bytes);
  }
  std::sort(changes.begin(), changes.end());
  int64_t alive = 0, most = 0;
  for (const auto& [node, change] : changes) {
    alive += change;
    most = std::max(most, alive);
  }
  return static_cast<size_t>(most);
}

// The smallest gap between items alive at the same time that is large enough, else the place behind them all.
size_t best_fit(std::vector<std::pair<size_t, size_t>>& taken, size_t bytes) {
  std::sort(taken.begin(), taken.end());
  size_t best = 0, best_gap = SIZE_MAX, end = 0;
  for (const auto& [offset, size] : taken) {
    if (offset > end && offset - end >= bytes && offset - end < best_gap) {
      best = end;
      best_gap = offset - end;
    }
    end = std::max(end, offset + size);
  }
  return best_gap == SIZE_MAX ? end : best;
}

ArenaPlan place(std::span<const ArenaItem> items, const std::vector<size_t>& order) {
  ArenaPlan plan;
  plan.offsets.assign(items.size(), 0);
  std::vector<size_t> placed;
  std::vector<std::pair<size_t, size_t>> taken;
  for (size_t i : order) {
    if (!occupies(items[i])) continue;
    const size_t bytes = aligned(items[i].bytes);
    taken.clear();
    for (size_t other : placed) {
      if (overlap(items[i].range, items[other].range)) {
        taken.emplace_back(plan.offsets[other], aligned(items[other].bytes));
      }
    }
    plan.offsets[i] = best_fit(taken, bytes);
    plan.bytes = std::max(plan.bytes, plan.offsets[i] + bytes);
    placed.push_back(i);
  }
  return plan;
}

}  // namespace

ArenaPlan plan_arena(std::span<const ArenaItem> items) {
  using Weight = std::function<double(const ArenaItem&)>;
  const auto length = [](const ArenaItem& item) {
    return static_cast<double>(item.range.last) - item.range.first + 1;
  };
  const Weight weights[] = {
      [](const ArenaItem& item) { return static_cast<double>(item.bytes); },
      length,
      [&](const ArenaItem& item) { return static_cast<double>(item.bytes) * length(item); },
  };
  const size_t lower_bound = most_alive(items);
  ArenaPlan best;
  best.bytes = SIZE_MAX;
  for (const Weight& weight : weights) {
    std::vector<size_t> order(items.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const double x = weight(items[a]), y = weight(items[b]);
      return x != y ? x > y : items[a].bytes > items[b].bytes;
    });
    ArenaPlan plan = place(items, order);
    if (plan.bytes < best.bytes) best = std::move(plan);
    if (best.bytes == lower_bound) break;
  }
  best.lower_bound = lower_bound;
  return best;
}

ArenaMemory::ArenaMemory(size_t bytes) : size_(std::max<size_t>(bytes, 1)) {
  void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    base::throw_machine("{:.2f} GiB of memory cannot be reserved: {}", static_cast<double>(bytes) * 0x1p-30,
                        std::strerror(errno));
  }
  data_ = static_cast<std::byte*>(memory);
  ::madvise(memory, size_, MADV_HUGEPAGE);  // a wish; kernels without huge pages refuse it
#ifdef MADV_POPULATE_WRITE
  // Kernels before 5.14 do not know it and give pages on first touch instead.
  if (::madvise(memory, size_, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
    const int error = errno;
    ::munmap(memory, size_);
    base::throw_machine("{:.2f} GiB of memory cannot be had: {}", static_cast<double>(bytes) * 0x1p-30,
                        std::strerror(error));
  }
#endif
}

ArenaMemory::~ArenaMemory() { ::munmap(data_, size_); }

}  // namespace foldmesh::runtime
