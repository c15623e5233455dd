// What the rows of MSV depend on besides the costs of residues. For msv.cc alone.
#ifndef FOLDMESH_HMM_FILTERS_MSV_LEVELS_H_
#define FOLDMESH_HMM_FILTERS_MSV_LEVELS_H_

#include <algorithm>

namespace foldmesh::hmm {

struct MsvLevels {
  int base, enter, end, bias;
  int begin(int xj) const { return std::max(std::max(base, xj) - enter, 0); }
  // The highest cell of a row that changes nothing for the next: too low to begin a second segment from J.
  int highest_without_effect(int xj) const { return std::min(std::max(base, xj) + end, 254 - bias); }
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_MSV_LEVELS_H_
