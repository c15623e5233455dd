// Input, recycling and extra-MSA embeddings.
#include <cstring>

#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

using graph::OpKind;
using tensor::Tensor;

TEST_P(ModuleCases, InputEmbedder) {
  const ModuleGolden golden("input_embedder");
  Tensor target_feat = runner_.load(golden.in("target_feat")),
         residue_index = runner_.load(golden.in("residue_index"));
  Tensor msa_feat = runner_.load(golden.in("msa_feat"));
  const int64_t n_res = target_feat.dim(0);

  Tensor z = runner_.make(golden.out("z").shape);
  runner_.run({OpKind::kPairEmbedding, "evoformer", -1, {&z, &target_feat, &residue_index}, {&z}});
  expect_close("z", z.view(), golden.out("z"), kEmbedderLimit);

  // A previous row of zeros is embedded as the offset of its layer norm, which the golden leaves out.
  Tensor previous = runner_.make({n_res, 256}), m = runner_.make(golden.out("m").shape);
  runner_.run({OpKind::kMsaEmbedding, "evoformer", -1, {&target_feat, &msa_feat, &previous}, {&m}});
  Tensor offset = runner_.make({n_res, 256});
  runner_.run({OpKind::kLayerNorm, "evoformer/prev_msa_first_row_norm", -1, {&offset}, {&offset}});
  Tensor without_offset = m.cast(tensor::DType::kF64);
  const Tensor row = offset.cast(tensor::DType::kF64);
  for (int64_t k = 0; k < row.size(); ++k) without_offset.as<double>()[k] -= row.as<double>()[k];
  expect_close("m", without_offset.view(), golden.out("m"), kEmbedderLimit);
}

TEST_P(ModuleCases, RecyclingEmbedder) {
  const ModuleGolden golden("recycling_embedder");
  Tensor aatype = runner_.load(golden.in("aatype")), positions = runner_.load(golden.in("prev_pos"));
  Tensor row = runner_.load(golden.in("prev_msa_first_row")), z = runner_.load(golden.in("prev_pair"));
  runner_.run({OpKind::kRecyclePair, "evoformer", -1, {&z, &aatype, &positions}, {&z}});
  expect_close("z_update", z.view(), golden.out("z_update"), kEmbedderLimit);

  // The operator adds the row to the MSA's first one; with features of zeros the difference to a second row
  // remains.
  const int64_t n_res = row.dim(0);
  Tensor target_feat = runner_.make({n_res, 22}), msa_feat = runner_.make({2, n_res, 49});
  Tensor m = runner_.make({2, n_res, 256});
  runner_.run({OpKind::kMsaEmbedding, "evoformer", -1, {&target_feat, &msa_feat, &row}, {&m}});
  Tensor first = runner_.make({n_res, 256}), second = runner_.make({n_res, 256});
  std::memcpy(first.view().data, m.view().data, first.bytes());
  std::memcpy(second.view().data, static_cast<std::byte*>(m.view().data) + first.bytes(), second.bytes());
  expect_close("m_update", difference(first, second).view(), golden.out("m_update"), kEmbedderLimit);
}

TEST_P(ModuleCases, ExtraMsaEmbedder) {
  const ModuleGolden golden("extra_msa_embedder");
  Tensor msa = runner_.load(golden.in("extra_msa"));
  Tensor has_deletion = runner_.load(golden.in("extra_has_deletion"));
  Tensor deletion_value = runner_.load(golden.in("extra_deletion_value"));
  Tensor a = runner_.make(golden.out("a").shape);
  runner_.run({OpKind::kExtraMsaEmbedding, "evoformer", -1, {&msa, &has_deletion, &deletion_value}, {&a}});
  expect_close("a", a.view(), golden.out("a"), kEmbedderLimit);
}

TEST_P(ModuleCases, SingleActivations) {
  const ModuleGolden golden("single_activations");
  Tensor row = runner_.load(golden.in("msa_first_row")), single = runner_.make(golden.out("single").shape);
  runner_.run({OpKind::kLinear, "evoformer/single_activations", -1, {&row}, {&single}});
  expect_close("single", single.view(), golden.out("single"), kSubModuleLimit);
}

}  // namespace
}  // namespace foldmesh::golden
