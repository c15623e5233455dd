// What the planner chooses from, as a table: every strategy of every operator of one Evoformer block, and of
// the operators that an extra MSA block has in another form.
#ifndef FOLDMESH_PLAN_OPERATORS_H_
#define FOLDMESH_PLAN_OPERATORS_H_

#include <string>

#include "foldmesh/plan/strategy.h"

namespace foldmesh::plan {

// A Markdown table; counts are those of the busiest of n_devices. One row per strategy, its chunk sizes
// together.
std::string operator_table(const Network& network, int n_devices, Precision precision);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_OPERATORS_H_
