// Resume: which stages of a target are already done, by content.
//
// A stage is identified by a key, the hash of everything that decides its result: program version, stage
// name, options, input files. When it has succeeded, a record `<target>/.foldmesh/<stage>.json` is written
// (atomically, after the outputs) with the key and the size and hash of every output. A later run skips the
// stage if the record has the same key and the outputs still match; anything else runs it again. Half-written
// files cannot be taken for results: outputs appear by rename, and without a record they do not count.
#ifndef FOLDMESH_PIPELINE_STAGE_H_
#define FOLDMESH_PIPELINE_STAGE_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/hash.h"

namespace foldmesh::pipeline {

// Collects what decides a stage's result. Order matters.
class StageKey {
 public:
  explicit StageKey(std::string_view stage);
  StageKey& option(std::string_view name, std::string_view value);
  // Hashes the file's bytes.
  StageKey& input_file(const std::filesystem::path& path);
  // For files too large to hash at every start: name, size and modification time stand for the bytes.
  StageKey& large_file(const std::filesystem::path& path);
  std::string hex() const { return hasher_.hex(); }

 private:
  base::Hasher hasher_;
};

struct StageRecord {
  double seconds = 0;    // what the stage took when it really ran
  nlohmann::json facts;  // small results that later stages need (scores)
};

// The stages of one target folder. Two processes may work in the same folder: the results are the same bytes.
class StageStore {
 public:
  explicit StageStore(std::filesystem::path target_dir) : target_dir_(std::move(target_dir)) {}

  const std::filesystem::path& target_dir() const { return target_dir_; }
  // The record, if the stage is done under this key; a damaged record or output counts as not done.
  std::optional<StageRecord> find(const std::string& stage, const std::string& key) const;
  // `outputs` are paths relative to the target folder and must exist.
  void record(const std::string& stage, const std::string& key, const std::vector<std::string>& outputs,
              const StageRecord& record) const;

 private:
  std::filesystem::path record_path(const std::string& stage) const;
  std::filesystem::path target_dir_;
};

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_STAGE_H_
