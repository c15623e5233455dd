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

struct MultimerRelease {
  std::string_view suffix;
  int max_msa_clusters;
  bool fuses_triangle_multiplication;
};
constexpr MultimerRelease kMultimers[] = {
    {"_multimer", 252, false}, {"_multimer_v2", 252, false}, {"_multimer_v3", 508, true}};

// Models 1 to 3 of the last release see a deeper extra MSA.
int multimer_extra_msa(const MultimerRelease& release, std::string_view model) {
  const bool is_deep = release.fuses_triangle_multiplication && model != "model_4" && model != "model_5";
  return is_deep ? 2048 : 1152;
}

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
    for (const MultimerRelease& release : kMultimers) {
      if (suffix != release.suffix) continue;
      return {.name = std::string(name),
              .is_multimer = true,
              .fuses_triangle_multiplication = release.fuses_triangle_multiplication,
              .uses_templates = true,
              .has_pae_head = true,
              .max_msa_clusters = release.max_msa_clusters,
              .max_extra_msa = multimer_extra_msa(release, row.name),
              .n_recycles = 20,
              .recycle_tolerance = 0.5};
    }
  }
  base::throw_input("there is no model '{}' (expected one of {})", base::printable(name),
                    fmt::join(model_names(), ", "));
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  std::vector<std::string_view> suffixes = {std::string_view(), kPtm};
  for (const MultimerRelease& release : kMultimers) suffixes.push_back(release.suffix);
  for (const std::string_view suffix : suffixes) {
    for (const Row& row : kModels) names.push_back(std::string(row.name) + std::string(suffix));
  }
  return names;
}

}  // namespace foldmesh::model
