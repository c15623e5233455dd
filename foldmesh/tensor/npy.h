// The .npy format (NumPy Enhancement Proposal 1, versions 1, 2 and 3): a small text header, then raw
// elements.
#ifndef FOLDMESH_TENSOR_NPY_H_
#define FOLDMESH_TENSOR_NPY_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "foldmesh/tensor/tensor.h"

namespace foldmesh::tensor {

// What the elements are on disk. Byte strings have a fixed length and are padded with NUL.
enum class NpyType : uint8_t { kF32, kF64, kI32, kI64, kU8, kI8, kBool, kBytes };

struct NpyHeader {
  NpyType type = NpyType::kF32;
  size_t item_bytes = 4;
  Shape shape;
  size_t data_offset = 0;  // from the first byte of the header

  size_t data_bytes() const { return static_cast<size_t>(num_elements(shape)) * item_bytes; }
};

// No header may be longer than this (NumPy itself stays far below).
inline constexpr size_t kMaxNpyHeader = 65536;

// Reads the header at the start of `bytes`. Throws kInput, the message starting with `what` (file and
// member), for anything but a little-endian, C-ordered array of the types above. Sizes are checked for
// overflow, not against the data, which need not be in `bytes`.
NpyHeader parse_npy_header(std::span<const std::byte> bytes, std::string_view what);

// A version 1 header (2 when it must be) padded to a multiple of 64 bytes. `item_bytes` matters for kBytes
// only.
std::string make_npy_header(NpyType type, size_t item_bytes, const Shape& shape);

NpyType npy_type(DType dtype);
// "float32", "bytes12", ... for listings.
std::string name_of(const NpyHeader& header);

}  // namespace foldmesh::tensor

#endif  // FOLDMESH_TENSOR_NPY_H_
