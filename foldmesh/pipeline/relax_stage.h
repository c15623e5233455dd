// Relaxation of a target's predictions, from their files, as a resumable stage for each model. It can never
// lose a run: a relaxation that fails is reported and recorded, and the unrelaxed model stays the result.
#ifndef FOLDMESH_PIPELINE_RELAX_STAGE_H_
#define FOLDMESH_PIPELINE_RELAX_STAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "foldmesh/output/result_folder.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/relax/relax.h"

namespace foldmesh::pipeline {

struct RelaxStageOptions {
  static constexpr size_t kAll = SIZE_MAX;
  size_t n_models = 1;  // those of the highest confidence; in the order of ranking_debug.json
  relax::Options how = {};
};

// Structures of untrained networks are tangles that no minimisation resolves: theirs is cut short here, to
// show that the stage works.
inline constexpr int64_t kUntrainedIterations = 100;

// Writes relaxed_<model>.pdb/.cif and relax_metrics.json, removes those of other models, which an earlier run
// may have left, marks what was relaxed in `models`, and adds to `timings`. Failures are warnings.
void relax_models(std::vector<output::Ranked>& models, const output::Origin& origin,
                  const RelaxStageOptions& options, const StageStore& stages,
                  std::vector<std::pair<std::string, double>>& timings);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_RELAX_STAGE_H_
