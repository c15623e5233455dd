#include "foldmesh/hhsuite/hhblits.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::hhsuite {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "hhblits";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// HH-suite writes some letters of the query differently (U, O, B, ...): only the 20 usual ones must agree.
bool is_query(const std::string& row, const std::string& query) {
  return std::equal(row.begin(), row.end(), query.begin(), query.end(), [](char a, char b) {
    return upper(a) == upper(b) || (!bio::is_canonical(bio::code_of(b)) && bio::is_residue(bio::code_of(a)));
  });
}

}  // namespace

void check_hhblits_installed() { check_installed(kProgram); }

std::vector<fs::path> files_of(const std::string& prefix) {
  std::vector<fs::path> files;
  for (const char* kind :
       {"_cs219.ffdata", "_cs219.ffindex", "_a3m.ffdata", "_a3m.ffindex", "_hhm.ffdata", "_hhm.ffindex"}) {
    files.push_back(prefix + kind);
  }
  return files;
}

void check_database(const std::string& prefix) {
  for (const fs::path& file : files_of(prefix)) {
    if (!fs::is_regular_file(file)) {
      base::throw_input(
          "{}: there is no such file (expected an HH-suite database, named by what its files begin with, for "
          "instance bfd/bfd_metaclust_clu_complete_id30_c90_final_seq.sorted_opt)",
          file.string());
    }
  }
}

size_t check_alignment(const fs::path& a3m, const bio::Sequence& query) {
  if (!fs::exists(a3m)) base::throw_machine("hhblits wrote no alignment for {}", query.name);
  seqio::A3m alignment;
  try {
    alignment = seqio::read_a3m(a3m);
  } catch (const base::Error& error) {
    base::throw_machine("hhblits wrote a damaged alignment for {}: {}", query.name, error.what());
  }
  if (alignment.rows.empty() || !is_query(alignment.rows.front().text, query.residues)) {
    base::throw_machine("hhblits wrote an alignment for {} whose first row is not the query", query.name);
  }
  return alignment.rows.size();
}

std::vector<std::string> hhblits_arguments(const fs::path& query, const fs::path& a3m,
                                           const std::vector<std::string>& prefixes, int n_threads) {
  std::vector<std::string> words = {"-i",
                                    query.string(),
                                    "-cpu",
                                    std::to_string(n_threads),
                                    "-oa3m",
                                    a3m.string(),
                                    "-o",
                                    "/dev/null",
                                    "-n",
                                    "3",
                                    "-e",
                                    "0.001",
                                    "-maxseq",
                                    "1000000",
                                    "-realign_max",
                                    "100000",
                                    "-maxfilt",
                                    "100000",
                                    "-min_prefilter_hits",
                                    "1000"};
  for (const std::string& prefix : prefixes) {
    words.push_back("-d");
    words.push_back(prefix);
  }
  return words;
}

HhblitsRuns::HhblitsRuns(std::vector<Job> jobs, int n_threads)
    : jobs_(std::move(jobs)), outcomes_(jobs_.size()) {
  const size_t n_parallel = std::min(jobs_.size(), static_cast<size_t>(std::max(n_threads, 1)));
  if (n_parallel == 0) return;
  threads_per_job_ = std::max(n_threads / static_cast<int>(n_parallel), 1);
  for (size_t i = 0; i < n_parallel; ++i) threads_.emplace_back([this] { work(); });
}

HhblitsRuns::~HhblitsRuns() {
  children_.stop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::vector<Outcome> HhblitsRuns::wait() {
  for (std::thread& thread : threads_) thread.join();
  if (error_) std::rethrow_exception(error_);
  return outcomes_;
}

void HhblitsRuns::work() {
  for (size_t i; (i = next_++) < jobs_.size();) {
    try {
      outcomes_[i] = run(jobs_[i]);
    } catch (...) {
      {
        std::lock_guard lock(mutex_);
        if (!error_ && !children_.stopped()) error_ = std::current_exception();
      }
      children_.stop();
      return;
    }
  }
}

Outcome HhblitsRuns::run(const Job& job) {
  const auto start = std::chrono::steady_clock::now();
  const base::TempFolder folder("foldmesh-hhblits");
  const fs::path query = folder.path() / "query.fasta", a3m = folder.path() / "out.a3m",
                 log = folder.path() / "log";
  std::string text;
  seqio::append_fasta(text, job.query);
  base::write_file_atomically(query, text);
  std::vector<std::string> words = hhblits_arguments(query, a3m, job.prefixes, threads_per_job_);
  words.insert(words.begin(), kProgram);
  const int status = children_.run(std::move(words), log);
  size_t n_rows = 0;
  try {
    if (status != 0) base::throw_machine("hhblits failed for {}", job.query.name);
    n_rows = check_alignment(a3m, job.query);
  } catch (const base::Error& error) {
    throw_failed(error.what(), status, log, job.a3m.string() + ".log");
  }
  base::write_file_atomically(job.a3m, base::read_file(a3m));
  return {n_rows, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace foldmesh::hhsuite
