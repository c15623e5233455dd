// The cases on the cpu backend.
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

std::unique_ptr<runtime::Backend> make_cpu() { return std::make_unique<runtime::CpuBackend>(); }

INSTANTIATE_TEST_SUITE_P(Cpu, ModuleCases, testing::Values(BackendFactory{"fp32", make_cpu}),
                         name_of_backend);

}  // namespace
}  // namespace foldmesh::golden
