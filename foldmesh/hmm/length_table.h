// A function of a target's length, looked up for lengths that most targets have: it is wanted for every
// target of every query.
#ifndef FOLDMESH_HMM_LENGTH_TABLE_H_
#define FOLDMESH_HMM_LENGTH_TABLE_H_

#include <array>

namespace foldmesh::hmm {

template <typename T>
class LengthTable {
 public:
  explicit LengthTable(T (*f)(int L)) : f_(f) {
    for (int L = 1; L < kLengths; ++L) values_[L] = f(L);
  }
  // L >= 1
  T operator()(int L) const { return L < kLengths ? values_[L] : f_(L); }

 private:
  static constexpr int kLengths = 4096;
  T (*f_)(int L);
  std::array<T, kLengths> values_{};
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_LENGTH_TABLE_H_
