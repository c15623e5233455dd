// Template embedding, pair stack, pointwise attention and torsion rows.
#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

using graph::OpKind;
using graph::Variant;
using tensor::Tensor;

constexpr const char* kSingleTemplate = "evoformer/template_embedding/single_template_embedding";

// [T,N,N,c] -> template t as [N,N,c]
tensor::ConstView slice(const tensor::ConstView& stacked, int64_t t) {
  tensor::ConstView view = stacked;
  view.shape.erase(view.shape.begin());
  view.data = static_cast<const std::byte*>(stacked.data) + static_cast<size_t>(t) * view.bytes();
  return view;
}

struct StackStep {
  OpKind kind;
  const char* module;
  Variant variant = Variant::kDefault;
};
// Attention first, unlike in the trunk.
constexpr StackStep kStack[] = {
    {OpKind::kTriangleAttention, "triangle_attention_starting_node", Variant::kStarting},
    {OpKind::kTriangleAttention, "triangle_attention_ending_node", Variant::kEnding},
    {OpKind::kTriangleMultiplication, "triangle_multiplication_outgoing", Variant::kOutgoing},
    {OpKind::kTriangleMultiplication, "triangle_multiplication_incoming", Variant::kIncoming},
    {OpKind::kTransition, "pair_transition"},
};

TEST_P(ModuleCases, TemplatePairStack) {
  const ModuleGolden golden("template");
  Tensor aatype = runner_.load(golden.in("template_aatype")),
         atoms = runner_.load(golden.in("template_all_atom_mask"));
  Tensor beta = runner_.load(golden.in("template_pseudo_beta"));
  Tensor beta_mask = runner_.load(golden.in("template_pseudo_beta_mask"));
  Tensor pair_mask = runner_.load(golden.in("pair_mask"));
  const Valid valid = valid_where(golden.in("pair_mask"));
  const std::string scope = std::string(kSingleTemplate) + "/template_pair_stack/__layer_stack_no_state/";
  for (int t = 0; t < static_cast<int>(aatype.dim(0)); ++t) {
    Tensor act = runner_.make(slice(golden.out("embedding2d"), t).shape);
    OpCall embed = {
        OpKind::kTemplatePairEmbedding, kSingleTemplate, -1, {&aatype, &atoms, &beta, &beta_mask}, {&act}};
    embed.index = t;
    runner_.run(embed);
    expect_close("embedding2d of template " + std::to_string(t), act.view(),
                 slice(golden.out("embedding2d"), t), kEmbedderLimit);
    for (int block = 0; block < 2; ++block) {
      for (const StackStep& step : kStack) {
        OpCall call = {step.kind, scope + step.module, block, {&act}, {&act}};
        if (step.kind != OpKind::kTransition) call.inputs.push_back(&pair_mask);
        call.variant = step.variant;
        runner_.run(call);
      }
    }
    runner_.run(
        {OpKind::kLayerNorm, std::string(kSingleTemplate) + "/output_layer_norm", -1, {&act}, {&act}});
    expect_close("pair_stack of template " + std::to_string(t), act.view(),
                 slice(golden.out("pair_stack"), t), kSubModuleLimit, valid);
  }
}

TEST_P(ModuleCases, TemplatePointwiseAttention) {
  const ModuleGolden golden("template");
  Tensor mask = runner_.load(golden.in("template_mask")), z = runner_.load(golden.in("z"));
  std::vector<Tensor> templates;
  for (int64_t t = 0; t < mask.dim(0); ++t)
    templates.push_back(runner_.load(slice(golden.out("pair_stack"), t)));
  OpCall call = {OpKind::kTemplatePointwiseAttention, "evoformer/template_embedding", -1, {&z, &mask}, {&z}};
  for (Tensor& t : templates) call.inputs.push_back(&t);
  const Tensor before = z.clone();
  runner_.run(call);
  expect_close("pointwise", difference(z, before).view(), golden.out("pointwise"), kSubModuleLimit,
               valid_where(golden.in("pair_mask")));
}

TEST_P(ModuleCases, NoRealTemplateChangesNothing) {
  const ModuleGolden golden("template");
  Tensor z = runner_.load(golden.in("z")), t = runner_.load(slice(golden.out("pair_stack"), 0));
  Tensor mask = runner_.make({1});
  const Tensor before = z.clone();
  runner_.run(
      {OpKind::kTemplatePointwiseAttention, "evoformer/template_embedding", -1, {&z, &mask, &t}, {&z}});
  expect_close("z without templates", z.view(), before.view(), kExact);
}

TEST_P(ModuleCases, TemplateAngleEmbedding) {
  const ModuleGolden golden("template");
  Tensor aatype = runner_.load(golden.in("template_aatype"));
  Tensor sin_cos = runner_.load(golden.in("template_torsion_angles_sin_cos"));
  Tensor alternative = runner_.load(golden.in("template_alt_torsion_angles_sin_cos"));
  Tensor mask = runner_.load(golden.in("template_torsion_angles_mask"));
  const int64_t n_templates = aatype.dim(0), n_res = aatype.dim(1), n_seq = 2, channels = 256;
  Tensor m = runner_.make({n_seq + n_templates, n_res, channels});
  runner_.run(
      {OpKind::kTemplateAngleEmbedding, "evoformer", -1, {&m, &aatype, &sin_cos, &alternative, &mask}, {&m}});

  const Tensor rows = m.cast(tensor::DType::kF64);
  const double* first = rows.as<double>();
  const tensor::ConstView embedded = {
      first + n_seq * n_res * channels, tensor::DType::kF64, {n_templates, n_res, channels}};
  expect_close("single_embedding", embedded, golden.out("single_embedding"), kSubModuleLimit);
  for (int64_t k = 0; k < n_seq * n_res * channels; ++k)
    ASSERT_EQ(first[k], 0) << "a row of the MSA was written";
}

}  // namespace
}  // namespace foldmesh::golden
