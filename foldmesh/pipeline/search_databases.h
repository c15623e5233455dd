// Profile searches and hhblits side by side: what `foldmesh search` and the search stage of `fold` share.
#ifndef FOLDMESH_PIPELINE_SEARCH_DATABASES_H_
#define FOLDMESH_PIPELINE_SEARCH_DATABASES_H_

#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/comm/communicator.h"
#include "foldmesh/pipeline/databases.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::pipeline {

// As search::search_alignments(), with an alignment of at most `max_rows[database]` rows. HH-suite databases
// give `<database>_hits.a3m`; of those only the number of rows is known (the other counts are -1). While both
// run, they share the machine: hhblits has as many threads as the pool. Shows progress.
// `ranks`: all ranks of this run, of which the others are in comm::help_with_items() and do what
// search_ranks.h says; they search together and then share the runs of hhblits. Null: this process alone.
std::vector<search::AlignmentSearchFacts> search_databases(const std::vector<bio::Sequence>& queries,
                                                           const std::vector<Database>& databases,
                                                           const std::vector<size_t>& max_rows,
                                                           search::AlignmentSearchOptions options,
                                                           comm::Communicator* ranks, base::ThreadPool& pool);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_SEARCH_DATABASES_H_
