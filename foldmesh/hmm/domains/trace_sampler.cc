#include "foldmesh/hmm/domains/trace_sampler.h"

#include <algorithm>
#include <cmath>
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

// How the rows of a region that is worked on by itself are kept: all of them, or one block of them and the
// rows before all blocks.
struct RegionPlan {
  size_t block = 0;  // rows
  size_t bytes = 0;
};

// A vector of four lanes has 48 bytes of cells.
RegionPlan plan_region(int Q, size_t L, size_t most_whole) {
  const size_t row = static_cast<size_t>(Q) * 48, whole = (L + 1) * row;
  if (whole <= most_whole) return {L, whole};
  const size_t block = std::max<size_t>(static_cast<size_t>(std::sqrt(static_cast<double>(L))), 1);
  return {block, (block + 1 + (L + block - 1) / block) * row};
}

}  // namespace foldmesh::hmm
#endif  // FOLDMESH_HMM_DOMAINS_TRACE_SAMPLER_ONCE_

HWY_BEFORE_NAMESPACE();
namespace foldmesh::hmm {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

void FillRegions(const Profile&, const ForwardTask*, const int*, int, TraceScratch&, const OnRegion&, size_t,
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
              {mi + block,
               deletes + block,
               mi_size,
               d_size,
               At::m(1, 0),
               At::d(1, 0),
               At::i(0, 0),
               0,
               static_cast<int>(L),
               {}});
  }
}

// A region whose rows are kept in memory block by block: Forward goes through all rows once, and the rows of
// a block are computed again, by the same operations, when an alignment comes to them.
template <class D>
void fill_in_blocks(D d, const Profile& profile, const ForwardTask* tasks, int region, TraceScratch& scratch,
                    const OnRegion& on_region, int block) {
  using At = Layout<D, 1>;
  static_assert(At::kSlots == 1);
  const FloatTables& t = profile.float_tables();
  const ForwardTask* task = &tasks[region];
  const int L = static_cast<int>(task->residues.size()), n_blocks = (L + block - 1) / block;
  const size_t mi_size = At::mi_size(t.Q()), d_size = At::d_size(t.Q());
  const auto grow = [](auto& values, size_t n_rows, size_t size) {
    if (values.size() < n_rows * size) values.resize(n_rows * size);
  };
  grow(scratch.match_insert, static_cast<size_t>(block) + 1, mi_size);
  grow(scratch.deletes, static_cast<size_t>(block) + 1, d_size);
  grow(scratch.kept_match_insert, static_cast<size_t>(n_blocks), mi_size);
  grow(scratch.kept_deletes, static_cast<size_t>(n_blocks), d_size);
  const auto row_at = [&](int n) {
    return Row{scratch.match_insert.data() + n * mi_size, scratch.deletes.data() + n * d_size};
  };
  const auto kept = [&](int b) {
    return Row{scratch.kept_match_insert.data() + b * mi_size, scratch.kept_deletes.data() + b * d_size};
  };
  if (scratch.rows.empty()) scratch.rows.resize(1);
  std::vector<SpecialRow>& specials = scratch.rows[0];
  specials.resize(static_cast<size_t>(L) + 1);
  SpecialRow* rows[] = {specials.data()};
  float nats[1] = {};
  const Slots<D, 1> slots(t, &task, 1);
  forward_slots<D, 1>(d, t, slots, rows, nats,
                      [&](int i) { return i % block == 0 && i < L ? kept(i / block) : row_at(0); });

  const FlankOdds<D> flank_odds = slots.flank_odds(d, 0);
  RegionCells cells = {row_at(0).mi, row_at(0).d, mi_size, d_size, At::m(1, 0),
                       At::d(1, 0),  At::i(0, 0), 0,       -1,     {}};
  cells.load = [&](int row) {
    const int b = std::max(row - 1, 0) / block;
    cells.first = b * block;
    cells.last = std::min(cells.first + block, L);
    std::copy_n(kept(b).mi, mi_size, row_at(0).mi);
    std::copy_n(kept(b).d, d_size, row_at(0).d);
    Flanks<D> f = spread_flanks(d, specials[cells.first]);
    for (int i = cells.first + 1; i <= cells.last; ++i) {
      next_forward_row<D, 1>(d, t, slots, i, &flank_odds, &f, row_at(i - cells.first - 1),
                             row_at(i - cells.first));
    }
  };
  on_region(region, specials, cells);
}

// Half the width where that holds the regions, or where they need too much memory side by side. Longest
// first.
template <class D>
void fill_regions(D d, const Profile& profile, const ForwardTask* tasks, const int* order, int n,
                  TraceScratch& scratch, const OnRegion& on_region, size_t shared, size_t most_whole) {
  for (int first = 0; first < n; first += blocks_in<D>()) {
    const int n_here = std::min(blocks_in<D>(), n - first);
    const size_t longest = tasks[order[first]].residues.size();
    if constexpr (blocks_in<D>() > 1) {
      if (2 * n_here <= blocks_in<D>() || region_bytes<D>(profile.Q(), longest) > shared) {
        fill_regions(hn::Half<D>(), profile, tasks, order + first, n_here, scratch, on_region, shared,
                     most_whole);
        continue;
      }
    } else if (const RegionPlan plan = plan_region(profile.Q(), longest, most_whole); plan.block < longest) {
      fill_in_blocks(d, profile, tasks, order[first], scratch, on_region, static_cast<int>(plan.block));
      continue;
    }
    fill_together(d, profile, tasks, order + first, n_here, scratch, on_region);
  }
}

void FillRegions(const Profile& profile, const ForwardTask* tasks, const int* order, int n,
                 TraceScratch& scratch, const OnRegion& on_region, size_t shared, size_t most_whole) {
  fill_regions(hn::ScalableTag<float>(), profile, tasks, order, n, scratch, on_region, shared, most_whole);
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
  const size_t shared = std::min(kSharedBytes, budget.each()),
               most_whole = std::max(budget.each(), budget.pool());
  size_t bytes = 0;
  for (const ForwardTask& region : regions) {
    bytes = std::max(bytes, plan_region(profile.Q(), region.residues.size(), most_whole).bytes);
  }
  const MatrixLease lease(budget, bytes > shared ? bytes : 0);
  HWY_DYNAMIC_DISPATCH(FillRegions)
  (profile, regions.data(), order_.data(), static_cast<int>(regions.size()), scratch_, walk, shared,
   most_whole);
  if (lease.is_held()) scratch_ = {};
}

}  // namespace foldmesh::hmm
#endif  // HWY_ONCE
