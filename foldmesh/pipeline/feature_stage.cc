#include "foldmesh/pipeline/feature_stage.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include "foldmesh/base/log.h"
#include "foldmesh/features/msa_input.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/pipeline/complex_stage.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/pipeline/template_stage.h"

namespace foldmesh::pipeline {

namespace fs = std::filesystem;

double run_feature_stage(const Target& target, const TargetMsas& msas, const TemplateSettings& templates,
                         const fs::path& folder) {
  const bool has_chains = std::any_of(msas.files.begin(), msas.files.end(),
                                      [](const MsaFile& file) { return !file.chain.empty(); });
  if (has_chains) return run_complex_feature_stage(target, msas, templates, folder);
  const StageStore stages(folder);
  const Chain& chain = target.chains.front();
  StageKey key("features");
  key.option("name", target.name).option("description", chain.description).option("sequence", chain.sequence);
  for (const MsaFile& msa : msas.files) {
    key.option("database", msa.database).option("file", msa.path.filename().string()).input_file(msa.path);
  }
  const fs::path template_hits = template_hits_file(folder / kMsaFolder, templates, chain.msa_folder);
  add_templates(key, chain.sequence, template_hits, templates);
  if (const auto done = stages.find("features", key.hex())) {
    base::log::info("{}: features are there already", target.name);
    return done->seconds;
  }
  fs::create_directories(folder);
  const auto start = std::chrono::steady_clock::now();
  std::vector<features::MsaInput> inputs;
  for (const MsaFile& msa : msas.files) {
    // An absolute path cannot be mistaken for NAME=PATH.
    const std::string path = fs::absolute(msa.path).string();
    inputs.push_back(features::read_msa(msa.database.empty() ? path : msa.database + "=" + path));
  }
  features::MergedMsa merged =
      features::merge_msas({target.name, "", chain.description, chain.sequence}, inputs);
  for (const features::MergeCount& count : merged.counts) {
    base::log::info("{}: {}: {} rows, {} new", target.name, count.path, count.rows, count.kept);
  }
  merged.features.templates = templates_of_chain(target.name, chain.sequence, template_hits, templates);
  features::write_raw_features(merged.features, stages.target_dir() / "features.npz");
  write_template_table({{"", chain.sequence, merged.features.templates}},
                       stages.target_dir() / "templates.json");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const StageRecord record{seconds.count(), {{"n_seq", merged.features.n_seq}}};
  stages.record("features", key.hex(), {"features.npz", "templates.json"}, record);
  return record.seconds;
}

size_t feature_stage_bytes(const TargetMsas& msas) {
  // A letter in the file is at most: itself, a letter and a count of deletions in the alignment that was
  // read, the same in the merged one, and a byte of names.
  constexpr size_t kBytesPerFileByte = 1 + 5 + 5 + 1, kFixed = size_t{8} << 20;
  constexpr size_t kCompression = 20;  // better than alignments are compressed
  size_t bytes = kFixed;
  for (const MsaFile& msa : msas.files) {
    std::error_code missing;
    const auto size = fs::file_size(msa.path, missing);
    const std::string extension = msa.path.extension().string();
    const bool is_compressed = extension == ".gz" || extension == ".zst";
    if (!missing) bytes += kBytesPerFileByte * size * (is_compressed ? kCompression : 1);
  }
  return bytes;
}

double FeatureQueue::make(size_t i) const {
  return run_feature_stage(targets_[i], msas_[i], templates_, output_dir_ / targets_[i].name);
}

double FeatureQueue::get(size_t i) {
  if (ahead_ != i) return make(i);
  ahead_.reset();
  return result_.get();
}

size_t FeatureQueue::bytes_to_start(size_t i) const {
  if (i >= targets_.size() || ahead_ == i) return 0;
  if (ahead_ && result_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return 0;
  constexpr size_t kStructure = size_t{1} << 30;  // the largest file that is read as a template
  return feature_stage_bytes(msas_[i]) + (templates_.mmcif_dir.empty() ? 0 : kStructure);
}

void FeatureQueue::start(size_t i) {
  ahead_ = i;
  result_ = std::async(std::launch::async, [this, i] { return make(i); });
}

}  // namespace foldmesh::pipeline
