#include "foldmesh/runtime/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"

namespace foldmesh::runtime {
namespace {

size_t aligned(size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

bool occupies(const ArenaItem& item) { return item.bytes > 0 && !item.lifetime.empty(); }

size_t most_alive(std::span<const ArenaItem> items) {
  std::vector<std::pair<int32_t, int64_t>> changes;  // ends sort before starts of the same node
  for (const ArenaItem& item : items) {
    if (!occupies(item)) continue;
    const auto bytes = static_cast<int64_t>(aligned(item.bytes));
    for (const graph::LiveRange& range : item.lifetime) {
      changes.emplace_back(range.first, bytes);
      changes.emplace_back(range.last + 1, -bytes);
    }
  }
  std::sort(changes.begin(), changes.end());
  int64_t alive = 0, most = 0;
  for (const auto& [node, change] : changes) {
    alive += change;
    most = std::max(most, alive);
  }
  return static_cast<size_t>(most);
}

// By item: those that are alive at some time while it is.
using Neighbours = std::vector<std::vector<size_t>>;

// Once for all placements, since few items are alive together and placements are many.
Neighbours find_neighbours(std::span<const ArenaItem> items) {
  struct Range {
    graph::LiveRange range;
    size_t item = 0;
  };
  std::vector<Range> ranges, alive;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!occupies(items[i])) continue;
    for (const graph::LiveRange& range : items[i].lifetime) ranges.push_back({range, i});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.range.first < b.range.first; });
  Neighbours out(items.size());
  for (const Range& now : ranges) {
    std::erase_if(alive, [&](const Range& other) { return other.range.last < now.range.first; });
    for (const Range& other : alive) {
      out[now.item].push_back(other.item);
      out[other.item].push_back(now.item);
    }
    alive.push_back(now);
  }
  for (std::vector<size_t>& of_one : out) {
    std::sort(of_one.begin(), of_one.end());
    of_one.erase(std::unique(of_one.begin(), of_one.end()), of_one.end());
  }
  return out;
}

// One item's turn in a placement: it takes the best gap that is left, at its lower or at its upper end.
struct Turn {
  size_t item = 0;
  bool at_top = false;
};

// The smallest gap below `ceiling` between things taken that is large enough, else the place behind them all.
size_t best_fit(std::vector<std::pair<size_t, size_t>>& taken, size_t bytes, size_t ceiling, bool at_top) {
  std::sort(taken.begin(), taken.end());
  size_t best = 0, best_gap = SIZE_MAX, end = 0;
  const auto consider = [&](size_t gap_end) {
    if (gap_end < end || gap_end - end < bytes || gap_end - end >= best_gap) return;
    best_gap = gap_end - end;
    best = at_top ? gap_end - bytes : end;
  };
  for (const auto& [offset, size] : taken) {
    consider(offset);
    end = std::max(end, offset + size);
  }
  consider(ceiling);
  return best_gap == SIZE_MAX ? end : best;
}

ArenaPlan place(std::span<const ArenaItem> items, const Neighbours& neighbours,
                const std::vector<Turn>& turns, size_t ceiling) {
  ArenaPlan plan;
  plan.offsets.assign(items.size(), 0);
  std::vector<bool> is_placed(items.size());
  std::vector<std::pair<size_t, size_t>> taken;
  for (const Turn& turn : turns) {
    const size_t bytes = aligned(items[turn.item].bytes);
    taken.clear();
    for (const size_t other : neighbours[turn.item]) {
      if (is_placed[other]) taken.emplace_back(plan.offsets[other], aligned(items[other].bytes));
    }
    plan.offsets[turn.item] = best_fit(taken, bytes, ceiling, turn.at_top);
    plan.bytes = std::max(plan.bytes, plan.offsets[turn.item] + bytes);
    is_placed[turn.item] = true;
  }
  return plan;
}

// Places in the given order, then lets whatever sticks out on top choose its place earlier and at a random
// end, again and again. Keeps the best placement seen.
void improve(std::span<const ArenaItem> items, const Neighbours& neighbours, size_t lower_bound,
             std::vector<Turn> turns, ArenaPlan* best) {
  constexpr int kRounds = 40;
  base::Rng rng(1);
  for (int round = 0; round < kRounds; ++round) {
    ArenaPlan plan = place(items, neighbours, turns, lower_bound);
    const auto top = std::find_if(turns.begin(), turns.end(), [&](const Turn& turn) {
      return plan.offsets[turn.item] + aligned(items[turn.item].bytes) == plan.bytes;
    });
    if (plan.bytes < best->bytes) *best = std::move(plan);
    if (best->bytes == lower_bound || top == turns.end()) return;
    top->at_top = rng.below(2) == 1;
    std::rotate(turns.begin(), top, top + 1);
  }
}

}  // namespace

ArenaPlan plan_arena(std::span<const ArenaItem> items) {
  using Weight = std::function<double(const ArenaItem&)>;
  const auto length = [](const ArenaItem& item) {
    double nodes = 0;
    for (const graph::LiveRange& range : item.lifetime) nodes += range.last - range.first + 1;
    return nodes;
  };
  const Weight weights[] = {
      [](const ArenaItem& item) { return static_cast<double>(item.bytes); },
      length,
      [&](const ArenaItem& item) { return static_cast<double>(item.bytes) * length(item); },
  };
  const size_t lower_bound = most_alive(items);
  const Neighbours neighbours = find_neighbours(items);
  ArenaPlan best;
  best.bytes = SIZE_MAX;
  for (const Weight& weight : weights) {
    std::vector<Turn> turns;
    for (size_t i = 0; i < items.size(); ++i) {
      if (occupies(items[i])) turns.push_back({i, false});
    }
    std::stable_sort(turns.begin(), turns.end(), [&](const Turn& a, const Turn& b) {
      const ArenaItem &x = items[a.item], &y = items[b.item];
      return weight(x) != weight(y) ? weight(x) > weight(y) : x.bytes > y.bytes;
    });
    improve(items, neighbours, lower_bound, std::move(turns), &best);
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
