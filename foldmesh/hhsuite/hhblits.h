// Runs hhblits of HH-suite 3 with AlphaFold 2's options (alphafold/data/tools/hhblits.py of its published
// code).
#ifndef FOLDMESH_HHSUITE_HHBLITS_H_
#define FOLDMESH_HHSUITE_HHBLITS_H_

#include <atomic>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "foldmesh/bio/sequence.h"
#include "foldmesh/hhsuite/children.h"

namespace foldmesh::hhsuite {

// Throws kInput saying how to install it when there is no hhblits in PATH.
void check_hhblits_installed();
// A database is named by the common beginning of its files, up to `_cs219.ffdata`. Throws kInput naming the
// first of its files that is missing.
void check_database(const std::string& prefix);
// The files whose change makes another database of it.
std::vector<std::filesystem::path> files_of(const std::string& prefix);

// The words after `hhblits`.
std::vector<std::string> hhblits_arguments(const std::filesystem::path& query,
                                           const std::filesystem::path& a3m,
                                           const std::vector<std::string>& prefixes, int n_threads);

struct Job {
  bio::Sequence query;
  std::vector<std::string> prefixes;  // searched together
  std::filesystem::path a3m;          // where the alignment goes; its folder must exist
};

// Rows of the alignment; throws kMachine when it is none of this query.
size_t check_alignment(const std::filesystem::path& a3m, const bio::Sequence& query);

struct Outcome {
  size_t n_rows = 0;  // of the alignment, the query counted
  double seconds = 0;
};

// Jobs in processes of their own, several at a time, each in a temporary folder of its own, started at once.
// An alignment appears under its name when it was checked: it must parse, and its first row must be the
// query. What hhblits said is kept beside it (`<a3m>.log`) when it failed.
class HhblitsRuns {
 public:
  // The threads of all processes that run at a time add up to `n_threads`.
  HhblitsRuns(std::vector<Job> jobs, int n_threads);
  // Ends what still runs.
  ~HhblitsRuns();
  HhblitsRuns(const HhblitsRuns&) = delete;
  HhblitsRuns& operator=(const HhblitsRuns&) = delete;

  // One outcome per job. Throws what the first failed job threw: kMachine when hhblits failed or its
  // alignment is damaged.
  std::vector<Outcome> wait();

 private:
  void work();
  Outcome run(const Job& job);

  std::vector<Job> jobs_;
  std::vector<Outcome> outcomes_;
  int threads_per_job_ = 1;
  std::atomic<size_t> next_{0};
  Children children_;
  std::mutex mutex_;  // guards error_
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace foldmesh::hhsuite

#endif  // FOLDMESH_HHSUITE_HHBLITS_H_
