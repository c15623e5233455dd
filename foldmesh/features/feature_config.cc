#include "foldmesh/features/feature_config.h"

#include <array>

#include "foldmesh/base/error.h"

namespace foldmesh::features {

FeatureConfig feature_config(std::string_view model) {
  struct Row {
    std::string_view base;
    int max_msa_clusters, max_extra_msa;
    bool templates;
  };
  // The two template models keep four of their 512 rows free for templates.
  static constexpr std::array<Row, 5> kTable = {{{"model_1", 508, 5120, true},
                                                 {"model_2", 508, 1024, true},
                                                 {"model_3", 512, 5120, false},
                                                 {"model_4", 512, 5120, false},
                                                 {"model_5", 512, 1024, false}}};
  std::string_view base = model;
  if (base.ends_with("_ptm")) base.remove_suffix(4);
  for (const Row& row : kTable) {
    if (row.base == base) return {std::string(model), row.max_msa_clusters, row.max_extra_msa, row.templates};
  }
  base::throw_input("unknown model '{}' (expected model_1 .. model_5 or model_1_ptm .. model_5_ptm)",
                    base::printable(model));
}

}  // namespace foldmesh::features
