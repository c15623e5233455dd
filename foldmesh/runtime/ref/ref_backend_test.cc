#include "foldmesh/runtime/ref/ref_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/runtime/ref/features.h"
#include "foldmesh/runtime/ref/layers.h"

namespace foldmesh::runtime::ref {
namespace {

using graph::OpKind;
using tensor::DType;
using tensor::Tensor;

double next_number(base::Rng& rng) { return 2 * rng.uniform() - 1; }

template <typename T>
Tensor random_tensor(base::Rng& rng, const tensor::Shape& shape) {
  Tensor out(tensor::DTypeOf<T>::value, shape);
  for (int64_t i = 0; i < out.size(); ++i) out.as<T>()[i] = static_cast<T>(next_number(rng));
  return out;
}

Tensor filled(const tensor::Shape& shape, double value) {
  Tensor out(DType::kF64, shape);
  std::fill_n(out.as<double>(), out.size(), value);
  return out;
}

std::vector<tensor::View> views(std::vector<Tensor*> tensors) {
  std::vector<tensor::View> out;
  for (Tensor* t : tensors) out.push_back(t->view());
  return out;
}

// Runs a node with `missing_bytes` less workspace than it asks for.
void run(const graph::Node& node, const std::vector<tensor::View>& inputs, std::vector<Tensor>& params,
         const std::vector<tensor::View>& outputs, size_t missing_bytes = 0) {
  base::ThreadPool pool(1);
  std::vector<tensor::ConstView> param_views;
  std::vector<tensor::Shape> input_shapes, param_shapes, output_shapes;
  for (const Tensor& p : params) param_views.push_back(p.view());
  for (const auto& v : inputs) input_shapes.push_back(v.shape);
  for (const auto& v : param_views) param_shapes.push_back(v.shape);
  for (const auto& v : outputs) output_shapes.push_back(v.shape);
  const Kernel kernel = RefBackend().kernel(node.kind);
  const size_t bytes = kernel.workspace_bytes({node, input_shapes, param_shapes, output_shapes, pool.size()});
  std::vector<double> workspace(bytes / sizeof(double));
  kernel.run({node, inputs, param_views, outputs,
              std::as_writable_bytes(std::span(workspace)).first(bytes - missing_bytes), pool});
}

graph::Node node_of(OpKind kind, graph::Variant variant = graph::Variant::kDefault) {
  graph::Node node;
  node.kind = kind;
  node.variant = variant;
  node.name = "test";
  return node;
}

TEST(RefBackend, HasAKernelForEveryOperator) {
  const RefBackend backend;
  EXPECT_EQ(backend.name(), "ref");
  EXPECT_EQ(backend.activation(), DType::kF64);
  for (const graph::OpSpec& op : graph::catalogue()) {
    const Kernel kernel = backend.kernel(op.kind);
    if (graph::is_part(op.kind)) {
      EXPECT_EQ(kernel.run, nullptr) << op.name;
      continue;
    }
    EXPECT_NE(kernel.run, nullptr) << op.name;
    EXPECT_NE(kernel.workspace_bytes, nullptr) << op.name;
  }
}

// Where no key is valid attention is the plain mean of the values, as if all logits were equal.
TEST(RefBackend, FullyMaskedColumnAttendsUniformly) {
  const int64_t rows = 5, n_res = 3, c = 6, heads = 2, d = 4;
  base::Rng rng(1);
  std::vector<Tensor> params;
  for (const tensor::Shape& shape : std::vector<tensor::Shape>{{c},
                                                               {c},
                                                               {c, heads, d},
                                                               {c, heads, d},
                                                               {c, heads, d},
                                                               {c, heads, d},
                                                               {heads, d},
                                                               {heads, d, c},
                                                               {c}}) {
    params.push_back(random_tensor<float>(rng, shape));
  }
  const Tensor start = random_tensor<double>(rng, {rows, n_res, c});
  Tensor masked = start.clone(), equal_logits = start.clone();
  Tensor none = filled({rows, n_res}, 0), all = filled({rows, n_res}, 1);
  run(node_of(OpKind::kColumnAttention), views({&masked, &none}), params, views({&masked}));
  params[2] = Tensor(DType::kF32, {c, heads, d});  // queries of zero
  run(node_of(OpKind::kColumnAttention), views({&equal_logits, &all}), params, views({&equal_logits}));
  for (int64_t i = 0; i < start.size(); ++i) {
    EXPECT_NEAR(masked.as<double>()[i], equal_logits.as<double>()[i], 1e-12);
    EXPECT_NE(masked.as<double>()[i], start.as<double>()[i]);
  }
}

TEST(RefBackend, RefusesClassesOutOfRange) {
  for (const int32_t wrong : {-1, 23, 1 << 30}) {
    base::Rng rng(1);
    std::vector<Tensor> params;
    params.push_back(random_tensor<float>(rng, {25, 64}));
    params.push_back(random_tensor<float>(rng, {64}));
    Tensor msa(DType::kI32, {1, 2}), deletions = filled({1, 2}, 0), out = filled({1, 2, 64}, 0);
    msa.as<int32_t>()[1] = wrong;
    try {
      run(node_of(OpKind::kExtraMsaEmbedding), views({&msa, &deletions, &deletions}), params, views({&out}));
      ADD_FAILURE() << wrong << " was accepted";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    }
  }
}

TEST(RefBackend, RefusesWrongVariantAndSmallWorkspace) {
  base::Rng rng(1);
  const int64_t n = 3, c = 4;
  std::vector<Tensor> transition;
  for (const tensor::Shape& shape :
       std::vector<tensor::Shape>{{c}, {c}, {c, 2 * c}, {2 * c}, {2 * c, c}, {c}}) {
    transition.push_back(random_tensor<float>(rng, shape));
  }
  Tensor x = random_tensor<double>(rng, {n, n, c});
  EXPECT_NO_THROW(run(node_of(OpKind::kTransition), views({&x}), transition, views({&x})));
  EXPECT_THROW(run(node_of(OpKind::kTransition), views({&x}), transition, views({&x}), 8), base::Error);

  std::vector<Tensor> attention;
  for (const tensor::Shape& shape : std::vector<tensor::Shape>{
           {c}, {c}, {c, 1}, {c, 1, 2}, {c, 1, 2}, {c, 1, 2}, {c, 1, 2}, {1, 2}, {1, 2, c}, {c}}) {
    attention.push_back(random_tensor<float>(rng, shape));
  }
  Tensor mask = filled({n, n}, 1);
  const auto attend = [&](graph::Variant variant) {
    run(node_of(OpKind::kTriangleAttention, variant), views({&x, &mask}), attention, views({&x}));
  };
  EXPECT_NO_THROW(attend(graph::Variant::kEnding));
  EXPECT_THROW(attend(graph::Variant::kOutgoing), base::Error);
}

// Outputs must not depend on how many rows are computed together.
TEST(RefLayers, LinearGivesTheSameBitsForAnyNumberOfRows) {
  const int64_t n_rows = 7, n_in = 33, n_out = 10;
  base::Rng rng(2);
  const Tensor x = random_tensor<double>(rng, {n_rows, n_in}), w = random_tensor<float>(rng, {n_in, n_out});
  const Tensor b = random_tensor<float>(rng, {n_out});
  const Linear layer = {w.as<float>(), b.as<float>(), n_in, n_out};
  std::vector<double> together(n_rows * n_out), alone(n_out);
  apply(layer, x.as<double>(), n_rows, together.data());
  for (int64_t r = 0; r < n_rows; ++r) {
    apply(layer, x.as<double>() + r * n_in, 1, alone.data());
    for (int64_t c = 0; c < n_out; ++c) {
      double expected = b.as<float>()[c];
      for (int64_t i = 0; i < n_in; ++i)
        expected += x.as<double>()[r * n_in + i] * w.as<float>()[i * n_out + c];
      EXPECT_EQ(alone[static_cast<size_t>(c)], together[static_cast<size_t>(r * n_out + c)]);
      EXPECT_NEAR(alone[static_cast<size_t>(c)], expected, 1e-14);
    }
  }
}

TEST(RefLayers, LayerNormUsesBiasedVarianceAndEpsilon) {
  const std::vector<float> scale = {2, 2}, offset = {0.5F, -0.5F};
  const LayerNorm norm = {scale.data(), offset.data(), 2};
  std::vector<double> x = {1, 3};
  apply(norm, x.data(), 1, x.data());
  const double expected = 1 / std::sqrt(1 + 1e-5);
  EXPECT_DOUBLE_EQ(x[0], -2 * expected + 0.5);
  EXPECT_DOUBLE_EQ(x[1], 2 * expected - 0.5);
}

TEST(RefLayers, SoftmaxOfLargeLogits) {
  std::vector<double> row = {1000, 1000 + std::log(3.0), kMaskedLogit};
  softmax(row.data(), 3);
  EXPECT_NEAR(row[0], 0.25, 1e-12);
  EXPECT_NEAR(row[1], 0.75, 1e-12);
  EXPECT_EQ(row[2], 0);
}

}  // namespace
}  // namespace foldmesh::runtime::ref
