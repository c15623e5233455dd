// Modules of multimer models.
#include <cstring>

#include "foldmesh/features/chain_templates.h"
#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/formula_params.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

using graph::OpKind;
using graph::Variant;
using tensor::Tensor;

TEST_P(ModuleCases, MultimerInputEmbedder) {
  OpRunner& runner = multimer_runner_;
  const ModuleGolden golden("multimer_input_embedder");
  Tensor target_feat = runner.load(golden.in("target_feat")), msa_feat = runner.load(golden.in("msa_feat"));
  Tensor residue_index = runner.load(golden.in("residue_index")), asym_id = runner.load(golden.in("asym_id"));
  Tensor entity_id = runner.load(golden.in("entity_id")), sym_id = runner.load(golden.in("sym_id"));
  Tensor z = runner.make(golden.out("z").shape);
  const OpCall embed = {OpKind::kChainPairEmbedding,
                        "evoformer",
                        -1,
                        {&z, &target_feat, &residue_index, &asym_id, &entity_id, &sym_id},
                        {&z}};
  runner.run(embed);
  expect_close("z", z.view(), golden.out("z"), kEmbedderLimit);

  // Without target features only the relative encoding and two biases are left, which do not depend on the
  // pair.
  const Tensor relative = runner.load(golden.out("relpos_only")).cast(tensor::DType::kF64);
  Tensor nothing = runner.make(target_feat.shape()), only = runner.make(z.shape());
  runner.run({OpKind::kChainPairEmbedding,
              "evoformer",
              -1,
              {&only, &nothing, &residue_index, &asym_id, &entity_id, &sym_id},
              {&only}});
  Tensor without_biases = only.cast(tensor::DType::kF64);
  const int64_t channels = z.dim(2);
  std::vector<double> biases(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; ++c)
    biases[static_cast<size_t>(c)] = without_biases.as<double>()[c] - relative.as<double>()[c];
  for (int64_t i = 0; i < without_biases.size(); ++i) {
    without_biases.as<double>()[i] -= biases[static_cast<size_t>(i % channels)];
  }
  expect_close("relative encoding", without_biases.view(), golden.out("relpos_only"), kEmbedderLimit);

  Tensor previous = runner.make({target_feat.dim(0), 256}), m = runner.make(golden.out("m").shape);
  runner.run({OpKind::kMsaEmbedding, "evoformer", -1, {&target_feat, &msa_feat, &previous}, {&m}});
  Tensor offset = runner.make({target_feat.dim(0), 256});
  runner.run({OpKind::kLayerNorm, "evoformer/prev_msa_first_row_norm", -1, {&offset}, {&offset}});
  Tensor without_offset = m.cast(tensor::DType::kF64);
  const Tensor row = offset.cast(tensor::DType::kF64);
  for (int64_t k = 0; k < row.size(); ++k) without_offset.as<double>()[k] -= row.as<double>()[k];
  expect_close("m", without_offset.view(), golden.out("m"), kEmbedderLimit);
}

TEST_P(ModuleCases, MultimerTemplate) {
  OpRunner& runner = multimer_runner_;
  const ModuleGolden golden("multimer_template");
  const int64_t n_templates = golden.in("template_aatype").dim(0),
                n_res = golden.in("template_aatype").dim(1);
  const features::ChainTemplates made =
      features::chain_templates(n_templates, n_res, golden.in("template_aatype").span<int32_t>(),
                                golden.in("template_all_atom_positions").span<float>(),
                                golden.in("template_all_atom_mask").span<float>());
  Tensor aatype = runner.load(golden.in("template_aatype")), asym_id = runner.load(golden.in("asym_id"));
  Tensor beta = runner.load(made.pseudo_beta.view()), beta_mask = runner.load(made.pseudo_beta_mask.view());
  Tensor frames = runner.load(made.backbone_frame.view()), backbones = runner.load(made.backbone_mask.view());
  Tensor chi = runner.load(made.chi.view()), pair_mask = runner.load(golden.in("pair_mask"));
  Tensor z = runner.load(golden.in("z"));
  const std::string single = "evoformer/template_embedding/single_template_embedding";
  const std::string scope = single + "/template_embedding_iteration/";
  std::vector<Tensor> templates;
  for (int t = 0; t < static_cast<int>(n_templates); ++t) {
    Tensor act = runner.make({n_res, n_res, 64});
    OpCall embed = {OpKind::kChainTemplateEmbedding,
                    single,
                    -1,
                    {&z, &aatype, &beta, &beta_mask, &frames, &backbones, &asym_id},
                    {&act}};
    embed.index = t;
    runner.run(embed);
    for (int block = 0; block < 2; ++block) {
      const auto run = [&](OpKind kind, const char* module, Variant variant) {
        OpCall call = {kind, scope + module, block, {&act}, {&act}, variant};
        if (kind != OpKind::kTransition) call.inputs.push_back(&pair_mask);
        runner.run(call);
      };
      run(OpKind::kFusedTriangleMultiplication, "triangle_multiplication_outgoing", Variant::kOutgoing);
      run(OpKind::kFusedTriangleMultiplication, "triangle_multiplication_incoming", Variant::kIncoming);
      run(OpKind::kTriangleAttention, "triangle_attention_starting_node", Variant::kStarting);
      run(OpKind::kTriangleAttention, "triangle_attention_ending_node", Variant::kEnding);
      run(OpKind::kTransition, "pair_transition", Variant::kDefault);
    }
    runner.run({OpKind::kLayerNorm, single + "/output_layer_norm", -1, {&act}, {&act}});
    templates.push_back(std::move(act));
  }
  const std::vector<float> ones(static_cast<size_t>(n_templates), 1.0f);
  Tensor weight = runner.load({ones.data(), tensor::DType::kF32, {n_templates}});
  OpCall mean = {OpKind::kTemplateMean, "evoformer/template_embedding", -1, {&z, &weight}, {&z}};
  for (Tensor& t : templates) mean.inputs.push_back(&t);
  const Tensor before = z.clone();
  runner.run(mean);
  expect_close("template_pair_embedding", difference(z, before).view(), golden.out("template_pair_embedding"),
               kSubModuleLimit, valid_where(golden.in("pair_mask")));

  const int64_t n_seq = 2, channels = 256;
  Tensor m = runner.make({n_seq + n_templates, n_res, channels});
  runner.run({OpKind::kTemplateChiEmbedding, "evoformer", -1, {&m, &aatype, &chi}, {&m}});
  const Tensor rows = m.cast(tensor::DType::kF64);
  const tensor::ConstView embedded = {
      rows.as<double>() + n_seq * n_res * channels, tensor::DType::kF64, {n_templates, n_res, channels}};
  expect_close("template_single_embedding", embedded, golden.out("template_single_embedding"),
               kSubModuleLimit);
  // The rows' mask is that of chi 1.
  for (int64_t i = 0; i < n_templates * n_res; ++i) {
    EXPECT_EQ(made.chi.as<float>()[12 * i + 8], golden.out("template_mask").as<float>()[i]) << i;
  }
}

TEST_P(ModuleCases, MultimerEvoformerBlock) {
  OpRunner& runner = multimer_runner_;
  const ModuleGolden golden("multimer_evoformer_block");
  Tensor m = runner.load(golden.in("m")), z = runner.load(golden.in("z"));
  Tensor msa_mask = runner.load(golden.in("msa_mask")), pair_mask = runner.load(golden.in("pair_mask"));
  const Valid valid_msa = valid_where(golden.in("msa_mask")),
              valid_pairs = valid_where(golden.in("pair_mask"));
  const auto run = [&](OpKind kind, const std::string& module, Tensor* x, std::vector<Tensor*> others,
                       Variant variant = Variant::kDefault) {
    others.insert(others.begin(), x);
    const Tensor before = x->clone();
    runner.run({kind, "evoformer/evoformer_iteration/" + module, 5, others, {x}, variant});
    return difference(*x, before);
  };
  expect_close("outer_product_mean",
               run(OpKind::kOuterProductMean, "outer_product_mean", &z, {&m, &msa_mask}).view(),
               golden.out("outer_product_mean"), kSubModuleLimit, valid_pairs);
  expect_close("msa_row_attention",
               run(OpKind::kRowAttention, "msa_row_attention_with_pair_bias", &m, {&z, &msa_mask}).view(),
               golden.out("msa_row_attention"), kSubModuleLimit, valid_msa);
  run(OpKind::kColumnAttention, "msa_column_attention", &m, {&msa_mask});
  run(OpKind::kTransition, "msa_transition", &m, {});
  for (const auto& [module, variant] : {std::pair("triangle_multiplication_outgoing", Variant::kOutgoing),
                                        std::pair("triangle_multiplication_incoming", Variant::kIncoming)}) {
    expect_close(module, run(OpKind::kFusedTriangleMultiplication, module, &z, {&pair_mask}, variant).view(),
                 golden.out(module), kSubModuleLimit, valid_pairs);
  }
  run(OpKind::kTriangleAttention, "triangle_attention_starting_node", &z, {&pair_mask}, Variant::kStarting);
  run(OpKind::kTriangleAttention, "triangle_attention_ending_node", &z, {&pair_mask}, Variant::kEnding);
  run(OpKind::kTransition, "pair_transition", &z, {});
  expect_close("m after the block", m.view(), golden.out("m"), kSubModuleLimit, valid_msa);
  expect_close("z after the block", z.view(), golden.out("z"), kSubModuleLimit, valid_pairs);
}

// Releases before v3 have the two factors' layers apart. There are no goldens of these, so: with the fused
// layers cut into halves the unfused operator has to give the fused one's golden.
TEST_P(ModuleCases, UnfusedTriangleMultiplicationOfHalves) {
  const ModuleGolden golden("multimer_evoformer_block");
  const std::string model = "model_1_multimer_v3";
  const Tensor z = multimer_runner_.load(golden.in("z"));
  Tensor pair_mask = multimer_runner_.load(golden.in("pair_mask"));
  for (const auto& [module, variant] : {std::pair("triangle_multiplication_outgoing", Variant::kOutgoing),
                                        std::pair("triangle_multiplication_incoming", Variant::kIncoming)}) {
    const std::string scope = std::string("evoformer/evoformer_iteration/") + module;
    const auto param = [&](const std::string& leaf) {
      return formula_param("alphafold/alphafold_iteration/" + scope + "/" + leaf, 5, model);
    };
    const auto half = [&](const std::string& leaf, int64_t side) {
      const Tensor both = param(leaf);
      const int64_t width = both.shape().back(), n = both.size() / width;
      tensor::Shape shape = both.shape();
      shape.back() = width / 2;
      Tensor part(tensor::DType::kF32, shape);
      for (int64_t row = 0; row < n; ++row) {
        std::copy_n(both.as<float>() + row * width + side * (width / 2), width / 2,
                    part.as<float>() + row * (width / 2));
      }
      return part;
    };
    std::vector<Tensor> params;
    params.push_back(param("left_norm_input//scale"));
    params.push_back(param("left_norm_input//offset"));
    for (const char* layer : {"projection", "gate"}) {
      for (const int64_t side : {0, 1}) {
        params.push_back(half(std::string(layer) + "//weights", side));
        params.push_back(half(std::string(layer) + "//bias", side));
      }
    }
    for (const char* leaf : {"center_norm//scale", "center_norm//offset", "output_projection//weights",
                             "output_projection//bias", "gating_linear//weights", "gating_linear//bias"}) {
      params.push_back(param(leaf));
    }
    Tensor fused = z.clone(), unfused = z.clone();
    multimer_runner_.run(
        {OpKind::kFusedTriangleMultiplication, scope, 5, {&fused, &pair_mask}, {&fused}, variant});
    OpCall call = {OpKind::kTriangleMultiplication, scope, 5, {&unfused, &pair_mask}, {&unfused}, variant};
    for (const Tensor& p : params) call.params.push_back(&p);
    multimer_runner_.run(call);
    expect_close(std::string("unfused ") + module, unfused.view(), fused.view(), kExact);
  }
}

TEST_P(ModuleCases, MultimerStructureModule) {
  OpRunner& runner = multimer_runner_;
  const ModuleGolden golden("multimer_structure_module");
  Tensor single = runner.load(golden.in("single")), pair = runner.load(golden.in("pair"));
  Tensor aatype = runner.load(golden.in("aatype")), mask = runner.load(golden.in("seq_mask"));
  const int64_t n_res = aatype.size(), n_iterations = golden.out("frames").dim(0);
  Tensor act = runner.make(golden.out("single").shape), frames = runner.make({n_iterations, n_res, 12});
  Tensor angles = runner.make(golden.out("angles").shape), unnormalized = runner.make(angles.shape());
  Tensor atom14 = runner.make({n_res, 14, 3}), atom37 = runner.make({n_res, 37, 3});
  runner.run({OpKind::kChainStructureModule,
              "structure_module",
              -1,
              {&single, &pair, &aatype, &mask},
              {&act, &frames, &angles, &unnormalized, &atom14, &atom37}});
  const Valid valid = valid_where(golden.in("seq_mask"));
  const Valid all_iterations = repeated(valid, n_iterations);
  expect_close("act", act.view(), golden.out("single"), kTrunkLimit, valid);
  // The golden's matrices are 4x4.
  Tensor rows(tensor::DType::kF32, {n_iterations, n_res, 12});
  for (int64_t k = 0; k < n_iterations * n_res; ++k) {
    std::copy_n(golden.out("frames").as<float>() + 16 * k, 12, rows.as<float>() + 12 * k);
  }
  expect_close("frames", frames.view(), rows.view(), kPositionLimit, all_iterations);
  expect_close("angles", angles.view(), golden.out("angles"), kAngleLimit, all_iterations);
  expect_close("unnormalized_angles", unnormalized.view(), golden.out("unnormalized_angles"), kAngleLimit,
               all_iterations);
  const tensor::ConstView last = {
      golden.out("positions_atom14").as<float>() + (n_iterations - 1) * n_res * 14 * 3,
      tensor::DType::kF32,
      {n_res, 14, 3}};
  expect_close("positions_atom14", atom14.view(), last, kPositionLimit, valid);
  expect_close("final_atom_positions", atom37.view(), golden.out("final_atom_positions"), kPositionLimit,
               valid);
}

}  // namespace
}  // namespace foldmesh::golden
