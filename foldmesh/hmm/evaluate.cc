// Summary numbers of a core model.
#include <cmath>
#include <span>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/occupancy.h"

namespace foldmesh::hmm {

double mean_relative_entropy(const CoreModel& model) {
  double sum = 0;
  for (int k = 1; k <= model.M; ++k) {
    float bits = 0;
    for (int a = 0; a < bio::kNumCanonical; ++a) {
      const float p = model.mat[k][a];
      if (p > 0) bits = static_cast<float>(bits + p * std::log2(static_cast<double>(p / kBackground[a])));
    }
    sum += bits;
  }
  return sum / model.M;
}

void set_composition(CoreModel& model) {
  const std::vector<float> match = match_occupancy(model);
  const std::vector<float> insert = insert_occupancy(model, match);
  auto& composition = model.composition;
  composition.fill(0);
  for (int k = 0; k <= model.M; ++k) {
    for (int a = 0; a < bio::kNumCanonical; ++a) {
      if (k > 0) composition[a] += match[k] * model.mat[k][a];
      composition[a] += insert[k] * model.ins[k][a];
    }
  }
  normalise(std::span<float>(composition));
}

}  // namespace foldmesh::hmm
