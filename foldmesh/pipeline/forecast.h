// How long the predictions of a run will take, said before they start.
#ifndef FOLDMESH_PIPELINE_FORECAST_H_
#define FOLDMESH_PIPELINE_FORECAST_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "foldmesh/model/config.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::pipeline {

// One line: how many predictions, by groups of equal length and network, and the planner's time for all of
// them one after the other on this mesh, with the deepest alignments that the models take. Without a
// time where some do not fit or there are too many different ones to plan at once; empty for a single
// prediction.
std::string forecast(std::span<const int64_t> lengths, std::span<const model::ModelConfig> models,
                     const plan::Mesh& mesh, const plan::PlanOptions& how);

// The planner's seconds for a chain of so many residues, one prediction by each of the models; nothing when
// one does not fit.
std::optional<double> seconds_of_all(int64_t length, std::span<const model::ModelConfig> models,
                                     const plan::Mesh& mesh, const plan::PlanOptions& how);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_FORECAST_H_
