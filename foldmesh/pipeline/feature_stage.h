// From the alignments of a target to its features.npz, for one target or ahead of the next.
#ifndef FOLDMESH_PIPELINE_FEATURE_STAGE_H_
#define FOLDMESH_PIPELINE_FEATURE_STAGE_H_

#include <cstddef>
#include <filesystem>
#include <future>
#include <optional>
#include <span>

#include "foldmesh/pipeline/msa_stage.h"
#include "foldmesh/pipeline/targets.h"
#include "foldmesh/pipeline/template_options.h"

namespace foldmesh::pipeline {

// Does nothing when a record says that it is done. Returns the seconds that it took when it ran. Works on one
// thread and touches nothing but the target's folder.
double run_feature_stage(const Target& target, const TargetMsas& msas, const TemplateSettings& templates,
                         const std::filesystem::path& folder);

// Most memory that it takes.
size_t feature_stage_bytes(const TargetMsas& msas);

// Features of targets, those of one more target ahead on a thread of its own. For one thread to call.
class FeatureQueue {
 public:
  // Targets and alignments must outlive the queue. Target i's folder is output_dir/<its name>.
  FeatureQueue(std::span<const Target> targets, std::span<const TargetMsas> msas, TemplateSettings templates,
               std::filesystem::path output_dir)
      : targets_(targets),
        msas_(msas),
        templates_(std::move(templates)),
        output_dir_(std::move(output_dir)) {}

  // As run_feature_stage for target i: waits if it has been started, else does it now.
  double get(size_t i);
  // Memory that starting target i would take, 0 when there is no such target, it has been started, or another
  // one is being made.
  size_t bytes_to_start(size_t i) const;
  // Features that were made ahead and not asked for (another rank has the target) are on disk; a failure to
  // make them is that rank's to report.
  void start(size_t i);

 private:
  double make(size_t i) const;

  std::span<const Target> targets_;
  std::span<const TargetMsas> msas_;
  TemplateSettings templates_;
  std::filesystem::path output_dir_;
  std::optional<size_t> ahead_;
  std::future<double> result_;  // of ahead_
};

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_FEATURE_STAGE_H_
