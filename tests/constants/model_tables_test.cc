// Two modules that must not know each other keep a table of the models: sampling sizes (features) and
// networks (model).
#include <gtest/gtest.h>

#include "foldmesh/features/feature_config.h"
#include "foldmesh/model/config.h"

namespace foldmesh {
namespace {

TEST(ModelTables, Agree) {
  size_t n_monomers = 0;
  for (const std::string& name : model::model_names()) {
    const model::ModelConfig network = model::model_by_name(name);
    if (network.is_multimer) continue;  // sampled by sizes that their networks give
    ++n_monomers;
    const features::FeatureConfig sampling = features::feature_config(name);
    EXPECT_EQ(sampling.max_msa_clusters, network.max_msa_clusters) << name;
    EXPECT_EQ(sampling.max_extra_msa, network.max_extra_msa) << name;
    EXPECT_EQ(sampling.templates, network.uses_templates) << name;
  }
  EXPECT_EQ(n_monomers, 10u);
}

}  // namespace
}  // namespace foldmesh
