#include "foldmesh/hmm/consensus.h"

#include <algorithm>
#include <cctype>

namespace foldmesh::hmm {

std::string consensus_of(const CoreModel& model) {
  constexpr float kUpperCaseProbability = 0.5f;
  std::string consensus;
  for (int k = 1; k <= model.M; ++k) {
    if (!model.mm.empty() && model.mm[k - 1] == 'm') {
      consensus += 'x';
      continue;
    }
    const auto best = std::max_element(model.mat[k].begin(), model.mat[k].end());
    const char symbol = bio::symbol_of(static_cast<bio::Code>(best - model.mat[k].begin()));
    const bool strong = *best >= kUpperCaseProbability;
    consensus += strong ? symbol : static_cast<char>(std::tolower(static_cast<unsigned char>(symbol)));
  }
  return consensus;
}

}  // namespace foldmesh::hmm
