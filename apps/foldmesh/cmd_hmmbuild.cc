#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/search_options.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/version.h"
#include "foldmesh/search/model_building.h"

namespace foldmesh::apps {
namespace {

struct State {
  search::ModelBuildingOptions building;
  search::AlignmentFormat format = search::AlignmentFormat::kGuess;
  std::string output, input;
  std::optional<std::string> summary_path;
  bool hand = false, fast = false;
  int n_threads = default_threads();
  OptionRecord record;
};

void add_options(CLI::App& app, State& state) {
  OptionRecord& record = state.record;
  app.add_option("hmmfile", state.output, "file of models to write ('-': standard output, needs -o)")
      ->required();
  app.add_option("msafile", state.input,
                 "protein alignments: Stockholm, aligned FASTA or A3M ('-': standard input)")
      ->required();
  record.note(app.add_option("-n", state.building.name, "name of the model"), "name (the single) HMM");
  record.note(
      app.add_option("-o", state.summary_path, "write the summary to this file instead of standard output"),
      "output directed to file");
  record.note(
      app.add_flag("--amino", state.building.is_protein, "the alignment is protein, whatever it looks like"),
      "input alignment is asserted as", "protein");
  auto* fast =
      record.note(app.add_flag("--fast", state.fast, "model columns by fraction of residues (default)"),
                  "model architecture construction", "fast/heuristic");
  auto* hand =
      record.note(app.add_flag("--hand", state.hand, "model columns are those with reference annotation (RF)")
                      ->excludes(fast),
                  "model architecture construction", "hand-specified by RF annotation");
  record.note(app.add_option("--symfrac", state.building.msa.symfrac,
                             "with --fast, least weighted fraction of residues in a model column")
                  ->check(CLI::Range(0.0, 1.0))
                  ->capture_default_str()
                  ->excludes(hand),
              "sym fraction for model structure");
  record.note(app.add_option("--fragthresh", state.building.msa.fragthresh,
                             "rows with at most this fraction of the columns are fragments")
                  ->check(CLI::Range(0.0, 1.0))
                  ->capture_default_str(),
              "seq called frag if L <= x*alen");
  record.note(app.add_flag("--singlemx", state.building.single_by_matrix,
                           "model a single sequence with the substitution matrix, as phmmer does"),
              "use score matrix for 1-seq MSAs", "on");
  record.note(app.add_option("--popen", state.building.single.gap_open,
                             "with --singlemx, probability of opening a gap")
                  ->check(CLI::Range(0.0, 0.499999))
                  ->capture_default_str(),
              "gap open probability");
  record.note(app.add_option("--pextend", state.building.single.gap_extend,
                             "with --singlemx, probability of extending a gap")
                  ->check(CLI::Range(0.0, 0.999999))
                  ->capture_default_str(),
              "gap extend probability");
  const std::map<std::string, search::AlignmentFormat> formats = {
      {"stockholm", search::AlignmentFormat::kStockholm},
      {"pfam", search::AlignmentFormat::kStockholm},
      {"afa", search::AlignmentFormat::kAlignedFasta},
      {"a2m", search::AlignmentFormat::kA3m},
      {"a3m", search::AlignmentFormat::kA3m}};
  record.note(
      app.add_option("--informat", state.format, "format of the alignments: stockholm, afa, a2m or a3m")
          ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case)),
      "input alifile format asserted");
  record.note(app.add_option("--seed", state.building.msa.seed,
                             "seed of the random number generator (0: another one each time)")
                  ->check(CLI::Range(uint32_t{0}, UINT32_MAX))
                  ->capture_default_str(),
              "random number seed set to");
  record.note(app.add_option("--cpu", state.n_threads, "number of threads, for files with several alignments")
                  ->check(CLI::Range(0, 4096))
                  ->capture_default_str(),
              "number of worker threads");
}

}  // namespace

void setup_hmmbuild(CLI::App& app) {
  auto state = std::make_shared<State>();
  app.footer(
      "A drop-in for HMMER's hmmbuild for protein: same options, same models. AlphaFold calls it as\n"
      "hmmbuild --hand --amino out.hmm in.sto");
  add_options(app, *state);
  app.callback([state] {
    if (state->output == "-" && !state->summary_path) {
      throw CLI::ValidationError("hmmfile", "models on standard output need -o for the summary");
    }
    if (state->hand) state->building.msa.architecture = hmm::Architecture::kHand;
    state->building.msa.seed = effective_seed(state->building.msa.seed);
    state->building.single.seed = state->building.msa.seed;
    search::RunInfo info;
    info.program = "foldmesh hmmbuild";
    info.summary = "profile HMM construction from multiple sequence alignments";
    info.version = base::version();
    info.date = date_now();
    info.settings = state->record.settings();
    info.settings.insert(info.settings.begin(), {"output HMM file", state->output});
    info.settings.insert(info.settings.begin(), {"input alignment file", state->input});
    base::ThreadPool pool(std::max(state->n_threads, 1));
    const std::string summary =
        search::build_models(state->input, state->format, state->output, state->building, info, pool);
    if (state->summary_path) {
      base::write_file_atomically(*state->summary_path, summary);
    } else {
      fmt::print("{}", summary);
    }
  });
}

}  // namespace foldmesh::apps
