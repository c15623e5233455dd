#include "foldmesh/pipeline/stage.h"

#include <sys/stat.h>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/version.h"

namespace foldmesh::pipeline {
namespace {

std::string hash_of(const std::filesystem::path& path) { return base::Hasher().add_file(path).hex(); }

}  // namespace

StageKey::StageKey(std::string_view stage) { hasher_.add(base::version_string()).add(stage); }

StageKey& StageKey::option(std::string_view name, std::string_view value) {
  hasher_.add(name).add(value);
  return *this;
}

StageKey& StageKey::input_file(const std::filesystem::path& path) {
  hasher_.add_file(path);
  return *this;
}

StageKey& StageKey::large_file(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) base::throw_input("{}: cannot be opened", path.string());
  hasher_.add(std::filesystem::absolute(path).lexically_normal().string());
  hasher_.add(fmt::format("{} {}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec));
  return *this;
}

std::filesystem::path StageStore::record_path(const std::string& stage) const {
  return target_dir_ / ".foldmesh" / (stage + ".json");
}

std::optional<StageRecord> StageStore::find(const std::string& stage, const std::string& key) const {
  const std::filesystem::path path = record_path(stage);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  const nlohmann::json json =
      nlohmann::json::parse(base::read_file(path), nullptr, /*allow_exceptions=*/false);
  try {
    if (json.at("key") != key) return std::nullopt;
    for (const auto& [name, output] : json.at("outputs").items()) {
      const std::filesystem::path file = target_dir_ / name;
      if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
      if (std::filesystem::file_size(file, error) != output.at("bytes").get<uint64_t>()) return std::nullopt;
      if (hash_of(file) != output.at("hash").get<std::string>()) return std::nullopt;
    }
    return StageRecord{json.at("seconds").get<double>(), json.at("facts")};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // not a record of ours, or damaged: run the stage again
  }
}

void StageStore::record(const std::string& stage, const std::string& key,
                        const std::vector<std::string>& outputs, const StageRecord& record) const {
  nlohmann::json files = nlohmann::json::object();
  for (const std::string& name : outputs) {
    const std::filesystem::path file = target_dir_ / name;
    files[name] = {{"bytes", std::filesystem::file_size(file)}, {"hash", hash_of(file)}};
  }
  const nlohmann::json json = {{"stage", stage},
                               {"key", key},
                               {"program", base::version_string()},
                               {"seconds", record.seconds},
                               {"outputs", files},
                               {"facts", record.facts}};
  std::filesystem::create_directories(record_path(stage).parent_path());
  base::write_file_atomically(record_path(stage), json.dump(1) + "\n");
}

}  // namespace foldmesh::pipeline
