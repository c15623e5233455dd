// What people read of a run: run.json and report.html in every target's folder, summary.csv and index.html
// over all of them. Always written anew, as it is cheap; a page that cannot be made is a warning, never the
// end of a run.
#ifndef FOLDMESH_PIPELINE_REPORT_STAGE_H_
#define FOLDMESH_PIPELINE_REPORT_STAGE_H_

#include <string>
#include <vector>

#include "foldmesh/output/result_folder.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/pipeline/targets.h"

namespace foldmesh::pipeline {

// What the target's files say about where they come from.
output::Origin origin_of(const Target& target, bool untrained);
// Those of the folder's templates.json that the network takes: the first four of every sequence. Empty when
// there is no such file.
std::vector<structio::UsedTemplate> templates_used(const Target& target, const std::filesystem::path& folder);

// After the target's ranking.
void write_target_report(const Target& target, const FoldOptions& options);

class BatchReport {
 public:
  // Both must outlive this.
  BatchReport(const std::vector<Target>& targets, const FoldOptions& options)
      : targets_(targets), options_(options) {}

  void add_failure(size_t target, const std::string& reason) { failures_.emplace_back(target, reason); }
  // Every target that has not failed must have its ranking.
  void write() const;

 private:
  const std::vector<Target>& targets_;
  const FoldOptions& options_;
  std::vector<std::pair<size_t, std::string>> failures_;
};

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_REPORT_STAGE_H_
