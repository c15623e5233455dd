// The simulated scores behind calibrate() (hmm/build.h).
#ifndef FOLDMESH_HMM_CALIBRATION_H_
#define FOLDMESH_HMM_CALIBRATION_H_

#include <cstdint>
#include <vector>

#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

// Bit scores of 200 random sequences each.
struct CalibrationScores {
  std::vector<double> msv, viterbi, forward;
};

CalibrationScores simulate_scores(const Profile& profile, uint32_t seed);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_CALIBRATION_H_
