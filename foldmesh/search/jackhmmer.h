// The state of one query of an iterative search: model of the round, what was included so far, text of its
// outputs.
#ifndef FOLDMESH_SEARCH_JACKHMMER_H_
#define FOLDMESH_SEARCH_JACKHMMER_H_

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "foldmesh/bio/msa.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/runs.h"
#include "foldmesh/search/text_spool.h"

namespace foldmesh::search {

// Use: while (!finished()) take(search with profile()).
class IterativeQuery {
 public:
  IterativeQuery(bio::Sequence query, const JackhmmerOptions& jackhmmer, const RunOptions& options);

  const hmm::Profile& profile() const { return *profile_; }
  // The round's model as a file, for a checkpoint; empty if none are wanted.
  const std::string& model_text() const { return model_text_; }
  bool finished() const { return finished_; }
  // The outcome of this round; prepares the next one, unless nothing new was found or it was the last.
  void take(SearchResult result);

  // The last round's hits, and its alignment (row 0 is the query) with what stands above it.
  QueryLabel label() const { return {query_.name, query_.accession, profile_->M()}; }
  const TopHits& hits() const { return result_->hits; }
  AlignmentRows alignment() const;
  bio::Msa alignment_head() const;
  // The main output of all rounds.
  const TextSpool& report() const { return report_; }

 private:
  void start_round(const hmm::CoreModel& model);
  int mark_new_targets();
  hmm::CoreModel next_model(const AlignmentRows& rows) const;
  void write_report(int n_new, size_t n_rows_before);

  bio::Sequence query_;
  const JackhmmerOptions& jackhmmer_;
  const RunOptions& options_;
  int round_ = 0, result_round_ = 0;  // that is being searched; that result_ is of
  bool finished_ = false;
  std::optional<hmm::Profile> profile_;
  std::optional<SearchResult> result_;
  // Names, in the last round.
  std::shared_ptr<std::unordered_set<std::string>> included_ =
      std::make_shared<std::unordered_set<std::string>>();
  size_t n_rows_ = 1;  // of the alignment
  TextSpool report_;
  std::string model_text_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_JACKHMMER_H_
