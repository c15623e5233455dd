// Makes the database and the queries of the search benchmark from two FASTA files of real proteins: the
// database itself plus copies of it in which the residues of every window are shuffled. A copy keeps lengths
// and local composition but no homology, so the database has the shape of a large one: few relatives among
// many strangers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <span>
#include <string>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh {
namespace {

// Windows of `width` residues one after the other; the last one may be shorter. Every record has a random
// stream of its own.
void shuffle_windows(std::string& residues, size_t width, uint64_t seed, uint64_t stream) {
  base::Rng rng(seed, stream);
  for (size_t from = 0; from < residues.size(); from += width) {
    rng.shuffle(std::span<char>(residues).subspan(from, std::min(width, residues.size() - from)));
  }
}

void write_database(const std::string& source, int n_copies, size_t width, uint64_t seed,
                    const std::string& path) {
  base::AtomicFile out(path);
  uint64_t stream = 0, n_residues = 0;
  std::string text;
  for (int copy = 0; copy <= n_copies; ++copy) {
    seqio::FastaReader reader(source);
    for (bio::Sequence record; reader.next(record); ++stream) {
      if (copy > 0) {
        shuffle_windows(record.residues, width, seed, stream);
        record.name = fmt::format("shuffled{}_{}", copy, record.name);
      }
      n_residues += record.residues.size();
      text.clear();
      seqio::append_fasta(text, record);
      out.write(text);
    }
  }
  out.commit();
  fmt::print("{}: {} sequences, {} residues\n", path, stream, n_residues);
}

// Every `step`-th record from `first`.
void write_queries(const std::string& source, size_t first, size_t step, const std::string& path) {
  std::string text;
  size_t index = 0, n = 0, n_residues = 0;
  seqio::FastaReader reader(source);
  for (bio::Sequence record; reader.next(record); ++index) {
    if (index < first || (index - first) % step != 0) continue;
    seqio::append_fasta(text, record);
    ++n;
    n_residues += record.residues.size();
  }
  base::write_file_atomically(path, text);
  fmt::print("{}: {} sequences, {} residues\n", path, n, n_residues);
}

}  // namespace
}  // namespace foldmesh

int main(int argc, char** argv) {
  CLI::App app("Makes the database and the queries of the search benchmark");
  std::string targets, queries, database_out, queries_out;
  int n_copies = 9;
  size_t width = 20, first = 6, step = 10;
  uint64_t seed = 1;
  app.add_option("targets", targets, "FASTA of the real targets")->required();
  app.add_option("queries", queries, "FASTA of the queries to choose from")->required();
  app.add_option("--database", database_out, "Database to write")->required();
  app.add_option("--chosen", queries_out, "Queries to write")->required();
  app.add_option("--copies", n_copies, "Shuffled copies")->check(CLI::Range(0, 1000))->capture_default_str();
  app.add_option("--window", width, "Residues of a window")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--first", first, "First query taken, from 0")->capture_default_str();
  app.add_option("--step", step, "Every how manieth query is taken")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", seed, "Of the shuffling")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    foldmesh::write_database(targets, n_copies, width, seed, database_out);
    foldmesh::write_queries(queries, first, step, queries_out);
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_search_database: {}\n", error.what());
    return 1;
  }
}
