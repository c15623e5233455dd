// How the targets of a run are shared among its ranks, and what rank 0 tells the others.
#ifndef FOLDMESH_PIPELINE_SHARING_H_
#define FOLDMESH_PIPELINE_SHARING_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foldmesh/model/config.h"
#include "foldmesh/pipeline/msa_stage.h"
#include "foldmesh/plan/plan.h"

namespace foldmesh::pipeline {

// The first `n_too_large` targets fit in no way, the next ones up to `n_together` are predicted by all ranks
// together, the rest is handed out whole, in order, to whoever is free.
struct Sharing {
  size_t n_too_large = 0, n_together = 0;
  double seconds = 0;  // that the planner expects for all
  bool operator==(const Sharing&) const = default;
};

// Predicted seconds of one target of so many residues on n ranks; nothing when it does not fit.
using SecondsOf = std::function<std::optional<double>(int64_t n_res, int n_ranks)>;

// Of the divisions that hand out a tail of the list, the one that ends first; more targets are predicted
// together only where that saves 15 %. Lengths descend.
Sharing share_targets(std::span<const int64_t> lengths, int n_ranks, const SecondsOf& seconds_of);

// By the planner, for one prediction by each of the models, with the deepest alignments that they take. Of a
// long list some lengths are planned, and those between them interpolated.
SecondsOf planned_seconds(std::span<const int64_t> lengths, std::span<const model::ModelConfig> models,
                          const plan::Machine& rank, const plan::PlanOptions& how);

// One line for the log.
std::string describe(const Sharing& sharing, size_t n_targets, int n_ranks);

// Messages. Targets with their alignments: one to be done by one rank, and, if there is one, another whose
// features to make meanwhile.
struct TargetItem {
  size_t target = 0;
  TargetMsas msas;
};
std::string encode_targets(std::span<const TargetItem> items);
std::vector<TargetItem> decode_targets(std::string_view message);
// One prediction, to be done by all:
std::string encode_prediction(size_t target, size_t model);
std::pair<size_t, size_t> decode_prediction(std::string_view message);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_SHARING_H_
