// Whole runs of phmmer, hmmsearch and jackhmmer: queries in, HMMER's output files out. Several queries share
// each pass over the database; their outputs stand in the order of the queries, as if each had been searched
// alone.
#ifndef FOLDMESH_SEARCH_RUNS_H_
#define FOLDMESH_SEARCH_RUNS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/core_model.h"
#include "foldmesh/search/main_output.h"
#include "foldmesh/search/output_files.h"
#include "foldmesh/search/run_info.h"
#include "foldmesh/search/search.h"
#include "foldmesh/search/targets.h"
#include "foldmesh/search/thresholds.h"

namespace foldmesh::search {

struct RunOptions {
  SearchOptions search;
  Thresholds thresholds;
  MainOutputOptions main_output;
  OutputPaths outputs;
  RunInfo info;
  int queries_per_pass = 64;
  // A database that has to be parsed and is searched several times stays in memory up to this size.
  int64_t keep_bytes = int64_t{512} << 20;
};

// Null at the end.
using SequenceSource = std::function<std::optional<bio::Sequence>()>;
using ModelSource = std::function<std::optional<hmm::CoreModel>()>;

// Queries without residues are passed over, as HMMER does.
void run_phmmer(const SequenceSource& queries, const hmm::SingleSequenceOptions& scoring,
                TargetDatabase& database, const RunOptions& options, base::ThreadPool& pool);

enum class Cutoffs { kNone, kGathering, kTrusted, kNoise };
// With `cutoffs`, each model's own GA, TC or NC scores replace all thresholds; a model without them throws
// kInput. A model without E-value parameters throws kInput.
void run_hmmsearch(const ModelSource& models, Cutoffs cutoffs, TargetDatabase& database,
                   const RunOptions& options, base::ThreadPool& pool);

struct JackhmmerOptions {
  int max_rounds = 5;
  hmm::SingleSequenceOptions first_round;
  double fragthresh = 0.5;  // of the models of later rounds
  // Every round forgets the hits after the best so many targets (the query not counted), once Z, domZ and all
  // thresholds have been settled by the whole list. AlphaFold 3's --seq_limit.
  std::optional<int64_t> max_targets;
  // Prefixes of checkpoint files `<prefix>-<round>.hmm`, the model used in a round, and
  // `<prefix>-<round>.sto`, the alignment that came out of it. Empty: none. The files hold every query that
  // got so far, one after the other.
  std::string hmm_checkpoints, alignment_checkpoints;
};
void run_jackhmmer(const SequenceSource& queries, const JackhmmerOptions& jackhmmer, TargetDatabase& database,
                   const RunOptions& options, base::ThreadPool& pool);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_RUNS_H_
