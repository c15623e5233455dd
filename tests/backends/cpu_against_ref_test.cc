// Every operator of the CPU backend against the reference backend on random tensors: extents of 1 and odd
// ones, on both sides of the block sizes, with masks that leave whole rows, columns and residues out. And:
// the same bits for every number of threads.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/ref/ref_backend.h"
#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/op_runner.h"

namespace foldmesh::golden {
namespace {

using graph::OpKind;
using graph::Variant;
using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

struct Extents {
  int64_t n_res, n_seq, n_extra, n_templates;
};

// Random operands, as float32 numbers that both backends can hold.
class Operands {
 public:
  explicit Operands(uint64_t seed) : rng_(seed) {}

  Tensor numbers(const Shape& shape, double scale = 2.0) {
    Tensor t(DType::kF32, shape);
    for (int64_t i = 0; i < t.size(); ++i)
      t.as<float>()[i] = static_cast<float>(scale * (2.0 * rng_.uniform() - 1.0));
    return t;
  }
  Tensor classes(const Shape& shape, uint64_t n_classes) {
    Tensor t(DType::kI32, shape);
    for (int64_t i = 0; i < t.size(); ++i) t.as<int32_t>()[i] = static_cast<int32_t>(rng_.below(n_classes));
    return t;
  }
  // Three quarters of the entries valid, but the first row and the last column (if there are more) not at
  // all.
  Tensor mask(const Shape& shape) {
    Tensor t(DType::kF32, shape);
    const int64_t width = shape.back();
    for (int64_t i = 0; i < t.size(); ++i) {
      const bool left_out = t.size() > width && (i < width || i % width == width - 1);
      t.as<float>()[i] = !left_out && rng_.uniform() < 0.75 ? 1.0f : 0.0f;
    }
    return t;
  }

 private:
  base::Rng rng_;
};

// One operator with its operands; in-place operators name operand 0 as their only output.
struct Case {
  OpKind kind;
  std::string scope;
  int block;
  std::vector<Tensor> inputs;
  std::vector<Shape> outputs = {};  // of operators that are not in place
  Variant variant = Variant::kDefault;
  int index = 0;
};

std::vector<Tensor> run(const runtime::Backend& backend, int n_threads, const Case& c) {
  OpRunner runner(backend, n_threads);
  std::vector<Tensor> inputs, outputs;
  for (const Tensor& t : c.inputs) inputs.push_back(runner.load(t.view()));
  for (const Shape& shape : c.outputs) outputs.push_back(runner.make(shape));
  OpCall call = {c.kind, c.scope, c.block, {}, {}, c.variant, c.index};
  for (Tensor& t : inputs) call.inputs.push_back(&t);
  for (Tensor& t : outputs) call.outputs.push_back(&t);
  const bool in_place = graph::spec(c.kind).in_place;
  if (in_place) call.outputs = {&inputs[0]};
  runner.run(call);
  if (in_place) {
    outputs.clear();
    outputs.push_back(std::move(inputs[0]));
  }
  return outputs;
}

double rms(const double* values, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += values[i] * values[i];
  return std::sqrt(sum / static_cast<double>(std::max<int64_t>(n, 1)));
}

// The update of an in-place operator may deviate by `rel` of its own size, as between two correct float32
// implementations, and by half a unit in the last place of the sum.
void expect_near(const Case& c, const Tensor& got, const Tensor& expected, double rel) {
  constexpr double kHalfUlp = 0x1p-24;
  const Tensor result = got.cast(DType::kF64);
  const bool in_place = graph::spec(c.kind).in_place;
  const Tensor update = in_place ? difference(expected, c.inputs[0]) : expected.cast(DType::kF64);
  const Tensor deviation = difference(result, expected);
  const double limit =
      rel * rms(update.as<double>(), update.size()) + kHalfUlp * rms(expected.as<double>(), expected.size());
  const double found = rms(deviation.as<double>(), deviation.size());
  EXPECT_TRUE(std::isfinite(found));
  EXPECT_LE(found, limit);
  for (int64_t i = 0; i < deviation.size(); ++i) {
    ASSERT_LE(std::abs(deviation.as<double>()[i]), 50 * limit)
        << "element " << i << " of " << deviation.size();
  }
}

void check(const Case& c, double rel = kSubModuleLimit.rel) {
  SCOPED_TRACE(std::string(graph::spec(c.kind).name) + " " + c.scope);
  const std::vector<Tensor> expected = run(runtime::RefBackend(), 2, c);
  const std::vector<Tensor> got = run(runtime::CpuBackend(), 1, c);
  for (size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE("output " + std::to_string(i));
    expect_near(c, got[i], expected[i], rel);
  }
  for (const int n_threads : {2, 3}) {
    const std::vector<Tensor> again = run(runtime::CpuBackend(), n_threads, c);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(std::memcmp(got[i].view().data, again[i].view().data, got[i].bytes()), 0)
          << "output " << i << " differs on " << n_threads << " threads";
    }
  }
}

class CpuAgainstRef : public testing::TestWithParam<Extents> {
 protected:
  Extents e_ = GetParam();
  Operands random_{static_cast<uint64_t>(e_.n_res * 1000 + e_.n_seq)};
  Tensor msa() { return random_.numbers({e_.n_seq, e_.n_res, 256}); }
  Tensor extra() { return random_.numbers({e_.n_extra, e_.n_res, 64}); }
  Tensor pair(int64_t c = 128) { return random_.numbers({e_.n_res, e_.n_res, c}); }
  Tensor msa_mask() { return random_.mask({e_.n_seq, e_.n_res}); }
  Tensor extra_mask() { return random_.mask({e_.n_extra, e_.n_res}); }
  Tensor pair_mask() { return random_.mask({e_.n_res, e_.n_res}); }

  template <typename... T>
  static std::vector<Tensor> operands(T... tensors) {
    std::vector<Tensor> list;
    (list.push_back(std::move(tensors)), ...);
    return list;
  }
};

const std::string kTrunk = "evoformer/evoformer_iteration/";
const std::string kExtra = "evoformer/extra_msa_stack/";
const std::string kTemplate =
    "evoformer/template_embedding/single_template_embedding/template_pair_stack/"
    "__layer_stack_no_state/";

TEST_P(CpuAgainstRef, MsaAttention) {
  check({OpKind::kRowAttention, kTrunk + "msa_row_attention_with_pair_bias", 7,
         operands(msa(), pair(), msa_mask())});
  check({OpKind::kColumnAttention, kTrunk + "msa_column_attention", 7, operands(msa(), msa_mask())});
  check({OpKind::kRowAttention, kExtra + "msa_row_attention_with_pair_bias", 1,
         operands(extra(), pair(), extra_mask())});
  check({OpKind::kGlobalColumnAttention, kExtra + "msa_column_global_attention", 1,
         operands(extra(), extra_mask())});
}

TEST_P(CpuAgainstRef, TransitionAndOuterProduct) {
  check({OpKind::kTransition, kTrunk + "msa_transition", 3, operands(msa())});
  check({OpKind::kTransition, kExtra + "msa_transition", 3, operands(extra())});
  check({OpKind::kTransition, kTrunk + "pair_transition", 3, operands(pair())});
  check({OpKind::kOuterProductMean, kTrunk + "outer_product_mean", 3, operands(pair(), msa(), msa_mask())});
  check(
      {OpKind::kOuterProductMean, kExtra + "outer_product_mean", 3, operands(pair(), extra(), extra_mask())});
}

TEST_P(CpuAgainstRef, Triangles) {
  for (const bool in_template : {false, true}) {
    const std::string stack = in_template ? kTemplate : kTrunk;
    const int64_t c = in_template ? 64 : 128;
    check({OpKind::kTriangleMultiplication,
           stack + "triangle_multiplication_outgoing",
           1,
           operands(pair(c), pair_mask()),
           {},
           Variant::kOutgoing});
    check({OpKind::kTriangleMultiplication,
           stack + "triangle_multiplication_incoming",
           1,
           operands(pair(c), pair_mask()),
           {},
           Variant::kIncoming});
    check({OpKind::kTriangleAttention,
           stack + "triangle_attention_starting_node",
           1,
           operands(pair(c), pair_mask()),
           {},
           Variant::kStarting});
    check({OpKind::kTriangleAttention,
           stack + "triangle_attention_ending_node",
           1,
           operands(pair(c), pair_mask()),
           {},
           Variant::kEnding});
  }
}

TEST_P(CpuAgainstRef, Embedding) {
  const int64_t n = e_.n_res;
  check({OpKind::kRecyclePair, "evoformer", -1,
         operands(pair(), random_.classes({n}, 21), random_.numbers({n, 37, 3}, 15))});
  check({OpKind::kPairEmbedding, "evoformer", -1,
         operands(pair(), random_.numbers({n, 22}), random_.classes({n}, 100))});
  check({OpKind::kMsaEmbedding,
         "evoformer",
         -1,
         operands(random_.numbers({n, 22}), random_.numbers({e_.n_seq, n, 49}), random_.numbers({n, 256})),
         {{e_.n_seq, n, 256}}});
  check({OpKind::kExtraMsaEmbedding,
         "evoformer",
         -1,
         operands(random_.classes({e_.n_extra, n}, 23), random_.mask({e_.n_extra, n}),
                  random_.numbers({e_.n_extra, n})),
         {{e_.n_extra, n, 64}}});
}

TEST_P(CpuAgainstRef, Templates) {
  const int64_t n = e_.n_res, t = e_.n_templates;
  check({OpKind::kTemplatePairEmbedding,
         "evoformer/template_embedding/single_template_embedding",
         -1,
         operands(random_.classes({t, n}, 22), random_.mask({t, n, 37}), random_.numbers({t, n, 3}, 30),
                  random_.mask({t, n})),
         {{n, n, 64}},
         Variant::kDefault,
         static_cast<int>(t - 1)});
  for (const float last : {0.0f, 1.0f}) {
    Tensor mask = random_.mask({t});
    mask.as<float>()[t - 1] = last;
    std::vector<Tensor> inputs = operands(pair(), std::move(mask));
    for (int64_t k = 0; k < t; ++k) inputs.push_back(pair(64));
    check({OpKind::kTemplatePointwiseAttention, "evoformer/template_embedding", -1, std::move(inputs)});
  }
  Tensor m = random_.numbers({e_.n_seq + t, n, 256});
  std::fill_n(m.as<float>() + e_.n_seq * n * 256, t * n * 256, 0.0f);  // the rows that the operator replaces
  check({OpKind::kTemplateAngleEmbedding, "evoformer", -1,
         operands(std::move(m), random_.classes({t, n}, 22), random_.numbers({t, n, 7, 2}),
                  random_.numbers({t, n, 7, 2}), random_.mask({t, n, 7}))});
}

TEST_P(CpuAgainstRef, AfterTheTrunk) {
  const int64_t n = e_.n_res;
  check({OpKind::kFirstRow, "", -1, operands(msa()), {{n, 256}}}, 0);
  check({OpKind::kLinear, "masked_msa_head/logits", -1, operands(msa()), {{(e_.n_seq + 1) / 2, n, 23}}});
  check({OpKind::kLayerNorm, "structure_module/pair_layer_norm", -1, operands(pair())});
  check({OpKind::kPlddtHead, "predicted_lddt_head", -1, operands(random_.numbers({n, 384})), {{n, 50}}});
  check({OpKind::kDistogramHead, "distogram_head", -1, operands(pair()), {{n, n, 64}}});
}

TEST_P(CpuAgainstRef, StructureModule) {
  const int64_t n = e_.n_res;
  check({OpKind::kStructureModule,
         "structure_module",
         -1,
         operands(random_.numbers({n, 384}), pair(), random_.classes({n}, 21), random_.mask({n})),
         {{n, 384}, {8, n, 7}, {8, n, 7, 2}, {8, n, 7, 2}, {n, 14, 3}, {n, 37, 3}}},
        kAngleLimit.rel);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CpuAgainstRef,
                         testing::Values(Extents{1, 1, 1, 1}, Extents{2, 3, 1, 2}, Extents{7, 1, 130, 4},
                                         Extents{19, 37, 5, 3}, Extents{33, 5, 9, 1}),
                         [](const auto& info) {
                           const Extents& e = info.param;
                           return fmt::format("N{}_S{}_E{}_T{}", e.n_res, e.n_seq, e.n_extra, e.n_templates);
                         });

// More residues than one block of rows or queries holds; the reference is slow, so only what blocks residues.
TEST(CpuAgainstRefLong, BlocksOfResidues) {
  constexpr int64_t n = 131;
  Operands random(5);
  Case row = {OpKind::kRowAttention, kExtra + "msa_row_attention_with_pair_bias", 1, {}};
  row.inputs.push_back(random.numbers({2, n, 64}));
  row.inputs.push_back(random.numbers({n, n, 128}));
  row.inputs.push_back(random.mask({2, n}));
  check(row);
  for (const Variant variant : {Variant::kOutgoing, Variant::kIncoming}) {
    const bool outgoing = variant == Variant::kOutgoing;
    Case triangle = {
        OpKind::kTriangleMultiplication,
        kTemplate + (outgoing ? "triangle_multiplication_outgoing" : "triangle_multiplication_incoming"),
        1,
        {},
        {},
        variant};
    triangle.inputs.push_back(random.numbers({n, n, 64}));
    triangle.inputs.push_back(random.mask({n, n}));
    check(triangle);
  }
}

// Many residues: triangle multiplication then takes its channels in two groups. Few channels, for the
// reference's sake.
TEST(CpuAgainstRefLong, ChannelGroups) {
  constexpr int64_t n = 385, c = 3;
  Operands random(6);
  const Tensor z = random.numbers({n, n, c}), mask = random.mask({n, n});
  std::vector<Tensor> params;
  for (const std::string_view leaf : graph::spec(OpKind::kTriangleMultiplication).params) {
    params.push_back(random.numbers(leaf.ends_with("weights") ? Shape{c, c} : Shape{c}));
  }
  for (const Variant variant : {Variant::kOutgoing, Variant::kIncoming}) {
    const auto run_on = [&](const runtime::Backend& backend) {
      OpRunner runner(backend, 2);
      Tensor result = runner.load(z.view()), valid = runner.load(mask.view());
      OpCall call = {OpKind::kTriangleMultiplication, "", -1, {&result, &valid}, {&result}, variant};
      for (const Tensor& p : params) call.params.push_back(&p);
      runner.run(call);
      return result;
    };
    Case with_operands = {OpKind::kTriangleMultiplication, "", -1, {}, {}, variant};
    with_operands.inputs.push_back(z.clone());
    expect_near(with_operands, run_on(runtime::CpuBackend()), run_on(runtime::RefBackend()),
                kSubModuleLimit.rel);
  }
}

TEST(CpuBackend, RefusesClassesOutsideTheTables) {
  Operands random(9);
  Case c = {OpKind::kExtraMsaEmbedding, "evoformer", -1, {}, {{1, 2, 64}}};
  c.inputs.push_back(random.classes({1, 2}, 1));
  c.inputs.push_back(random.mask({1, 2}));
  c.inputs.push_back(random.numbers({1, 2}));
  c.inputs[0].as<int32_t>()[1] = 23;
  EXPECT_THROW(run(runtime::CpuBackend(), 1, c), base::Error);
}

}  // namespace
}  // namespace foldmesh::golden
