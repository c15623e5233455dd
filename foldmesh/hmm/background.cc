#include "foldmesh/hmm/background.h"

#include <cmath>

#include "foldmesh/hmm/length_table.h"
#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {

namespace {

float computed_null_score(int L) {
  const float p1 = null_loop(L);
  return static_cast<float>(static_cast<double>(static_cast<float>(L)) * log_of(p1) + std::log(1.0 - p1));
}

}  // namespace

float null_score(int L) {
  static const LengthTable<float> table(computed_null_score);
  return table(L);
}

}  // namespace foldmesh::hmm
