// The steps of the first pass and nothing else: load, saturating add, maximum, over rows drawn in advance. No
// lane changes, no ends of targets, no thresholds.
#ifndef FOLDMESH_BENCH_SEARCH_FILTERS_BARE_LOOP_H_
#define FOLDMESH_BENCH_SEARCH_FILTERS_BARE_LOOP_H_

#include <cstdint>
#include <span>

#include "foldmesh/hmm/filters/diagonal_table.h"

namespace foldmesh::bench {

// Takes every row once for all vectors of the table, in `n_streams` (1 to 8) parts side by side. Returns
// something that depends on every step.
int bare_loop(const hmm::DiagonalTable& table, std::span<const uint16_t> rows, int n_streams);

}  // namespace foldmesh::bench

#endif  // FOLDMESH_BENCH_SEARCH_FILTERS_BARE_LOOP_H_
