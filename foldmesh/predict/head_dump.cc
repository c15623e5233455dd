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

namespace {

// Matrices [..,3,4] as [..,4,4].
tensor::Tensor with_last_rows(const tensor::ConstView& frames) {
  constexpr int64_t kRows = 12, kWhole = 16;
  tensor::Tensor whole(tensor::DType::kF64, {frames.shape[0], frames.shape[1], 4, 4});
  for (int64_t k = 0; k < frames.size() / kRows; ++k) {
    for (int64_t i = 0; i < kRows; ++i) {
      whole.as<double>()[k * kWhole + i] = frames.dtype == tensor::DType::kF64
                                               ? frames.as<double>()[k * kRows + i]
                                               : double{frames.as<float>()[k * kRows + i]};
    }
    whole.as<double>()[k * kWhole + kWhole - 1] = 1;
  }
  return whole;
}

}  // namespace

void for_each_head(const PassResult& result,
                   const std::function<void(const std::string&, const tensor::ConstView&)>& visit) {
  const int64_t n = result.dims.n_res;
  for (const Head& head : kHeads) {
    tensor::ConstView values = result.executor.read(head.value);
    if (std::string_view(head.value) == "msa") values.shape[0] = result.dims.n_seq;
    if (result.config.is_multimer && std::string_view(head.value) == "sm_frames") {
      visit_as_float(head.name, with_last_rows(values).view(), visit);
    } else {
      visit_as_float(head.name, values, visit);
    }
  }
  visit_as_float("plddt", {result.plddt.data(), tensor::DType::kF64, {n}}, visit);
  if (!result.aligned_error) return;
  visit_as_float("tm_logits", result.executor.read("tm_logits"), visit);
  visit_as_float("ptm_score", {&result.aligned_error->ptm, tensor::DType::kF64, {1}}, visit);
  if (result.aligned_error->iptm) {
    const double weighted = confidence::ranking_confidence(result.plddt, result.aligned_error);
    visit_as_float("iptm_score", {&*result.aligned_error->iptm, tensor::DType::kF64, {1}}, visit);
    visit_as_float("weighted_ptm_score", {&weighted, tensor::DType::kF64, {1}}, visit);
  }
  visit_as_float("predicted_aligned_error", {result.aligned_error->pae.data(), tensor::DType::kF64, {n, n}},
                 visit);
}

void HeadDump::add(const PassResult& result) {
  for_each_head(result, [&](const std::string& name, const tensor::ConstView& values) {
    writer_.add(fmt::format("out{}_{}", result.pass, name), values);
  });
}

}  // namespace foldmesh::predict
