// The cases on the reference backend.
#include "foldmesh/runtime/ref/ref_backend.h"
#include "tests/golden_modules/module_cases.h"

namespace foldmesh::golden {
namespace {

std::unique_ptr<runtime::Backend> make_ref() { return std::make_unique<runtime::RefBackend>(); }

INSTANTIATE_TEST_SUITE_P(Ref, ModuleCases, testing::Values(BackendFactory{"fp64", make_ref}),
                         name_of_backend);

}  // namespace
}  // namespace foldmesh::golden
