#include "foldmesh/predict/head_dump.h"

#include <algorithm>

namespace foldmesh::predict {
namespace {

struct Head {
  const char* name;   // in the dump
  const char* value;  // in the graph
};
constexpr Head kHeads[] = {
    {"msa", "msa"},
    {"pair", "pair"},
    {"single", "single"},
    {"msa_first_row", "prev_msa_first_row"},
    {"final_atom_positions", "prev_positions"},
    {"sm_frames", "sm_frames"},
    {"sm_angles", "sm_angles"},
    {"sm_unnormalized_angles", "sm_unnormalized_angles"},
    {"sm_positions", "sm_positions"},
    {"sm_single", "sm_single"},
    {"lddt_logits", "lddt_logits"},
    {"distogram_logits", "distogram_logits"},
    {"masked_msa_logits", "masked_msa_logits"},
    {"experimentally_resolved_logits", "experimentally_resolved_logits"},
};

template <typename Visit>
void visit_as_float(const std::string& name, const tensor::ConstView& values, const Visit& visit) {
  if (values.dtype == tensor::DType::kF32) return visit(name, values);
  const auto numbers = values.span<double>();
  tensor::Tensor copy(tensor::DType::kF32, values.shape);
  std::transform(numbers.begin(), numbers.end(), copy.as<float>(),
                 [](double v) { return static_cast<float>(v); });
  visit(name, copy.view());
}

}  // namespace

void for_each_head(const PassResult& result,
                   const std::function<void(const std::string&, const tensor::ConstView&)>& visit) {
  const int64_t n = result.dims.n_res;
  for (const Head& head : kHeads) {
    tensor::ConstView values = result.executor.read(head.value);
    if (std::string_view(head.value) == "msa") values.shape[0] = result.dims.n_seq;
    visit_as_float(head.name, values, visit);
  }
  visit_as_float("plddt", {result.plddt.data(), tensor::DType::kF64, {n}}, visit);
  if (!result.aligned_error) return;
  visit_as_float("tm_logits", result.executor.read("tm_logits"), visit);
  visit_as_float("ptm_score", {&result.aligned_error->ptm, tensor::DType::kF64, {1}}, visit);
  visit_as_float("predicted_aligned_error", {result.aligned_error->pae.data(), tensor::DType::kF64, {n, n}},
                 visit);
}

void HeadDump::add(const PassResult& result) {
  for_each_head(result, [&](const std::string& name, const tensor::ConstView& values) {
    writer_.add(fmt::format("out{}_{}", result.pass, name), values);
  });
}

}  // namespace foldmesh::predict
