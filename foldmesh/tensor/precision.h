// The number type of the operands of matrix products. Sums, activations between operators and everything else
// are fp32 in both.
#ifndef FOLDMESH_TENSOR_PRECISION_H_
#define FOLDMESH_TENSOR_PRECISION_H_

#include <cstdint>

namespace foldmesh::tensor {

enum class Precision : uint8_t { kFp32, kBf16 };

}  // namespace foldmesh::tensor

#endif  // FOLDMESH_TENSOR_PRECISION_H_
