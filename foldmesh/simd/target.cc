#include "foldmesh/simd/target.h"

#include "foldmesh/simd/fixed_width.h"
// After fixed_width.h:
#include <hwy/targets.h>

namespace foldmesh::simd {
namespace {

void force(int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::vector<Target> available_targets() { return hwy::SupportedAndGeneratedTargets(); }

std::string target_name(Target target) { return hwy::TargetName(target); }

Target current_target() { return available_targets().front(); }

ForcedTarget::ForcedTarget(Target target) { force(target); }
ForcedTarget::~ForcedTarget() { force(0); }

}  // namespace foldmesh::simd
