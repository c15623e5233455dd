#include "foldmesh/hmm/pipeline.h"

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {

StageCounters& StageCounters::operator+=(const StageCounters& other) {
  n_targets += other.n_targets;
  n_residues += other.n_residues;
  n_past_msv += other.n_past_msv;
  n_past_bias += other.n_past_bias;
  n_past_viterbi += other.n_past_viterbi;
  n_past_forward += other.n_past_forward;
  return *this;
}

struct Pipeline::Impl {
  Impl(const Profile& p, const PipelineOptions& o) : profile(p), options(o) {}
  const Profile& profile;
  const PipelineOptions options;
  StageCounters counters;
};

Pipeline::Pipeline(const Profile& profile, const PipelineOptions& options)
    : impl_(std::make_unique<Impl>(profile, options)) {}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
const StageCounters& Pipeline::counters() const { return impl_->counters; }

std::optional<Hit> Pipeline::search(const Target& target) {
  ++impl_->counters.n_targets;
  impl_->counters.n_residues += static_cast<int64_t>(target.residues.size());
  return std::nullopt;
}

}  // namespace foldmesh::hmm
