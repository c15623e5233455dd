// The cases on the cpu backend with bf16 products, by what this machine has and by the model of AMX.
// docs/design/inference-numerics.md derives the limit.
#include "foldmesh/runtime/cpu/bf16_unit.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

using runtime::cpu::Bf16Unit;

std::unique_ptr<runtime::Backend> make_cpu() {
  set_least_limit({1.2e-2, 0.1});
  return std::make_unique<runtime::CpuBackend>(tensor::Precision::kBf16);
}

class ModelledAmxBackend : public runtime::CpuBackend {
 public:
  ModelledAmxBackend() : CpuBackend(tensor::Precision::kBf16) {}

 private:
  const runtime::cpu::ForcedBf16Unit unit_{Bf16Unit::kModelledAmx};
};

std::unique_ptr<runtime::Backend> make_modelled_amx() {
  set_least_limit({1.2e-2, 0.1});
  return std::make_unique<ModelledAmxBackend>();
}

std::vector<BackendFactory> factories() {
  std::vector<BackendFactory> all = {{"this_machine", make_cpu}};
  if (runtime::cpu::exists(Bf16Unit::kModelledAmx)) all.push_back({"modelled_amx", make_modelled_amx});
  return all;
}

INSTANTIATE_TEST_SUITE_P(CpuBf16, ModuleCases, testing::ValuesIn(factories()), name_of_backend);

}  // namespace
}  // namespace foldmesh::golden
