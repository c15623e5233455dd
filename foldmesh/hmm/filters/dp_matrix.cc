#include <new>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/filters/forward.h"

namespace foldmesh::hmm {
namespace {

// A matrix larger than this is given back when a much smaller one follows, so that one giant target does not
// cost its memory for the rest of the search.
constexpr size_t kKeepCells = size_t{64} << 20;

}  // namespace

void DpMatrix::reshape(const Profile& profile, int L, Keep keep) {
  L_ = L;
  row_size_ = profile.row_size();
  n_rows_ = keep == Keep::kAll ? L + 1 : 2;
  const size_t n_cells = static_cast<size_t>(n_rows_) * 3 * row_size_;
  if (cells_.size() > kKeepCells && n_cells < cells_.size() / 2) std::vector<float>().swap(cells_);
  if (cells_.size() < n_cells) {
    cells_.clear();  // nothing to keep, so growing need not copy
    try {
      cells_.resize(n_cells);
    } catch (const std::bad_alloc&) {
      base::throw_machine("not enough memory to align {} residues with the {} nodes of '{}' ({} MiB)", L,
                          profile.M(), profile.core().name, n_cells * sizeof(float) >> 20);
    }
  }
  specials.assign(L + 1, SpecialRow{});
  total_scale = 0;
  own_scales = false;
}

}  // namespace foldmesh::hmm
