#include "foldmesh/plan/groups.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace foldmesh::plan {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

double time_on(const ItemTimes& item, int n_devices) { return item[static_cast<size_t>(n_devices) - 1]; }

// Puts items, each on its number of devices, one after the other where they can start first; big and long
// ones come first. A group of n devices starts at a multiple of n, so that groups fall into place beside each
// other.
Schedule place(std::span<const ItemTimes> items, const std::vector<int>& sizes, int n_devices) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (sizes[a] != sizes[b]) return sizes[a] > sizes[b];
    return time_on(items[a], sizes[a]) > time_on(items[b], sizes[b]);
  });
  std::vector<double> free_at(static_cast<size_t>(n_devices), 0);
  std::set<std::pair<double, int>> groups;  // of the current size: when free, first device
  int size = 0;
  Schedule schedule;
  schedule.placements.resize(items.size());
  for (const size_t item : order) {
    if (sizes[item] != size) {
      size = sizes[item];
      groups.clear();
      for (int first = 0; first + size <= n_devices; first += size) {
        const auto group = free_at.begin() + first;
        groups.emplace(*std::max_element(group, group + size), first);
      }
    }
    const auto [start, first] = *groups.begin();
    const double end = start + time_on(items[item], size);
    groups.erase(groups.begin());
    groups.emplace(end, first);
    std::fill_n(free_at.begin() + first, size, end);
    schedule.makespan = std::max(schedule.makespan, end);
    schedule.placements[item] = {item, first, size, start, end};
  }
  return schedule;
}

// Device seconds that items take on these numbers of devices.
double area(std::span<const ItemTimes> items, const std::vector<int>& sizes) {
  double total = 0;
  for (size_t i = 0; i < items.size(); ++i) total += sizes[i] * time_on(items[i], sizes[i]);
  return total;
}

// The fewest devices on which each item takes no longer than the deadline; nothing if one cannot.
std::optional<std::vector<int>> sizes_for(std::span<const ItemTimes> items, int n_devices, double deadline) {
  std::vector<int> sizes;
  for (const ItemTimes& item : items) {
    int n = 1;
    while (n <= n_devices && time_on(item, n) > deadline) ++n;
    if (n > n_devices) return std::nullopt;
    sizes.push_back(n);
  }
  return sizes;
}

// Gives the items that end last more devices, as long as that helps: what is left over when items are no
// multiple of the groups otherwise keeps most devices waiting.
void widen_last(std::span<const ItemTimes> items, int n_devices, Schedule* best) {
  constexpr int kMostRounds = 32;
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<int> sizes(items.size());
    for (const Placement& placement : best->placements) sizes[placement.item] = placement.n_devices;
    Schedule wider = *best;
    for (int factor = 2; factor <= n_devices; factor *= 2) {
      std::vector<int> tried = sizes;
      for (const Placement& placement : best->placements) {
        if (placement.end < best->makespan) continue;
        tried[placement.item] = std::min(n_devices, factor * placement.n_devices);
      }
      Schedule schedule = place(items, tried, n_devices);
      if (schedule.makespan < wider.makespan) wider = std::move(schedule);
    }
    if (wider.makespan >= best->makespan) return;
    *best = std::move(wider);
  }
}

double lower_bound(std::span<const ItemTimes> items, int n_devices) {
  double longest = 0, device_seconds = 0;
  for (const ItemTimes& item : items) {
    double fastest = kNever, cheapest = kNever;
    for (int n = 1; n <= n_devices; ++n) {
      fastest = std::min(fastest, time_on(item, n));
      cheapest = std::min(cheapest, n * time_on(item, n));
    }
    longest = std::max(longest, fastest);
    device_seconds += cheapest;
  }
  return std::max(longest, device_seconds / n_devices);
}

}  // namespace

std::optional<Schedule> make_schedule(std::span<const ItemTimes> items, int n_devices) {
  std::vector<double> deadlines;
  for (const ItemTimes& item : items) {
    for (int n = 1; n <= n_devices; ++n) {
      if (time_on(item, n) < kNever) deadlines.push_back(time_on(item, n));
    }
  }
  std::sort(deadlines.begin(), deadlines.end());
  deadlines.erase(std::unique(deadlines.begin(), deadlines.end()), deadlines.end());

  std::optional<Schedule> best;
  const auto consider = [&](const std::vector<int>& sizes) {
    if (best && area(items, sizes) / n_devices >= best->makespan) return;
    Schedule schedule = place(items, sizes, n_devices);
    widen_last(items, n_devices, &schedule);
    if (schedule.makespan < (best ? best->makespan : kNever)) best = std::move(schedule);
  };
  for (int groups = n_devices; groups >= 1; --groups) {
    const int size = n_devices / groups;
    if (n_devices / size != groups) continue;  // the same size makes more groups
    consider(std::vector<int>(items.size(), size));
  }
  for (const double deadline : deadlines) {
    if (best && deadline >= best->makespan) break;
    if (const auto sizes = sizes_for(items, n_devices, deadline)) consider(*sizes);
  }
  if (best) best->lower_bound = lower_bound(items, n_devices);
  return best;
}

Pipeline make_pipeline(std::span<const double> steps, double handover, int stages, int n_passes,
                       int64_t n_items) {
  const auto stages_needed = [&](double limit) {
    int needed = 1;
    double stage = handover;
    for (const double step : steps) {
      if (stage + step > limit) ++needed, stage = handover;
      stage += step;
    }
    return needed;
  };
  const double total = std::accumulate(steps.begin(), steps.end(), 0.0);
  double low = handover + *std::max_element(steps.begin(), steps.end()), high = handover + total;
  while (high - low > 1e-9 * high) {
    const double middle = (low + high) / 2;
    (stages_needed(middle) <= stages ? high : low) = middle;
  }
  const double pass = total + stages * handover;
  const auto items = static_cast<double>(n_items);
  // One round is a pass of every item: as long as a pass takes, or as the slowest stage is busy with all
  // items.
  return {stages, high, (n_passes - 1) * std::max(pass, items * high) + pass + (items - 1) * high};
}

}  // namespace foldmesh::plan
