// The units that a search would hand out, put together from measured chunks.
#ifndef FOLDMESH_SCALING_SCHEDULE_H_
#define FOLDMESH_SCALING_SCHEDULE_H_

#include <span>
#include <vector>

#include "foldmesh/scaling/simulator.h"

namespace foldmesh::scaling {

// In the order in which `n_workers` get them (search/units.h): sizes follow from the number of workers, large
// ranges come first and shrink towards the end. `chunks` in database order; each stands for `times_as_large`
// like it, side by side.
std::vector<WorkUnit> scheduled_units(std::span<const WorkUnit> chunks, int times_as_large, int query_length,
                                      int n_workers);

}  // namespace foldmesh::scaling

#endif  // FOLDMESH_SCALING_SCHEDULE_H_
