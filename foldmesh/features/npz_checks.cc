#include "foldmesh/features/npz_checks.h"

#include <fmt/ranges.h>

#include "foldmesh/base/error.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Tensor;

std::string describe(const tensor::Shape& expected) {
  std::string text;
  for (const int64_t extent : expected) {
    text += (text.empty() ? "" : ",") + (extent == kAnyExtent ? std::string("*") : std::to_string(extent));
  }
  return "[" + text + "]";
}

void check_shape(const tensor::NpzReader& file, const std::string& name, const tensor::Shape& expected) {
  const tensor::Shape& shape = file.header(name).shape;
  bool fits = shape.size() == expected.size();
  for (size_t axis = 0; fits && axis < shape.size(); ++axis) {
    fits = expected[axis] == kAnyExtent || expected[axis] == shape[axis];
  }
  if (!fits) {
    base::throw_input("{}: '{}' has shape {} (expected {})", file.path(), name, tensor::to_string(shape),
                      describe(expected));
  }
}

bool is_floating(DType dtype) { return dtype == DType::kF32 || dtype == DType::kF64; }

[[noreturn]] void wrong_type(const tensor::NpzReader& file, const std::string& name, const char* expected) {
  base::throw_input("{}: '{}' is {} (expected {})", file.path(), name, tensor::name_of(file.header(name)),
                    expected);
}

}  // namespace

Tensor read_int32(const tensor::NpzReader& file, const std::string& name, const tensor::Shape& expected) {
  check_shape(file, name, expected);
  if (file.header(name).type == tensor::NpyType::kBytes) wrong_type(file, name, "integers");
  Tensor array = file.read(name);
  if (is_floating(array.dtype())) wrong_type(file, name, "integers");
  if (array.dtype() == DType::kI32) return array;
  if (array.dtype() == DType::kI64) {
    for (const int64_t value : array.span<int64_t>()) {
      if (value < INT32_MIN || value > INT32_MAX) {
        base::throw_input("{}: '{}' holds {} (expected 32-bit numbers)", file.path(), name, value);
      }
    }
  }
  return array.cast(DType::kI32);
}

Tensor read_float32(const tensor::NpzReader& file, const std::string& name, const tensor::Shape& expected) {
  check_shape(file, name, expected);
  if (file.header(name).type == tensor::NpyType::kBytes) wrong_type(file, name, "float32");
  Tensor array = file.read(name);
  if (!is_floating(array.dtype())) wrong_type(file, name, "float32");
  return array.dtype() == DType::kF32 ? std::move(array) : array.cast(DType::kF32);
}

void check_range(const std::string& path, const std::string& name, const tensor::ConstView& int32_array,
                 int32_t low, int32_t high) {
  for (const int32_t value : int32_array.span<int32_t>()) {
    if (value < low || value > high) {
      base::throw_input("{}: '{}' holds {} (expected {}..{})", path, name, value, low, high);
    }
  }
}

}  // namespace foldmesh::features
