#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/seqdb/extract.h"
#include "foldmesh/seqdb/reader.h"
#include "foldmesh/seqdb/verify.h"
#include "foldmesh/seqdb/writer.h"

namespace foldmesh::apps {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

// Reports bytes to a progress line that counts MiB.
class ByteProgress {
 public:
  ByteProgress(const char* stage, uint64_t total_bytes)
      : progress_(stage, "MiB", static_cast<int64_t>((total_bytes + kMiB - 1) / kMiB)) {}
  void advance(uint64_t bytes) {
    rest_ += bytes;
    progress_.advance(static_cast<int64_t>(rest_ / kMiB));
    rest_ %= kMiB;
  }
  void finish() {
    if (rest_ > 0) progress_.advance(1);
    progress_.finish();
  }

 private:
  base::Progress progress_;
  uint64_t rest_ = 0;
};

void print_facts(const seqdb::Database& database, bool json) {
  const double mean = database.n_sequences() == 0 ? 0.0
                                                  : static_cast<double>(database.n_residues()) /
                                                        static_cast<double>(database.n_sequences());
  if (json) {
    const nlohmann::ordered_json facts = {{"path", database.path()},
                                          {"format_version", seqdb::kVersion},
                                          {"identity", database.identity()},
                                          {"n_sequences", database.n_sequences()},
                                          {"n_residues", database.n_residues()},
                                          {"mean_length", mean},
                                          {"longest", database.longest()},
                                          {"n_blocks", database.n_blocks()},
                                          {"file_bytes", database.file_bytes()}};
    fmt::print("{}\n", facts.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  fmt::print(
      "{}: foldmesh sequence database, format version {}\n"
      "  sequences  {}\n  residues   {} (mean length {:.1f}, longest {})\n"
      "  size       {} bytes in {} blocks\n  identity   {}\n",
      database.path(), seqdb::kVersion, database.n_sequences(), database.n_residues(), mean,
      database.longest(), database.file_bytes(), database.n_blocks(), database.identity());
}

struct BuildOptions {
  std::vector<std::string> inputs;
  std::string output;
  seqio::FastaOptions fasta;
  bool json = false;
};

// 0, that is unknown, if any input is not a regular file.
uint64_t total_bytes(const std::vector<std::string>& inputs) {
  uint64_t total = 0;
  for (const std::string& input : inputs) {
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(input, error);
    if (input == "-" || error) return 0;
    total += bytes;
  }
  return total;
}

void build(const BuildOptions& options) {
  if (std::count(options.inputs.begin(), options.inputs.end(), "-") > 1) {
    base::throw_input("db build: standard input ('-') can be read only once");
  }
  seqdb::DatabaseWriter writer(options.output);
  ByteProgress progress("db build", total_bytes(options.inputs));
  for (const std::string& input : options.inputs) {
    seqdb::add_fasta(writer, input, options.fasta, [&](uint64_t bytes) { progress.advance(bytes); });
  }
  writer.commit();
  progress.finish();
  print_facts(seqdb::Database(options.output), options.json);
}

void setup_build(CLI::App& command) {
  const auto options = std::make_shared<BuildOptions>();
  command
      .add_option(
          "input", options->inputs,
          "FASTA files, plain, gzip or zstd (recognised by content); '-' is standard input. Several are "
          "joined in the order given, and all sequences keep their order")
      ->required();
  command
      .add_option("--output,-o", options->output,
                  "Database to write, usually NAME.fmdb; it appears only when complete")
      ->required();
  command
      .add_option(
          "--max-length", options->fasta.max_residues,
          "Longest sequence accepted, in residues; the search cannot take longer targets. 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag(
      "--keep-empty", options->fasta.allow_empty,
      "Keep records without residues, as HMMER does: they are never hits but count in the database "
      "size that E-values are computed with. Without this flag they are an error");
  command.add_flag("--json", options->json, "Print the facts of the result as JSON");
  command.callback([options] { build(*options); });
}

void setup_info(CLI::App& command) {
  const auto path = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command.add_option("database", *path, "Database made by `db build`")->required();
  command.add_flag("--json", *json, "Print as JSON");
  command.callback([path, json] { print_facts(seqdb::Database(*path), *json); });
}

void setup_verify(CLI::App& command) {
  const auto path = std::make_shared<std::string>();
  command.add_option("database", *path, "Database made by `db build`")->required();
  command.callback([path] {
    const seqdb::Database database(*path);
    ByteProgress progress("db verify", database.file_bytes());
    seqdb::verify(database, [&](uint64_t bytes) { progress.advance(bytes); });
    progress.finish();
    fmt::print("{}: sound, {} sequences in {} blocks\n", *path, database.n_sequences(), database.n_blocks());
  });
}

struct ExtractOptions {
  std::string database, output = "-";
  std::vector<std::string> names, ranges;
  bool all = false;
  size_t width = 60;
};

void write_to_stdout(std::string_view piece) {
  if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size() || std::fflush(stdout) != 0) {
    base::throw_machine("<stdout>: cannot be written: {}", std::strerror(errno));
  }
}

void extract(const ExtractOptions& options) {
  const seqdb::Database database(options.database);
  std::vector<seqdb::Chunk> chunks;
  if (options.all) chunks.push_back(database.all());
  for (const std::string& range : options.ranges) chunks.push_back(seqdb::parse_range(database, range));
  if (!options.names.empty()) chunks = seqdb::find_names(database, options.names);
  if (options.output == "-") {
    seqdb::extract_fasta(database, chunks, options.width, write_to_stdout);
    return;
  }
  base::AtomicFile file(options.output);
  seqdb::extract_fasta(database, chunks, options.width, [&](std::string_view piece) { file.write(piece); });
  file.commit();
}

void setup_extract(CLI::App& command) {
  const auto options = std::make_shared<ExtractOptions>();
  command.add_option("database", options->database, "Database made by `db build`")->required();
  CLI::Option_group* what = command.add_option_group("what", "Which sequences (one of these)");
  what->add_option(
          "--name", options->names,
          "By name, the first word of the header; may be given several times. Reads the whole database")
      ->take_all();
  what->add_option("--range", options->ranges,
                   "By position, N or FROM-TO, counted from 1, both included; may be given several times")
      ->take_all();
  what->add_flag("--all", options->all, "Every sequence");
  what->require_option(1);
  command.add_option("--output,-o", options->output, "FASTA file to write; '-' is standard output")
      ->capture_default_str();
  command.add_option("--width", options->width, "Residues per line; 0 writes each sequence in one line")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.callback([options] { extract(*options); });
}

}  // namespace

void setup_db(CLI::App& command) {
  command.require_subcommand(1);
  setup_build(*command.add_subcommand("build", "FASTA files to one packed database"));
  setup_info(*command.add_subcommand("info", "size and identity of a database; reads its header only"));
  setup_verify(
      *command.add_subcommand("verify", "read every byte and check it; names the first damaged one"));
  setup_extract(*command.add_subcommand("extract", "sequences back to FASTA"));
}

}  // namespace foldmesh::apps
