// The cases on the cpu backend with bf16 products. docs/design/inference-numerics.md derives the limit.
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "tests/golden_modules/compare.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

std::unique_ptr<runtime::Backend> make_cpu() {
  set_least_limit({1.2e-2, 0.1});
  return std::make_unique<runtime::CpuBackend>(tensor::Precision::kBf16);
}

INSTANTIATE_TEST_SUITE_P(CpuBf16, ModuleCases, testing::Values(make_cpu));

}  // namespace
}  // namespace foldmesh::golden
