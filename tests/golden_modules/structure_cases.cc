// Structure module and heads.
#include <algorithm>
#include <cstring>

#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

using graph::OpKind;
using tensor::Tensor;

tensor::ConstView last(const tensor::ConstView& stacked) {
  tensor::ConstView view = stacked;
  view.shape.erase(view.shape.begin());
  view.data =
      static_cast<const std::byte*>(stacked.data) + static_cast<size_t>(stacked.dim(0) - 1) * view.bytes();
  return view;
}

struct StructureOutputs {
  Tensor act, frames, angles, unnormalized, atom14, atom37;

  StructureOutputs(OpRunner& runner, const ModuleGolden& golden)
      : act(runner.make(golden.out("single").shape)),
        frames(runner.make(golden.out("frames").shape)),
        angles(runner.make(golden.out("angles").shape)),
        unnormalized(runner.make(golden.out("unnormalized_angles").shape)),
        atom14(runner.make(last(golden.out("positions_atom14")).shape)),
        atom37(runner.make(golden.out("final_atom_positions").shape)) {
    Tensor single = runner.load(golden.in("single")), pair = runner.load(golden.in("pair"));
    Tensor aatype = runner.load(golden.in("aatype")), mask = runner.load(golden.in("seq_mask"));
    runner.run({OpKind::kStructureModule,
                "structure_module",
                -1,
                {&single, &pair, &aatype, &mask},
                {&act, &frames, &angles, &unnormalized, &atom14, &atom37}});
  }
};

TEST_P(ModuleCases, StructureModule) {
  const ModuleGolden golden("structure_module");
  const StructureOutputs got(runner_, golden);
  const Valid valid = valid_where(golden.in("seq_mask"));
  const Valid all_iterations = repeated(valid, got.frames.dim(0));
  expect_close("act", got.act.view(), golden.out("single"), kTrunkLimit, valid);
  expect_close("frames", got.frames.view(), golden.out("frames"), kPositionLimit, all_iterations);
  expect_close("angles", got.angles.view(), golden.out("angles"), kAngleLimit, all_iterations);
  expect_close("unnormalized_angles", got.unnormalized.view(), golden.out("unnormalized_angles"), kAngleLimit,
               all_iterations);
  expect_close("positions_atom14", got.atom14.view(), last(golden.out("positions_atom14")), kPositionLimit,
               valid);
  expect_close("final_atom_positions", got.atom37.view(), golden.out("final_atom_positions"), kPositionLimit,
               valid);
}

TEST_P(ModuleCases, StructureModuleOnOtherThreadCounts) {
  const ModuleGolden golden("structure_module");
  OpRunner one_thread(*backend_, 1), three_threads(*backend_, 3);
  const StructureOutputs a(one_thread, golden), b(three_threads, golden);
  EXPECT_EQ(std::memcmp(a.atom37.view().data, b.atom37.view().data, a.atom37.bytes()), 0);
  EXPECT_EQ(std::memcmp(a.frames.view().data, b.frames.view().data, a.frames.bytes()), 0);
}

TEST_P(ModuleCases, Heads) {
  const ModuleGolden golden("heads");
  Tensor act = runner_.load(golden.in("sm_single")), pair = runner_.load(golden.in("pair"));
  Tensor single = runner_.load(golden.in("single"));

  Tensor lddt = runner_.make(golden.out("lddt_logits").shape);
  runner_.run({OpKind::kPlddtHead, "predicted_lddt_head", -1, {&act}, {&lddt}});
  expect_close("lddt_logits", lddt.view(), golden.out("lddt_logits"), kLogitLimit);

  Tensor distogram = runner_.make(golden.out("distogram_logits").shape);
  runner_.run({OpKind::kDistogramHead, "distogram_head", -1, {&pair}, {&distogram}});
  expect_close("distogram_logits", distogram.view(), golden.out("distogram_logits"), kLogitLimit);

  Tensor resolved = runner_.make(golden.out("experimentally_resolved_logits").shape);
  runner_.run({OpKind::kLinear, "experimentally_resolved_head/logits", -1, {&single}, {&resolved}});
  expect_close("experimentally_resolved_logits", resolved.view(),
               golden.out("experimentally_resolved_logits"), kLogitLimit);

  Tensor pae = runner_.make(golden.out("tm_logits").shape);
  runner_.run({OpKind::kLinear, "predicted_aligned_error_head/logits", -1, {&pair}, {&pae}});
  expect_close("tm_logits", pae.view(), golden.out("tm_logits"), kLogitLimit);
}

// Rows of templates follow those of the MSA and have no logits.
TEST_P(ModuleCases, MaskedMsaHeadLeavesOutTemplateRows) {
  const ModuleGolden golden("heads");
  const Tensor msa = runner_.load(golden.in("msa"));
  const int64_t n_template_rows = 2;
  Tensor rows = runner_.make({msa.dim(0) + n_template_rows, msa.dim(1), msa.dim(2)});
  std::memcpy(rows.view().data, msa.view().data, msa.bytes());
  Tensor logits = runner_.make(golden.out("masked_msa_logits").shape);
  runner_.run({OpKind::kLinear, "masked_msa_head/logits", -1, {&rows}, {&logits}});
  expect_close("masked_msa_logits", logits.view(), golden.out("masked_msa_logits"), kLogitLimit);

  Tensor first = runner_.make({msa.dim(1), msa.dim(2)});
  runner_.run({OpKind::kFirstRow, "", -1, {&rows}, {&first}});
  EXPECT_EQ(std::memcmp(first.view().data, msa.view().data, first.bytes()), 0);
}

}  // namespace
}  // namespace foldmesh::golden
