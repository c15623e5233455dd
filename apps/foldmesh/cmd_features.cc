#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/template_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/features/msa_input.h"
#include "foldmesh/features/process.h"
#include "foldmesh/pipeline/complex_stage.h"
#include "foldmesh/pipeline/template_stage.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::apps {
namespace {

struct Options {
  std::vector<std::string> msas;
  std::string query, output, model, template_hits, complex;
  pipeline::TemplateSettings templates;
  bool processed = false, json = false;
  uint64_t seed = 0;
  int num_recycles = 3, cpu = 0;
};

bio::Sequence read_query(const Options& options, const std::vector<features::MsaInput>& inputs) {
  if (options.query.empty()) {
    if (inputs.empty()) base::throw_input("features: no alignment and no --query (expected at least one)");
    return features::query_of(inputs.front());
  }
  const std::vector<bio::Sequence> queries = seqio::read_queries(options.query);
  if (queries.size() != 1) {
    base::throw_input("{}: holds {} sequences (expected one query)", options.query, queries.size());
  }
  return queries.front();
}

void print(const Options& options, const features::MergedMsa& merged) {
  const features::RawFeatures& raw = merged.features;
  if (options.json) {
    nlohmann::ordered_json report = {{"query", raw.name},
                                     {"n_res", raw.n_res()},
                                     {"n_seq", raw.n_seq},
                                     {"n_templates", raw.templates.size()}};
    report["alignments"] = nlohmann::ordered_json::array();
    for (const features::MergeCount& count : merged.counts) {
      report["alignments"].push_back({{"path", count.path}, {"rows", count.considered}, {"new", count.kept}});
    }
    report["output"] = options.output;
    report["kind"] = options.processed ? "processed" : "raw";
    fmt::print("{}\n", report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  for (const features::MergeCount& count : merged.counts) {
    fmt::print("{}: {} rows, {} of them new\n", count.path, count.considered, count.kept);
  }
  const std::string templates =
      raw.templates.empty() ? "" : fmt::format(", {} templates", raw.templates.size());
  fmt::print("{}: {} features of {} ({} residues, {} sequences{})\n", options.output,
             options.processed ? "processed" : "raw", base::printable(raw.name), raw.n_res(), raw.n_seq,
             templates);
}

void print(const Options& options, const pipeline::ComplexSummary& made) {
  if (options.json) {
    const nlohmann::ordered_json report = {{"target", made.name},
                                           {"n_chains", made.n_chains},
                                           {"n_sequences", made.n_sequences},
                                           {"n_res", made.n_res},
                                           {"n_seq", made.n_seq},
                                           {"n_paired", made.n_paired},
                                           {"n_templates", made.n_templates},
                                           {"output", options.output},
                                           {"kind", "raw"}};
    fmt::print("{}\n", report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  fmt::print(
      "{}: raw features of {} ({} chains of {} sequences, {} residues, {} rows, {} of them paired{})\n",
      options.output, made.name, made.n_chains, made.n_sequences, made.n_res, made.n_seq, made.n_paired,
      made.n_templates == 0 ? "" : fmt::format(", {} templates", made.n_templates));
}

void run(const Options& options) {
  std::vector<features::MsaInput> inputs;
  for (const std::string& argument : options.msas) inputs.push_back(features::read_msa(argument));
  pipeline::check_template_settings(options.templates);
  if (!options.complex.empty()) {
    base::ThreadPool pool(options.cpu > 0 ? options.cpu : base::available_cores());
    print(options,
          pipeline::make_features_of_complex(options.complex, options.templates, options.output, pool));
    return;
  }
  if (!options.template_hits.empty() && options.templates.mmcif_dir.empty()) {
    base::throw_input("--template-hits without --template-mmcif-dir (expected the structures of the hits)");
  }
  features::MergedMsa merged = features::merge_msas(read_query(options, inputs), inputs);
  merged.features.templates = pipeline::templates_of_chain(merged.features.name, merged.features.sequence,
                                                           options.template_hits, options.templates);
  if (options.processed) {
    base::ThreadPool pool(options.cpu > 0 ? options.cpu : base::available_cores());
    const features::FeatureConfig config = features::feature_config(options.model);
    features::write_processed_features(
        features::process(merged.features, config, options.seed, options.num_recycles + 1, pool),
        options.output);
  } else {
    features::write_raw_features(merged.features, options.output);
  }
  print(options, merged);
}

}  // namespace

void setup_features(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  CLI::Option* msas = command.add_option(
      "msa", options->msas,
      "Alignments (.sto or .a3m, also .gz or .zst), each as PATH or NAME=PATH. NAME is the database: "
      "uniref90, small_bfd, bfd_uniref and mgnify are merged in this order, others after them; of "
      "uniref90 the first 10,000 rows count, of mgnify 501. Without NAME the file name says it "
      "(uniref90_hits.sto, mgnify_hits.sto, small_bfd_hits.sto, bfd_uniref_hits.a3m)");
  CLI::Option* query = command.add_option(
      "--query", options->query,
      "FASTA file with the one query; default: the first row of the first alignment. With no "
      "alignment the query alone makes the features");
  command.add_option("--output,-o", options->output, "Where the features go: a NumPy .npz archive")
      ->required();
  CLI::Option* processed = command.add_flag(
      "--processed", options->processed,
      "Write features sampled for one model and seed, as the network takes them, instead of raw ones");
  CLI::Option* model = command.add_option("--model", options->model,
                                          "Model whose alignment sizes to use, model_1 .. model_5 or "
                                          "model_1_ptm .. model_5_ptm; with --processed only");
  command.add_option("--random-seed", options->seed, "Model seed of the sampling; with --processed only")
      ->needs(processed)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option(
          "--num-recycles", options->num_recycles,
          "Passes through the network after the first, each with a sample of its own; with --processed only")
      ->needs(processed)
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  model->needs(processed);
  processed->needs(model);
  command
      .add_option("--cpu", options->cpu,
                  "Threads; 0 takes every core this process may use. Results do not depend on it")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  CLI::Option* hits = command
                          .add_option("--template-hits", options->template_hits,
                                      "hits in the PDB, from which templates are made: pdb_hits.sto of "
                                      "hmmsearch (-A) in pdb_seqres, or "
                                      "pdb_hits.hhr of HHsearch in PDB70")
                          ->check(CLI::ExistingFile)
                          ->group("Templates");
  command
      .add_option("--complex", options->complex,
                  "instead of alignments of one chain: those of a complex, paired and merged as `foldmesh "
                  "fold --model-preset multimer` does it. A folder with msas/chain_id_map.json and msas/A, "
                  "msas/B, ..., as fold and AlphaFold-Multimer leave it (hits in the PDB there are used with "
                  "--template-mmcif-dir); ColabFold's A3M; or a job of AlphaFold 3 with alignments")
      ->check(CLI::ExistingPath)
      ->type_name("PATH")
      ->excludes(msas)
      ->excludes(query)
      ->excludes(hits)
      ->excludes(processed);
  add_template_structure_options(command, options->templates);
  command.add_flag("--json", options->json, "Print what was read and written as JSON");
  command.callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
