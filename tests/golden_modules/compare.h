// Holding results against golden tensors.
#ifndef FOLDMESH_TESTS_GOLDEN_MODULES_COMPARE_H_
#define FOLDMESH_TESTS_GOLDEN_MODULES_COMPARE_H_

#include <string>
#include <vector>

#include "foldmesh/tensor/npz.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::golden {

// One file of tests/golden/af2/modules.
class ModuleGolden {
 public:
  explicit ModuleGolden(const std::string& module);
  tensor::ConstView in(const std::string& name) const { return archive_.view("in_" + name); }
  tensor::ConstView out(const std::string& name) const { return archive_.view("out_" + name); }

 private:
  tensor::NpzReader archive_;
};

// Largest accepted deviation: rel = rms(got - expected) / rms(expected), and of single numbers.
struct Limit {
  double rel, max_abs;
};
// Those suggested in tests/golden/af2/README.md for two correct float32 implementations.
inline constexpr Limit kEmbedderLimit = {5e-7, 5e-6};
inline constexpr Limit kSubModuleLimit = {3e-6, 3e-5};
inline constexpr Limit kIpaLimit = {4e-6, 2e-5};
inline constexpr Limit kPositionLimit = {5e-6, 4e-4};  // A; frames as well
inline constexpr Limit kAngleLimit = {1e-5, 5e-4};
inline constexpr Limit kTrunkLimit = {4e-6, 5e-4};
inline constexpr Limit kLogitLimit = {4e-6, 2e-4};
inline constexpr Limit kExact = {0, 0};

// For backends that round more than fp32: from now on no limit but kExact is smaller than this.
void set_least_limit(const Limit& limit);

// Which vectors of a tensor are compared, in row-major order of its leading axes.
using Valid = std::vector<bool>;
Valid valid_where(const tensor::ConstView& mask);        // float mask of any shape
Valid repeated(const Valid& valid, int64_t times);       // a new slowest axis
Valid each_repeated(const Valid& valid, int64_t times);  // a new fastest axis

// Prints the deviations and fails the test when they are beyond the limit, the shapes differ, or a compared
// number is not finite. An empty `valid` compares everything.
void expect_close(const std::string& quantity, const tensor::ConstView& got,
                  const tensor::ConstView& expected, const Limit& limit, const Valid& valid = {});

// after - before, in double precision.
tensor::Tensor difference(const tensor::Tensor& after, const tensor::Tensor& before);

}  // namespace foldmesh::golden

#endif  // FOLDMESH_TESTS_GOLDEN_MODULES_COMPARE_H_
