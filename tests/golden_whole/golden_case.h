// What a test of a whole model needs: a golden, its features, and the formula's parameters.
#ifndef FOLDMESH_TESTS_GOLDEN_WHOLE_GOLDEN_CASE_H_
#define FOLDMESH_TESTS_GOLDEN_WHOLE_GOLDEN_CASE_H_

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/predict/predict.h"

namespace foldmesh::predict {

// "" when there is no such golden: large ones lie outside of the repository, in the folder that
// FOLDMESH_MORE_GOLDENS names.
inline std::string golden_path(const std::string& name) {
  const std::string path = fmt::format("{}/golden/af2/whole/{}.npz", FOLDMESH_TESTS_DIR, name);
  if (std::filesystem::exists(path)) return path;
  const char* folder = std::getenv("FOLDMESH_MORE_GOLDENS");
  return folder == nullptr ? "" : fmt::format("{}/{}.npz", folder, name);
}

struct GoldenCase {
  GoldenCase(const std::string& model, const std::string& path)
      : golden(path),
        features(processed_source(features::read_processed_features(golden))),
        config(model::model_by_name(model)),
        params(model::ParamStore::from_formula(config, "", pool)) {
    options.n_threads = base::available_cores();
    options.all_heads = true;
  }

  base::ThreadPool pool{base::available_cores()};
  tensor::NpzReader golden;
  std::unique_ptr<FeatureSource> features;
  model::ModelConfig config;
  model::ParamStore params;
  PredictOptions options;  // all threads, all heads, four passes in fp32
};

}  // namespace foldmesh::predict

#endif  // FOLDMESH_TESTS_GOLDEN_WHOLE_GOLDEN_CASE_H_
