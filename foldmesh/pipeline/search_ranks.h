// Searches on several ranks: what rank 0 asks of the others, which wait in comm::help_with_items().
#ifndef FOLDMESH_PIPELINE_SEARCH_RANKS_H_
#define FOLDMESH_PIPELINE_SEARCH_RANKS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/communicator.h"
#include "foldmesh/hhsuite/hhblits.h"

namespace foldmesh::pipeline {

// For everybody: search::help() until rank 0 dismisses its crew.
std::string profile_search_item();
// For one rank: run these jobs.
std::string hhblits_item(std::span<const hhsuite::Job> jobs);

bool is_search_item(std::string_view item);
void do_search_item(std::string_view item, comm::Communicator& ranks, base::ThreadPool& pool);

// What ranks other than 0 do in commands that do nothing but search, from start to end.
void help_with_searches(comm::Communicator& ranks, base::ThreadPool& pool);

// Runs the jobs on all ranks; outcomes in order, without times. Throws what the first job that failed threw.
std::vector<hhsuite::Outcome> run_hhblits(const std::vector<hhsuite::Job>& jobs, comm::Communicator& ranks,
                                          int n_threads);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_SEARCH_RANKS_H_
