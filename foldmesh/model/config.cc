#include "foldmesh/model/config.h"

#include <fmt/ranges.h>

#include "foldmesh/base/error.h"

namespace foldmesh::model {
namespace {

struct Row {
  std::string_view name;
  bool uses_templates;
  int max_msa_clusters, max_extra_msa;
};

// Models 1 and 2 give four of their 512 rows to templates.
constexpr Row kModels[] = {
    {"model_1", true, 508, 5120},  {"model_2", true, 508, 1024},  {"model_3", false, 512, 5120},
    {"model_4", false, 512, 5120}, {"model_5", false, 512, 1024},
};
constexpr std::string_view kPtm = "_ptm";

}  // namespace

ModelConfig model_by_name(std::string_view name) {
  for (const Row& row : kModels) {
    if (!name.starts_with(row.name)) continue;
    const std::string_view suffix = name.substr(row.name.size());
    if (suffix.empty() || suffix == kPtm) {
      return {.name = std::string(name),
              .uses_templates = row.uses_templates,
              .has_pae_head = suffix == kPtm,
              .max_msa_clusters = row.max_msa_clusters,
              .max_extra_msa = row.max_extra_msa};
    }
    if (suffix.starts_with("_multimer")) {
      base::throw_input("model '{}' is not supported yet (expected a monomer model: {})",
                        base::printable(name), fmt::join(model_names(), ", "));
    }
  }
  base::throw_input("there is no model '{}' (expected one of {})", base::printable(name),
                    fmt::join(model_names(), ", "));
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const std::string_view suffix : {std::string_view(), kPtm}) {
    for (const Row& row : kModels) names.push_back(std::string(row.name) + std::string(suffix));
  }
  return names;
}

}  // namespace foldmesh::model
