// The cases of this folder, written against runtime::Backend. A backend joins with one file that says
//   INSTANTIATE_TEST_SUITE_P(Name, ModuleCases, testing::Values(make_backend));
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_MODULE_CASES_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_MODULE_CASES_H_

#include <gtest/gtest.h>

#include <memory>

#include "foldmesh/runtime/kernel.h"
#include "tests/golden_modules/op_runner.h"

namespace foldmesh::golden {

using BackendFactory = std::unique_ptr<runtime::Backend> (*)();

class ModuleCases : public testing::TestWithParam<BackendFactory> {
 protected:
  std::unique_ptr<runtime::Backend> backend_ = GetParam()();
  OpRunner runner_{*backend_, 2};
  OpRunner multimer_runner_{*backend_, 2, "model_1_multimer_v3"};
};

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_MODULE_CASES_H_
