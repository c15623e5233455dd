// Does units, one thread each.
#ifndef FOLDMESH_SEARCH_UNIT_RUNNER_H_
#define FOLDMESH_SEARCH_UNIT_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "foldmesh/hmm/matrix_budget.h"
#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/search/thresholds.h"
#include "foldmesh/search/unit_result.h"
#include "foldmesh/search/units.h"

namespace foldmesh::search {

struct Query {
  const hmm::Profile* profile;
  Thresholds thresholds;
};

// How long one query took against one range of targets.
struct UnitReport {
  size_t query = 0, database = 0;
  int64_t first_target = 0, n_targets = 0, n_residues = 0;
  double seconds = 0;
};

// What all runners of a search share.
struct UnitContext {
  std::vector<Query> queries;
  std::vector<std::vector<size_t>> groups;  // of queries
  hmm::PipelineOptions pipeline;
  hmm::MatrixBudget* matrices = nullptr;  // of all runners of this process; null: no bounds
  size_t memory = 0;                      // that the user has set; 0: none
  bool keep_display = true;
  std::vector<std::optional<int64_t>> n_targets;   // of each database, where it is known in advance
  std::function<void(const UnitReport&)> on_unit;  // from any thread; may be empty
};

// Not thread-safe; one per thread.
class UnitRunner {
 public:
  explicit UnitRunner(const UnitContext& context) : context_(context) {}
  UnitResult run(const Unit& unit);

 private:
  hmm::Pipeline& pipeline_of(size_t query);

  const UnitContext& context_;
  hmm::TargetPiece piece_;
  std::map<size_t, hmm::Pipeline> pipelines_;  // by query; small, as the large matrices belong to the thread
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_UNIT_RUNNER_H_
