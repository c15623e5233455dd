// Several items (sequences x models x seeds) on one mesh: how many devices each gets, and when. Items
// exchange nothing, so that running many side by side loses no time to messages; several devices for one item
// pay where there are fewer items than devices or an item does not fit on one.
#ifndef FOLDMESH_PLAN_GROUPS_H_
#define FOLDMESH_PLAN_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace foldmesh::plan {

// Predicted seconds of one item on 1, 2, .. devices; infinite where it does not fit.
using ItemTimes = std::vector<double>;

struct Placement {
  size_t item = 0;
  int first_device = 0, n_devices = 1;
  double start = 0, end = 0;  // seconds
};

struct Schedule {
  std::vector<Placement> placements;  // by item
  double makespan = 0;
  double lower_bound = 0;  // no schedule can be shorter
};

// A short schedule: for groups of equal size, and for every deadline for single items (each then gets the
// fewest devices that meet it), longest items first, each with more devices for those that end last where
// that helps; the best of all. For equal items it is never longer than ceil(items / groups) * time on the
// best number of groups. Nothing when an item fits nowhere. Every item must have times for n_devices.
std::optional<Schedule> make_schedule(std::span<const ItemTimes> items, int n_devices);

// What a pipeline would take: one pass of one item cut into stages of consecutive steps, on a group of
// devices each, items following each other. A later pass of an item starts when the one before has left the
// last stage.
struct Pipeline {
  int stages = 1;
  double bottleneck = 0;  // seconds of the slowest stage, handing over included
  double makespan = 0;
};

// `steps`: seconds of each step of a pass on one group; `handover`: seconds to pass an item's tensors on.
// The cut is the best there is: the slowest stage is as fast as it can be, to 1 part in 1e9.
Pipeline make_pipeline(std::span<const double> steps, double handover, int stages, int n_passes,
                       int64_t n_items);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_GROUPS_H_
