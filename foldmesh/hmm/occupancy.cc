#include "foldmesh/hmm/occupancy.h"

#include <algorithm>

namespace foldmesh::hmm {

std::vector<float> match_occupancy(const CoreModel& model) {
  std::vector<float> occupancy(model.M + 1, 0.0f);
  if (model.M == 0) return occupancy;
  occupancy[1] = model.t[0][kMI] + model.t[0][kMM];
  for (int k = 2; k <= model.M; ++k) {
    const auto& t = model.t[k - 1];
    const float stays = occupancy[k - 1] * (t[kMM] + t[kMI]);
    // The reference has a double literal here, so the second product and the sum are in double. Files may
    // hold probabilities that sum to a little more than 1; what follows must not be below 0, which has no
    // logarithm.
    occupancy[k] = std::max(0.0f, static_cast<float>(stays + (1.0 - occupancy[k - 1]) * t[kDM]));
  }
  return occupancy;
}

std::vector<float> insert_occupancy(const CoreModel& model, const std::vector<float>& match) {
  std::vector<float> occupancy(model.M + 1);
  occupancy[0] = model.t[0][kMI] / model.t[0][kIM];
  for (int k = 1; k <= model.M; ++k) occupancy[k] = match[k] * model.t[k][kMI] / model.t[k][kIM];
  return occupancy;
}

}  // namespace foldmesh::hmm
