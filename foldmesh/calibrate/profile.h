// Where a prediction's time goes: what the planner says, by kind of operator, beside what was measured.
#ifndef FOLDMESH_CALIBRATE_PROFILE_H_
#define FOLDMESH_CALIBRATE_PROFILE_H_

#include <map>
#include <string>

#include "foldmesh/plan/plan.h"

namespace foldmesh::calibrate {

using SecondsByOperator = std::map<std::string, double>;  // by the catalogue's names: "row_attention"

// Of all passes of the best plan on exactly n devices, messages and layout changes included. Empty where none
// fits.
SecondsByOperator predicted_seconds(const graph::Graph& network, const plan::Machine& machine,
                                    const plan::PlanOptions& options, int n_devices);

// One row for each operator of either side, those that take longest on the left first, with right / left. A
// side that is empty shows dashes.
std::string compare(const std::string& left_title, const SecondsByOperator& left,
                    const std::string& right_title, const SecondsByOperator& right);

}  // namespace foldmesh::calibrate

#endif  // FOLDMESH_CALIBRATE_PROFILE_H_
