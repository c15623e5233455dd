#include "foldmesh/hmm/domains/trace_sampler.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/domains/trace_walk.h"
#include "foldmesh/hmm/vector_unit.h"
#include "foldmesh/simd/fixed_width.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/hmm/domains/trace_sampler.cc"
#include <hwy/foreach_target.h>
// After foreach_target:
#include <hwy/highway.h>

#include "foldmesh/hmm/filters/forward_slots-inl.h"

#ifndef FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_ONCE_
#define FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_ONCE_
namespace foldmesh::hmm {

// Called for every region when its matrix is filled; `order` is its index.
using OnRegion = std::function<void(int region, std::span<const SpecialRow> rows, const RegionCells& cells)>;

}  // namespace foldmesh::hmm
#endif  // FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_ONCE_

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

void FillRegions(const Profile&, const ForwardTask*, const int*, int, TraceScratch&, const OnRegion&,
                 size_t) {
  no_vector_unit();
}

#else

template <class D>
size_t region_bytes(int Q, size_t L) {
  using At = Layout<D, 1>;
  return (L + 1) * (At::mi_size(Q) + At::d_size(Q)) * sizeof(float);
}

template <class D>
void fill_together(D d, const Profile& profile, const ForwardTask* tasks, const int* order, int n,
                   TraceScratch& scratch, const OnRegion& on_region) {
  using At = Layout<D, 1>;
  const FloatTables& t = profile.float_tables();
  const size_t L = tasks[order[0]].residues.size(), mi_size = At::mi_size(t.Q()), d_size = At::d_size(t.Q());
  try {
    if (scratch.match_insert.size() < (L + 1) * mi_size) scratch.match_insert.resize((L + 1) * mi_size);
    if (scratch.deletes.size() < (L + 1) * d_size) scratch.deletes.resize((L + 1) * d_size);
  } catch (const std::bad_alloc&) {
    base::throw_machine("not enough memory to align {} residues with the {} nodes of '{}' ({} MiB)", L,
                        profile.M(), profile.core().name, region_bytes<D>(t.Q(), L) >> 20);
  }
  float *mi = scratch.match_insert.data(), *deletes = scratch.deletes.data();
  if (scratch.rows.size() < At::kSlots) scratch.rows.resize(At::kSlots);
  const ForwardTask* here[At::kSlots] = {};
  SpecialRow* rows[At::kSlots] = {};
  float nats[At::kSlots] = {};
  for (int s = 0; s < n; ++s) {
    here[s] = &tasks[order[s]];
    scratch.rows[s].resize(here[s]->residues.size() + 1);
    rows[s] = scratch.rows[s].data();
  }
  forward_slots<D, 1>(d, t, Slots<D, 1>(t, here, n), rows, nats, [&](int i) {
    return Row{mi + i * mi_size, deletes + i * d_size};
  });
  for (int s = 0; s < n; ++s) {
    const size_t block = static_cast<size_t>(s) * FloatTables::kLanes;
    on_region(order[s], scratch.rows[s],
              {mi + block, deletes + block, mi_size, d_size, At::m(1, 0), At::d(1, 0), At::i(0, 0)});
  }
}

// Half the width where that holds the regions, or where they need too much memory side by side. Longest
// first.
template <class D>
void fill_regions(D d, const Profile& profile, const ForwardTask* tasks, const int* order, int n,
                  TraceScratch& scratch, const OnRegion& on_region, size_t shared) {
  for (int first = 0; first < n; first += blocks_in<D>()) {
    const int n_here = std::min(blocks_in<D>(), n - first);
    if constexpr (blocks_in<D>() > 1) {
      const size_t longest = tasks[order[first]].residues.size();
      if (2 * n_here <= blocks_in<D>() || region_bytes<D>(profile.Q(), longest) > shared) {
        fill_regions(hn::Half<D>(), profile, tasks, order + first, n_here, scratch, on_region, shared);
        continue;
      }
    }
    fill_together(d, profile, tasks, order + first, n_here, scratch, on_region);
  }
}

void FillRegions(const Profile& profile, const ForwardTask* tasks, const int* order, int n,
                 TraceScratch& scratch, const OnRegion& on_region, size_t shared) {
  fill_regions(hn::ScalableTag<float>(), profile, tasks, order, n, scratch, on_region, shared);
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::hmm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::hmm {

HWY_EXPORT(FillRegions);

void TraceSampler::sample(const Profile& profile, std::span<const ForwardTask> regions, uint32_t seed,
                          int n_traces, const OnTrace& on_trace, MatrixBudget& budget) {
  if (regions.empty()) return;
  order_.resize(regions.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int a, int b) { return regions[a].residues.size() > regions[b].residues.size(); });
  const auto walk = [&](int region, std::span<const SpecialRow> rows, const RegionCells& cells) {
    TraceWalk walk(profile, regions[region].length, rows, cells);
    Lcg rng(seed);
    for (int trace = 0; trace < n_traces; ++trace) on_trace(region, trace, walk.next(rng));
  };
  // A vector of four lanes has 48 bytes of cells.
  const size_t longest = regions[order_[0]].residues.size(), shared = std::min(kSharedBytes, budget.each());
  const size_t bytes = (longest + 1) * static_cast<size_t>(profile.Q()) * 48;
  const MatrixLease lease(budget, bytes > shared ? bytes : 0, profile.core().name, profile.M(), longest);
  HWY_DYNAMIC_DISPATCH(FillRegions)
  (profile, regions.data(), order_.data(), static_cast<int>(regions.size()), scratch_, walk, shared);
  if (lease.is_held()) scratch_ = {};
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
