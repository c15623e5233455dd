// foldmesh against HMMER's jackhmmer: the same queries, database and options (AlphaFold 2's), the two
// programs in turn, and their answers compared line by line. Prints medians and ratios.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string queries, fasta, packed, program, peer = "jackhmmer";
  int n_rounds = 5;
  std::vector<int> threads = {1, 2};
  std::vector<size_t> lengths = {57, 100, 400, 800};
  bool json = false;
};

struct Run {
  double wall = 0, cpu = 0;
  int64_t peak_kib = 0;
};

// A shell command as a child of its own.
Run run_command(const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child || status != 0) {
    base::throw_machine("this command failed: {}", command);
  }
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss};
}

Run median(std::vector<Run> runs) {
  const auto middle = [&](auto member) {
    std::sort(runs.begin(), runs.end(), [&](const Run& a, const Run& b) { return a.*member < b.*member; });
    return runs[runs.size() / 2].*member;
  };
  return {middle(&Run::wall), middle(&Run::cpu), middle(&Run::peak_kib)};
}

std::string arguments(const fs::path& folder, int n_threads, const fs::path& queries,
                      const std::string& database) {
  const std::string f = folder.string();
  return fmt::format(
      " -o /dev/null -A {0}/hits.sto --tblout {0}/hits.tbl --domtblout {0}/hits.dom --noali --F1 0.0005 --F2 "
      "5e-05 --F3 "
      "5e-07 --incE 0.0001 -E 0.0001 -N 1 --cpu {1} {2} {3}",
      f, n_threads, queries.string(), database);
}

// The lines of an answer that both programs must share: all but comments (program, version, date, command
// line) and the alignment's author.
std::vector<std::string> answer_lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    const bool names_the_program =
        path.extension() == ".sto" ? line.starts_with("#=GF AU") : line.starts_with("#");
    if (!names_the_program) lines.push_back(line);
  }
  return lines;
}

void check_same_answers(const fs::path& ours, const fs::path& peers) {
  for (const char* name : {"hits.sto", "hits.tbl", "hits.dom"}) {
    if (answer_lines(ours / name) != answer_lines(peers / name)) {
      base::throw_internal("the answers differ: {} and {}", (ours / name).string(), (peers / name).string());
    }
  }
}

struct Case {
  std::string name;
  std::vector<bio::Sequence> queries;
};

// All queries together, then for each wanted length the query nearest to it.
std::vector<Case> cases_of(const Options& options) {
  const std::vector<bio::Sequence> all = seqio::read_queries(options.queries);
  size_t n_residues = 0;
  for (const bio::Sequence& query : all) n_residues += query.residues.size();
  std::vector<Case> cases = {{fmt::format("{} queries, {} residues", all.size(), n_residues), all}};
  for (const size_t length : options.lengths) {
    const auto distance = [&](const bio::Sequence& q) {
      return std::max(q.residues.size(), length) - std::min(q.residues.size(), length);
    };
    const bio::Sequence& nearest = *std::min_element(
        all.begin(), all.end(), [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    cases.push_back({fmt::format("one query, {} residues", nearest.residues.size()), {nearest}});
  }
  return cases;
}

void print_row(const std::string& what, const Run& run, double ratio) {
  fmt::print("  {:<28} {:9.3f} s wall {:9.3f} s cpu {:7.1f} MiB {:7.2f} x\n", what, run.wall, run.cpu,
             static_cast<double>(run.peak_kib) / 1024, ratio);
}

void run(const Options& options) {
  const base::TempFolder folder("search_speed");
  fs::create_directories(folder.path() / "ours");
  fs::create_directories(folder.path() / "peer");
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const Case& c : cases_of(options)) {
    const fs::path queries = folder.path() / "queries.fasta";
    std::string text;
    for (const bio::Sequence& query : c.queries) seqio::append_fasta(text, query);
    base::write_file_atomically(queries, text);

    std::vector<Run> peer;
    std::vector<std::vector<Run>> ours(options.threads.size());
    for (int round = 0; round < options.n_rounds; ++round) {
      peer.push_back(
          run_command(options.peer + arguments(folder.path() / "peer", 2, queries, options.fasta)));
      for (size_t i = 0; i < options.threads.size(); ++i) {
        ours[i].push_back(
            run_command(options.program + " jackhmmer" +
                        arguments(folder.path() / "ours", options.threads[i], queries, options.packed)));
        check_same_answers(folder.path() / "ours", folder.path() / "peer");
      }
    }
    const Run peer_median = median(peer);
    nlohmann::ordered_json row = {
        {"case", c.name}, {"peer_wall_s", peer_median.wall}, {"peer_cpu_s", peer_median.cpu}};
    if (!options.json) {
      fmt::print("{} (answers equal, median of {})\n", c.name, options.n_rounds);
      print_row(fmt::format("{} --cpu 2", fs::path(options.peer).filename().string()), peer_median, 1);
    }
    for (size_t i = 0; i < options.threads.size(); ++i) {
      const Run mine = median(ours[i]);
      row["foldmesh"].push_back({{"threads", options.threads[i]},
                                 {"wall_s", mine.wall},
                                 {"cpu_s", mine.cpu},
                                 {"peak_kib", mine.peak_kib},
                                 {"ratio", peer_median.wall / mine.wall}});
      if (!options.json) {
        print_row(
            fmt::format("foldmesh, {} thread{}", options.threads[i], options.threads[i] == 1 ? "" : "s"),
            mine, peer_median.wall / mine.wall);
      }
    }
    std::fflush(stdout);
    results.push_back(row);
  }
  if (options.json) fmt::print("{}\n", results.dump(2));
}

}  // namespace
}  // namespace foldmesh

int main(int argc, char** argv) {
  CLI::App app(
      "foldmesh against jackhmmer, AlphaFold 2's options. Peak memory counts the pages of a mapped "
      "database.\n"
      "Database and queries: see make_search_database.");
  foldmesh::Options options;
  app.add_option("queries", options.queries, "FASTA")->required();
  app.add_option("fasta", options.fasta, "The database as jackhmmer reads it")->required();
  app.add_option("packed", options.packed, "The same database from `foldmesh db build`")->required();
  app.add_option("--program", options.program, "The foldmesh program")->required();
  app.add_option("--peer", options.peer, "HMMER's jackhmmer")->capture_default_str();
  app.add_option("--rounds", options.n_rounds, "Runs of each program, in turn")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Numbers of threads of foldmesh")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--lengths", options.lengths, "Also single queries nearest to these lengths")
      ->delimiter(',')
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print as JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    foldmesh::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "search_speed_bench: {}\n", error.what());
    return 1;
  }
}
