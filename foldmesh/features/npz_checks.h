// Checked reading of arrays from a features file. Messages name file and array; all errors are kInput.
#ifndef FOLDMESH_FEATURES_NPZ_CHECKS_H_
#define FOLDMESH_FEATURES_NPZ_CHECKS_H_

#include <cstdint>
#include <string>

#include "foldmesh/tensor/npz.h"

namespace foldmesh::features {

inline constexpr int64_t kAnyExtent = -1;  // in an expected shape

// An integer array of the given shape as int32; values outside int32 are an error.
tensor::Tensor read_int32(const tensor::NpzReader& file, const std::string& name,
                          const tensor::Shape& expected);
// A floating-point array of the given shape as float32.
tensor::Tensor read_float32(const tensor::NpzReader& file, const std::string& name,
                            const tensor::Shape& expected);
void check_range(const std::string& path, const std::string& name, const tensor::ConstView& int32_array,
                 int32_t low, int32_t high);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_NPZ_CHECKS_H_
