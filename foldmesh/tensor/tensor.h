// Host arrays: contiguous, row-major (C order). Views never own; Tensor owns 64-byte aligned memory.
#ifndef FOLDMESH_TENSOR_TENSOR_H_
#define FOLDMESH_TENSOR_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::tensor {

enum class DType : uint8_t { kF32, kF64, kI32, kI64, kU8 };
size_t size_of(DType dtype);
const char* name_of(DType dtype);  // "float32", ...

template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kU8;
};

using Shape = std::vector<int64_t>;
// Product of the extents; 1 for a scalar. Throws kInput when it does not fit in int64.
int64_t num_elements(const Shape& shape);
std::string to_string(const Shape& shape);  // "[16,12,256]"

// A typed look at somebody else's array.
struct ConstView {
  const void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;

  int64_t size() const { return num_elements(shape); }
  int64_t dim(size_t axis) const { return shape.at(axis); }
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype); }
  // The elements; kInternal when T is not the dtype.
  template <typename T>
  const T* as() const {
    if (DTypeOf<T>::value != dtype) base::throw_internal("tensor is {}, not what was asked", name_of(dtype));
    return static_cast<const T*>(data);
  }
  template <typename T>
  std::span<const T> span() const {
    return {as<T>(), static_cast<size_t>(size())};
  }
};

struct View {
  void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;

  int64_t size() const { return num_elements(shape); }
  int64_t dim(size_t axis) const { return shape.at(axis); }
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype); }
  template <typename T>
  T* as() const {
    if (DTypeOf<T>::value != dtype) base::throw_internal("tensor is {}, not what was asked", name_of(dtype));
    return static_cast<T*>(data);
  }
  operator ConstView() const { return {data, dtype, shape}; }  // NOLINT: a view is readable
};

// Owning array, zero-filled. Move-only; copy with clone().
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, Shape shape);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t dim(size_t axis) const { return shape_.at(axis); }
  int64_t size() const { return num_elements(shape_); }
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype_); }
  View view() { return {data_.get(), dtype_, shape_}; }
  ConstView view() const { return {data_.get(), dtype_, shape_}; }
  template <typename T>
  T* as() {
    return view().as<T>();
  }
  template <typename T>
  const T* as() const {
    return view().as<T>();
  }
  template <typename T>
  std::span<const T> span() const {
    return view().span<T>();
  }
  Tensor clone() const;
  // Same elements in another type (float <-> double <-> integers, by static_cast).
  Tensor cast(DType dtype) const;

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  DType dtype_ = DType::kF32;
  Shape shape_ = {0};
  std::unique_ptr<std::byte[], Free> data_;
};

}  // namespace foldmesh::tensor

#endif  // FOLDMESH_TENSOR_TENSOR_H_
