// Plans as text and as JSON. Text depends on the plan alone, so that it can be compared line by line.
#ifndef FOLDMESH_PLAN_EXPLAIN_H_
#define FOLDMESH_PLAN_EXPLAIN_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "foldmesh/plan/batch.h"

namespace foldmesh::plan {

// One table row for each operator. Equal blocks of a stack, and equal passes, stand once with their number.
// A layout that changes before the operator is written as M/s>r.
std::string to_text(const Plan& plan, const Planner& planner, const Mesh& mesh);
nlohmann::ordered_json to_json(const Plan& plan, const Planner& planner, const Mesh& mesh);

// One line: "does not fit: ..."
std::string to_text(const DoesNotFit& misfit);
nlohmann::ordered_json to_json(const DoesNotFit& misfit);

// The whole answer: schedule where there are several items, the plan of each network. `names`: one line each.
std::string to_text(const Batch& batch, std::span<const std::string> names, const Mesh& mesh);
nlohmann::ordered_json to_json(const Batch& batch, std::span<const std::string> names, const Mesh& mesh);

// "1.25 GiB", "3.10 MiB", "0"
std::string bytes_text(int64_t bytes);
// "12.3 ms", "4.56 s", "1 h 02 min"
std::string seconds_text(double seconds);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_EXPLAIN_H_
