// The cases of this folder, written against runtime::Backend. A backend joins with one file that says
//   INSTANTIATE_TEST_SUITE_P(Name, ModuleCases, testing::Values(BackendFactory{"name", make_backend}),
//                            name_of_backend);
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_MODULE_CASES_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_MODULE_CASES_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "foldmesh/runtime/kernel.h"
#include "tests/golden_modules/op_runner.h"

namespace foldmesh::golden {

struct BackendFactory {
  const char* name;
  std::unique_ptr<runtime::Backend> (*make)();
};
inline std::string name_of_backend(const testing::TestParamInfo<BackendFactory>& info) {
  return info.param.name;
}

class ModuleCases : public testing::TestWithParam<BackendFactory> {
 protected:
  std::unique_ptr<runtime::Backend> backend_ = GetParam().make();
  OpRunner runner_{*backend_, 2};
  OpRunner multimer_runner_{*backend_, 2, "model_1_multimer_v3"};
};

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_MODULE_CASES_H_
