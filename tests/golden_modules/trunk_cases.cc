// Evoformer and extra-MSA blocks.
#include <cstring>

#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

using graph::OpKind;
using graph::Variant;
using tensor::Tensor;

struct BlockStep {
  OpKind kind;
  const char* scope;   // below the stack's scope
  const char* golden;  // name of the update
  bool updates_msa;
  Variant variant = Variant::kDefault;
};

constexpr BlockStep kRow = {OpKind::kRowAttention, "msa_row_attention_with_pair_bias", "msa_row_attention",
                            true};
constexpr BlockStep kColumn = {OpKind::kColumnAttention, "msa_column_attention", "msa_column_attention",
                               true};
constexpr BlockStep kGlobalColumn = {OpKind::kGlobalColumnAttention, "msa_column_global_attention",
                                     "msa_column_global_attention", true};
constexpr BlockStep kAfterColumn[] = {
    {OpKind::kTransition, "msa_transition", "msa_transition", true},
    {OpKind::kOuterProductMean, "outer_product_mean", "outer_product_mean", false},
    {OpKind::kTriangleMultiplication, "triangle_multiplication_outgoing", "triangle_multiplication_outgoing",
     false, Variant::kOutgoing},
    {OpKind::kTriangleMultiplication, "triangle_multiplication_incoming", "triangle_multiplication_incoming",
     false, Variant::kIncoming},
    {OpKind::kTriangleAttention, "triangle_attention_starting_node", "triangle_attention_starting_node",
     false, Variant::kStarting},
    {OpKind::kTriangleAttention, "triangle_attention_ending_node", "triangle_attention_ending_node", false,
     Variant::kEnding},
    {OpKind::kTransition, "pair_transition", "pair_transition", false},
};

std::vector<BlockStep> block_steps(const BlockStep& column) {
  std::vector<BlockStep> steps = {kRow, column};
  steps.insert(steps.end(), std::begin(kAfterColumn), std::end(kAfterColumn));
  return steps;
}

struct Block {
  Tensor m, z, msa_mask, pair_mask;

  Block(const OpRunner& runner, const ModuleGolden& golden)
      : m(runner.load(golden.in("m"))),
        z(runner.load(golden.in("z"))),
        msa_mask(runner.load(golden.in("msa_mask"))),
        pair_mask(runner.load(golden.in("pair_mask"))) {}

  void run(OpRunner& runner, const std::string& stack, int block, const BlockStep& step) {
    Tensor* target = step.updates_msa ? &m : &z;
    OpCall call = {step.kind, stack + "/" + step.scope, block, {target}, {target}};
    call.variant = step.variant;
    switch (step.kind) {
      case OpKind::kRowAttention:
        call.inputs.insert(call.inputs.end(), {&z, &msa_mask});
        break;
      case OpKind::kOuterProductMean:
        call.inputs.insert(call.inputs.end(), {&m, &msa_mask});
        break;
      case OpKind::kTransition:
        break;
      default:
        call.inputs.push_back(step.updates_msa ? &msa_mask : &pair_mask);
    }
    runner.run(call);
  }
};

void check_block(OpRunner& runner, const std::string& file, const std::string& stack, int index,
                 const BlockStep& column) {
  const ModuleGolden golden(file);
  Block block(runner, golden);
  const Valid valid_msa = valid_where(golden.in("msa_mask")),
              valid_pairs = valid_where(golden.in("pair_mask"));
  for (const BlockStep& step : block_steps(column)) {
    const Tensor& target = step.updates_msa ? block.m : block.z;
    const Tensor before = target.clone();
    block.run(runner, stack, index, step);
    expect_close(step.golden, difference(target, before).view(), golden.out(step.golden), kSubModuleLimit,
                 step.updates_msa ? valid_msa : valid_pairs);
  }
  expect_close("m after the block", block.m.view(), golden.out("m"), kSubModuleLimit, valid_msa);
  expect_close("z after the block", block.z.view(), golden.out("z"), kSubModuleLimit, valid_pairs);
}

TEST_P(ModuleCases, EvoformerBlock) {
  check_block(runner_, "evoformer_block", "evoformer/evoformer_iteration", 5, kColumn);
}

TEST_P(ModuleCases, ExtraMsaBlock) {
  check_block(runner_, "extra_msa_block", "evoformer/extra_msa_stack", 2, kGlobalColumn);
}

TEST_P(ModuleCases, ExtraMsaStack) {
  const ModuleGolden golden("extra_msa_stack");
  Block block(runner_, golden);
  for (int index = 0; index < 4; ++index) {
    for (const BlockStep& step : block_steps(kGlobalColumn)) {
      block.run(runner_, "evoformer/extra_msa_stack", index, step);
    }
  }
  expect_close("z after 4 blocks", block.z.view(), golden.out("z"), kTrunkLimit,
               valid_where(golden.in("pair_mask")));
}

TEST_P(ModuleCases, ThreadCountDoesNotChangeBits) {
  const ModuleGolden golden("extra_msa_block");
  OpRunner one_thread(*backend_, 1), three_threads(*backend_, 3);
  Block a(one_thread, golden), b(three_threads, golden);
  std::vector<BlockStep> steps = block_steps(kGlobalColumn);
  for (const BlockStep& step : steps) {
    a.run(one_thread, "evoformer/extra_msa_stack", 2, step);
    b.run(three_threads, "evoformer/extra_msa_stack", 2, step);
    EXPECT_EQ(std::memcmp(a.m.view().data, b.m.view().data, a.m.bytes()), 0) << step.golden;
    EXPECT_EQ(std::memcmp(a.z.view().data, b.z.view().data, a.z.bytes()), 0) << step.golden;
  }
}

}  // namespace
}  // namespace foldmesh::golden
