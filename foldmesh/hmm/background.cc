#include "foldmesh/hmm/background.h"

#include <cmath>

#include "foldmesh/hmm/numeric.h"

namespace foldmesh::hmm {

float null_score(int L) {
  const float p1 = null_loop(L);
  return static_cast<float>(static_cast<double>(static_cast<float>(L)) * log_of(p1) + std::log(1.0 - p1));
}

}  // namespace foldmesh::hmm
