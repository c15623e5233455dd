// Small float routines whose rounding matters: results must equal the reference's to the last bit, so
// summation order, precision of each step and the approximation of exp are part of the contract.
#ifndef FOLDMESH_HMM_NUMERIC_H_
#define FOLDMESH_HMM_NUMERIC_H_

#include <cmath>
#include <span>

namespace foldmesh::hmm {

inline constexpr double kLn2 = 0.69314718055994529;

// The logarithm of a float, taken in double; std::log(float) would round differently.
inline double log_of(float x) { return std::log(static_cast<double>(x)); }

// Compensated (Kahan 1965) sum in the element type.
template <typename T>
T kahan_sum(std::span<const T> values) {
  T sum = 0, carry = 0;
  for (T value : values) {
    const T y = value - carry;
    const T t = sum + y;
    carry = (t - sum) - y;
    sum = t;
  }
  return sum;
}

// Divides by the Kahan sum; when that is 0 every value becomes 1/n.
template <typename T>
void normalise(std::span<T> values) {
  const T sum = kahan_sum(std::span<const T>(values));
  for (T& value : values) value = sum != 0 ? value / sum : T(1) / static_cast<T>(values.size());
}

// exp in single precision by range reduction and a degree-5 polynomial (Cephes expf), accurate to about 1e-7
// relative. Overflows to infinity and underflows to 0 at |x| = 88.37626.
float polynomial_exp(float x);

// ln(exp(a) + exp(b)) from a table with a truncated index of 1/1000 nat, so up to 5e-4 below the exact value.
float table_log_sum(float a, float b);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_NUMERIC_H_
