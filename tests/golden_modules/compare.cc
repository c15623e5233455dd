#include "tests/golden_modules/compare.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace foldmesh::golden {
namespace {

Limit least_limit = kExact;

double value(const tensor::ConstView& view, int64_t i) {
  switch (view.dtype) {
    case tensor::DType::kF32:
      return view.as<float>()[i];
    case tensor::DType::kF64:
      return view.as<double>()[i];
    case tensor::DType::kI32:
      return view.as<int32_t>()[i];
    case tensor::DType::kI64:
      return static_cast<double>(view.as<int64_t>()[i]);
    case tensor::DType::kU8:
      return view.as<uint8_t>()[i];
  }
  return NAN;
}

}  // namespace

ModuleGolden::ModuleGolden(const std::string& module)
    : archive_(FOLDMESH_TESTS_DIR "/golden/af2/modules/" + module + ".npz") {}

Valid valid_where(const tensor::ConstView& mask) {
  Valid valid;
  for (int64_t i = 0; i < mask.size(); ++i) valid.push_back(value(mask, i) != 0);
  return valid;
}

Valid repeated(const Valid& valid, int64_t times) {
  Valid out;
  for (int64_t t = 0; t < times; ++t) out.insert(out.end(), valid.begin(), valid.end());
  return out;
}

Valid each_repeated(const Valid& valid, int64_t times) {
  Valid out;
  for (const bool v : valid) out.insert(out.end(), static_cast<size_t>(times), v);
  return out;
}

void set_least_limit(const Limit& limit) { least_limit = limit; }

void expect_close(const std::string& quantity, const tensor::ConstView& got,
                  const tensor::ConstView& expected, const Limit& asked, const Valid& valid) {
  const bool is_exact = asked.rel == 0 && asked.max_abs == 0;
  const Limit limit =
      is_exact ? asked
               : Limit{std::max(asked.rel, least_limit.rel), std::max(asked.max_abs, least_limit.max_abs)};
  ASSERT_EQ(tensor::to_string(got.shape), tensor::to_string(expected.shape)) << quantity;
  const int64_t n_vectors = valid.empty() ? 1 : static_cast<int64_t>(valid.size());
  ASSERT_EQ(got.size() % n_vectors, 0) << quantity << ": the mask does not fit";
  const int64_t width = got.size() / n_vectors;
  double squares = 0, difference_squares = 0, largest = 0;
  int64_t compared = 0;
  bool finite = true;
  for (int64_t i = 0; i < got.size(); ++i) {
    if (!valid.empty() && !valid[static_cast<size_t>(i / width)]) continue;
    const double want = value(expected, i), difference = value(got, i) - want;
    finite = finite && std::isfinite(difference);
    squares += want * want;
    difference_squares += difference * difference;
    largest = std::max(largest, std::abs(difference));
    ++compared;
  }
  const double rel = difference_squares == 0 ? 0 : std::sqrt(difference_squares / squares);
  fmt::print("  {:<44} rel {:8.2e} (limit {:.0e})  max {:8.2e} (limit {:.0e})  {} values\n", quantity, rel,
             limit.rel, largest, limit.max_abs, compared);
  EXPECT_GT(compared, 0) << quantity;
  EXPECT_TRUE(finite) << quantity;
  EXPECT_LE(rel, limit.rel) << quantity;
  EXPECT_LE(largest, limit.max_abs) << quantity;
}

tensor::Tensor difference(const tensor::Tensor& after, const tensor::Tensor& before) {
  tensor::Tensor out = after.cast(tensor::DType::kF64);
  for (int64_t i = 0; i < out.size(); ++i) out.as<double>()[i] -= value(before.view(), i);
  return out;
}

}  // namespace foldmesh::golden
