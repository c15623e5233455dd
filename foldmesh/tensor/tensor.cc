#include "foldmesh/tensor/tensor.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace foldmesh::tensor {
namespace {

constexpr size_t kAlignment = 64;  // one cache line, one AVX-512 vector

template <typename To>
void convert(const ConstView& from, To* to) {
  const auto copy = [&](const auto* values) {
    for (int64_t i = 0; i < from.size(); ++i) to[i] = static_cast<To>(values[i]);
  };
  switch (from.dtype) {
    case DType::kF32:
      return copy(from.as<float>());
    case DType::kF64:
      return copy(from.as<double>());
    case DType::kI32:
      return copy(from.as<int32_t>());
    case DType::kI64:
      return copy(from.as<int64_t>());
    case DType::kU8:
      return copy(from.as<uint8_t>());
  }
}

}  // namespace

size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return 4;
    case DType::kF64:
      return 8;
    case DType::kI32:
      return 4;
    case DType::kI64:
      return 8;
    case DType::kU8:
      return 1;
  }
  return 0;
}

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "float32";
    case DType::kF64:
      return "float64";
    case DType::kI32:
      return "int32";
    case DType::kI64:
      return "int64";
    case DType::kU8:
      return "uint8";
  }
  return "?";
}

int64_t num_elements(const Shape& shape) {
  int64_t n = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(n, extent, &n)) {
      base::throw_input("array of shape {} is impossible", to_string(shape));
    }
  }
  return n;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(num_elements(shape_)), size_of(dtype), &bytes) ||
      bytes > SIZE_MAX / 2) {
    throw std::bad_alloc();
  }
  const size_t rounded = (bytes + kAlignment) / kAlignment * kAlignment;  // never zero
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, rounded);
  data_.reset(memory);
}

void Tensor::Free::operator()(std::byte* p) const { std::free(p); }

Tensor Tensor::clone() const { return cast(dtype_); }

Tensor Tensor::cast(DType dtype) const {
  Tensor out(dtype, shape_);
  switch (dtype) {
    case DType::kF32:
      convert(view(), out.as<float>());
      break;
    case DType::kF64:
      convert(view(), out.as<double>());
      break;
    case DType::kI32:
      convert(view(), out.as<int32_t>());
      break;
    case DType::kI64:
      convert(view(), out.as<int64_t>());
      break;
    case DType::kU8:
      convert(view(), out.as<uint8_t>());
      break;
  }
  return out;
}

}  // namespace foldmesh::tensor
