// The Forward and Backward parsers, many targets at a time.
#include "foldmesh/hmm/filters/forward.h"

#include <algorithm>
#include <numeric>

#include "foldmesh/hmm/vector_unit.h"

#include "foldmesh/simd/fixed_width.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/filters/forward.cc"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include "foldmesh/hmm/filters/forward_slots-inl.h"

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

void ForwardAll(const FloatTables&, const ForwardTask*, const int*, int, Specials*, float*, float*) {
  no_vector_unit();
}
void BackwardAll(const FloatTables&, const ForwardTask*, const int*, int, const Specials*, Specials*,
                 float*) {
  no_vector_unit();
}
size_t RowCells(int) { no_vector_unit(); }

#else

// Calls body(kGroups as a constant, first, count) for runs of tasks that fill the slots.
template <class D, typename Body>
void for_slots(int n, Body body) {
  constexpr int kBlocks = blocks_in<D>();
  int first = 0;
  while (first < n) {
    const int left = n - first;
    if (left > kBlocks) {
      body(std::integral_constant<int, 2>(), first, std::min(left, 2 * kBlocks));
      first += 2 * kBlocks;
    } else {
      body(std::integral_constant<int, 1>(), first, left);
      first += kBlocks;
    }
  }
}

void ForwardAll(const FloatTables& t, const ForwardTask* tasks, const int* order, int n, Specials* out,
                float* nats, float* cells) {
  using D = hn::ScalableTag<float>;
  const D d;
  for_slots<D>(n, [&](auto groups, int first, int n_here) {
    constexpr int kGroups = groups.value, kSlots = Layout<D, kGroups>::kSlots;
    SpecialRow* rows[kSlots] = {};
    float scores[kSlots] = {};
    const ForwardTask* here[kSlots] = {};
    for (int s = 0; s < n_here; ++s) here[s] = &tasks[order[first + s]];
    for (int s = 0; s < n_here && out != nullptr; ++s) rows[s] = out[order[first + s]].rows.data();
    const Slots<D, kGroups> slots(t, here, n_here);
    const Row row = {cells, cells + Layout<D, kGroups>::mi_size(t.Q())};
    forward_slots<D, kGroups>(d, t, slots, rows, scores, [row](int) { return row; });
    for (int s = 0; s < n_here; ++s) nats[order[first + s]] = scores[s];
  });
}

void BackwardAll(const FloatTables& t, const ForwardTask* tasks, const int* order, int n,
                 const Specials* forward, Specials* out, float* cells) {
  using D = hn::ScalableTag<float>;
  const D d;
  for_slots<D>(n, [&](auto groups, int first, int n_here) {
    constexpr int kGroups = groups.value, kSlots = Layout<D, kGroups>::kSlots;
    SpecialRow* rows[kSlots] = {};
    const SpecialRow* forward_rows[kSlots] = {};
    float scores[kSlots] = {};
    const ForwardTask* here[kSlots] = {};
    for (int s = 0; s < n_here; ++s) here[s] = &tasks[order[first + s]];
    bool own_scales[kSlots] = {};
    for (int s = 0; s < n_here; ++s) {
      rows[s] = out[order[first + s]].rows.data();
      forward_rows[s] = forward[order[first + s]].rows.data();
    }
    const Slots<D, kGroups> slots(t, here, n_here);
    const Row row = {cells, cells + Layout<D, kGroups>::mi_size(t.Q())};
    backward_slots<D, kGroups>(d, t, slots, forward_rows, rows, scores, own_scales,
                               [row](int) { return row; });
    for (int s = 0; s < n_here; ++s) {
      out[order[first + s]].nats = scores[s];
      out[order[first + s]].own_scales = own_scales[s];
    }
  });
}

// Cells of the row that ForwardAll and BackwardAll work in.
size_t RowCells(int Q) {
  using At = Layout<hn::ScalableTag<float>, 2>;
  return At::mi_size(Q) + At::d_size(Q);
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(ForwardAll);
HWY_EXPORT(BackwardAll);
HWY_EXPORT(RowCells);

void ForwardParser::prepare(const Profile& profile, std::span<const ForwardTask> tasks) {
  order_.resize(tasks.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int a, int b) { return tasks[a].residues.size() > tasks[b].residues.size(); });
  cells_.resize(std::max(cells_.size(), HWY_DYNAMIC_DISPATCH(RowCells)(profile.Q())));
}

void ForwardParser::forward(const Profile& profile, std::span<const ForwardTask> tasks,
                            std::span<Specials> out) {
  prepare(profile, tasks);
  std::vector<float> nats(tasks.size());
  for (size_t n = 0; n < tasks.size(); ++n) out[n].rows.resize(tasks[n].residues.size() + 1);
  HWY_DYNAMIC_DISPATCH(ForwardAll)
  (profile.float_tables(), tasks.data(), order_.data(), static_cast<int>(tasks.size()), out.data(),
   nats.data(), cells_.data());
  for (size_t n = 0; n < tasks.size(); ++n) {
    out[n].nats = nats[n];
    out[n].own_scales = false;
  }
}

void ForwardParser::forward_scores(const Profile& profile, std::span<const ForwardTask> tasks,
                                   std::span<float> nats) {
  prepare(profile, tasks);
  HWY_DYNAMIC_DISPATCH(ForwardAll)
  (profile.float_tables(), tasks.data(), order_.data(), static_cast<int>(tasks.size()), nullptr, nats.data(),
   cells_.data());
}

void ForwardParser::backward(const Profile& profile, std::span<const ForwardTask> tasks,
                             std::span<const Specials> forward, std::span<Specials> out) {
  prepare(profile, tasks);
  for (size_t n = 0; n < tasks.size(); ++n) out[n].rows.resize(tasks[n].residues.size() + 1);
  HWY_DYNAMIC_DISPATCH(BackwardAll)
  (profile.float_tables(), tasks.data(), order_.data(), static_cast<int>(tasks.size()), forward.data(),
   out.data(), cells_.data());
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
