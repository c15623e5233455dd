#include "foldmesh/pipeline/complex_stage.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/features/complex_features.h"
#include "foldmesh/features/msa_input.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/pipeline/template_stage.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUniprot = "uniprot";
constexpr size_t kMostUniprotRows = 50'000;

// The first chain of every sequence.
std::vector<const Chain*> distinct_chains(const Target& target) {
  std::vector<const Chain*> chains;
  for (const Chain& chain : target.chains) {
    const bool known = std::any_of(chains.begin(), chains.end(),
                                   [&](const Chain* other) { return other->sequence == chain.sequence; });
    if (!known) chains.push_back(&chain);
  }
  return chains;
}

void write_chain_map(const Target& target, const fs::path& folder) {
  nlohmann::ordered_json map = nlohmann::ordered_json::object();
  for (const Chain& chain : target.chains) {
    map[chain.id] = {{"description", chain.description}, {"sequence", chain.sequence}};
  }
  fs::create_directories(folder);
  base::write_file_atomically(folder / "chain_id_map.json",
                              map.dump(4, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// One request per sequence, in the order of distinct_chains().
std::vector<MsaRequest> requests_of(const Target& target, const FoldOptions& options) {
  const std::vector<const Chain*> distinct = distinct_chains(target);
  const bool pairs = distinct.size() > 1;
  const bool has_pairs = std::any_of(target.chains.begin(), target.chains.end(),
                                     [](const Chain& chain) { return !chain.paired_text.empty(); });
  const bool has_uniprot = std::any_of(options.databases.begin(), options.databases.end(),
                                       [](const Database& d) { return d.name == kUniprot; });
  if (pairs && !has_pairs && !has_uniprot && !options.databases.empty()) {
    base::log::warn("{}: without UniProt (--db uniprot=...) no rows of different chains are paired",
                    target.name);
  }
  std::vector<MsaRequest> requests;
  for (const Chain* chain : distinct) {
    requests.push_back({fmt::format("{} chain {}", target.name, chain->id), chain->id, chain,
                        fs::path(target.name) / kMsaFolder / chain->id, "", true, pairs});
  }
  return requests;
}

// Of a target, from those of its sequences.
TargetMsas gather(const Target& target, std::span<const TargetMsas> of_sequences, const fs::path& folder) {
  const std::vector<const Chain*> distinct = distinct_chains(target);
  TargetMsas msas;
  std::map<std::string, double> seconds;
  for (size_t c = 0; c < distinct.size(); ++c) {
    for (MsaFile file : of_sequences[c].files) {
      file.chain = distinct[c]->id;
      msas.files.push_back(std::move(file));
    }
    for (const auto& [database, time] : of_sequences[c].search_seconds) seconds[database] += time;
    if (!distinct[c]->paired_text.empty()) {
      const fs::path path = folder / distinct[c]->id / "paired_hits.a3m";
      fs::create_directories(path.parent_path());
      base::write_file_atomically(path, distinct[c]->paired_text);
      msas.files.push_back({kPairedRows, path, distinct[c]->id});
    }
  }
  msas.search_seconds.assign(seconds.begin(), seconds.end());
  return msas;
}

// A chain's alignments, read and merged.
struct ReadChain {
  std::shared_ptr<const features::RawFeatures> msa, uniprot, paired;
};

fs::path hits_file_of(const Chain& chain, const TemplateSettings& templates, const fs::path& folder) {
  return template_hits_file(folder / kMsaFolder / chain.id, templates, chain.msa_folder);
}

// A template that the user has named is for the chains that it can be aligned to.
std::vector<templates::Template> templates_of(const Target& target, const Chain& chain,
                                              const TemplateSettings& settings, const fs::path& folder) {
  const std::string name = fmt::format("{} chain {}", target.name, chain.id);
  const fs::path hits = hits_file_of(chain, settings, folder);
  try {
    return templates_of_chain(name, chain.sequence, hits, settings);
  } catch (const base::Error& error) {
    if (settings.custom.empty() || error.kind() != base::ErrorKind::kInput) throw;
    base::log::warn("{}: no template of your own: {}", name, error.what());
  }
  TemplateSettings found_only = settings;
  found_only.custom.clear();
  return templates_of_chain(name, chain.sequence, hits, found_only);
}

ReadChain read_chain(const Target& target, const Chain& chain, const TargetMsas& msas,
                     const TemplateSettings& templates, const fs::path& folder) {
  std::vector<features::MsaInput> inputs, uniprot, paired;
  for (const MsaFile& file : msas.files) {
    if (file.chain != chain.id) continue;
    const std::string path = fs::absolute(file.path).string();
    features::MsaInput input = features::read_msa(file.database.empty() ? path : file.database + "=" + path);
    if (file.database == kPairedRows) {
      paired.push_back(std::move(input));
    } else if (file.database == kUniprot) {
      const size_t n_rows = std::min(input.msa.n_seq(), kMostUniprotRows);
      input.msa.sequences.resize(n_rows);
      input.msa.deletion_matrix.resize(n_rows);
      input.msa.descriptions.resize(n_rows);
      uniprot.push_back(std::move(input));
    } else {
      inputs.push_back(std::move(input));
    }
  }
  const bio::Sequence query{"chain_" + chain.id, "", chain.description, chain.sequence};
  features::MergedMsa merged = features::merge_msas(query, inputs);
  for (const features::MergeCount& count : merged.counts) {
    base::log::info("{}: chain {}: {}: {} rows, {} new", target.name, chain.id, count.path, count.rows,
                    count.kept);
  }
  merged.features.templates = templates_of(target, chain, templates, folder);
  ReadChain result;
  result.msa = std::make_shared<const features::RawFeatures>(std::move(merged.features));
  if (!uniprot.empty()) {
    result.uniprot =
        std::make_shared<const features::RawFeatures>(features::merge_msas(query, uniprot).features);
  }
  if (!paired.empty()) {
    result.paired =
        std::make_shared<const features::RawFeatures>(features::rows_as_they_are(query, paired.front()));
  }
  return result;
}

struct MadeFeatures {
  std::map<std::string, ReadChain> by_sequence;
  features::ComplexFeatures complex;
};

// `folder` has the hits of templates.
MadeFeatures make_features(const Target& target, const TargetMsas& msas, const TemplateSettings& templates,
                           const fs::path& folder) {
  MadeFeatures made;
  for (const Chain* chain : distinct_chains(target)) {
    made.by_sequence.emplace(chain->sequence, read_chain(target, *chain, msas, templates, folder));
  }
  std::vector<features::ComplexChain> chains;
  for (const Chain& chain : target.chains) {
    const ReadChain& read = made.by_sequence.at(chain.sequence);
    chains.push_back({chain.id, read.msa, read.uniprot, read.paired});
  }
  made.complex = features::make_complex(target.name, chains);
  return made;
}

}  // namespace

std::vector<TargetMsas> run_complex_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                              comm::Communicator* ranks, base::ThreadPool& pool) {
  std::vector<MsaRequest> requests;
  std::vector<size_t> firsts;  // of each target's requests, and their number
  for (const Target& target : targets) {
    write_chain_map(target, options.output_dir / target.name / kMsaFolder);
    firsts.push_back(requests.size());
    for (MsaRequest& request : requests_of(target, options)) requests.push_back(std::move(request));
  }
  firsts.push_back(requests.size());
  const std::vector<TargetMsas> found = make_alignments(requests, options, ranks, pool);
  std::vector<TargetMsas> msas;
  for (size_t t = 0; t < targets.size(); ++t) {
    msas.push_back(gather(targets[t], std::span(found).subspan(firsts[t], firsts[t + 1] - firsts[t]),
                          options.output_dir / targets[t].name / kMsaFolder));
  }
  return msas;
}

double run_complex_feature_stage(const Target& target, const TargetMsas& msas,
                                 const TemplateSettings& templates, const fs::path& folder) {
  const StageStore stages(folder);
  StageKey key("complex_features");
  key.option("name", target.name);
  for (const Chain& chain : target.chains) {
    key.option("chain", chain.id).option("description", chain.description).option("sequence", chain.sequence);
  }
  for (const MsaFile& msa : msas.files) {
    key.option("database", msa.database)
        .option("chain", msa.chain)
        .option("file", msa.path.filename().string())
        .input_file(msa.path);
  }
  for (const Chain* chain : distinct_chains(target)) {
    add_templates(key, chain->sequence, hits_file_of(*chain, templates, folder), templates);
  }
  if (const auto done = stages.find("features", key.hex())) {
    base::log::info("{}: features are there already", target.name);
    return done->seconds;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto [by_sequence, complex] = make_features(target, msas, templates, folder);
  base::log::info("{}: {} chains of {} sequences, {} rows, {} of them paired", target.name,
                  target.chains.size(), by_sequence.size(), complex.n_seq, complex.n_paired);
  features::write_complex_features(complex, folder / "features.npz");
  std::vector<TemplatesOfChain> templates_used;
  for (const Chain* chain : distinct_chains(target)) {
    templates_used.push_back({chain->id, chain->sequence, by_sequence.at(chain->sequence).msa->templates});
  }
  write_template_table(templates_used, folder / "templates.json");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const StageRecord record{seconds.count(), {{"n_seq", complex.n_seq}, {"n_paired", complex.n_paired}}};
  stages.record("features", key.hex(), {"features.npz", "templates.json"}, record);
  return record.seconds;
}

ComplexSummary make_features_of_complex(const fs::path& input, const TemplateSettings& templates,
                                        const fs::path& output, base::ThreadPool& pool) {
  const std::vector<Target> targets = read_targets({input}, true);
  if (targets.size() != 1) {
    base::throw_input("{}: holds {} targets (expected one complex)", input.string(), targets.size());
  }
  const Target& target = targets.front();
  for (const Chain* chain : distinct_chains(target)) {
    if (chain->alignments.empty() && chain->alignment_text.empty()) {
      base::throw_input(
          "{}: chain {} has no alignment (expected a folder with msas/chain_id_map.json, as `foldmesh fold "
          "--msa-only --model-preset multimer` leaves it, or ColabFold's A3M)",
          input.string(), chain->id);
    }
  }
  // Alignments that came within a file need files of their own.
  const base::TempFolder scratch("foldmesh-features");
  FoldOptions options;
  options.output_dir = scratch.path();
  const std::vector<TargetMsas> msas = run_complex_msa_stage(targets, options, nullptr, pool);
  const fs::path folder = fs::is_directory(input) ? input : scratch.path() / target.name;
  const auto [by_sequence, complex] = make_features(target, msas.front(), templates, folder);
  features::write_complex_features(complex, output);
  ComplexSummary summary{target.name,     target.chains.size(), by_sequence.size(), 0,
                         complex.n_res(), complex.n_seq,        complex.n_paired};
  for (const auto& [sequence, read] : by_sequence) summary.n_templates += read.msa->templates.size();
  return summary;
}

}  // namespace foldmesh::pipeline
