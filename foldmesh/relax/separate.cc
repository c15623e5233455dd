#include "foldmesh/relax/separate.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <tuple>

#include "foldmesh/base/rng.h"

namespace foldmesh::relax {
namespace {

using Cell = std::tuple<int64_t, int64_t, int64_t>;

// Atoms by cells of kClosest: neighbours stand in the 27 cells around.
class Grid {
 public:
  static Cell cell(const Vec3& p) {
    return {std::llround(std::floor(p[0] / kClosest)), std::llround(std::floor(p[1] / kClosest)),
            std::llround(std::floor(p[2] / kClosest))};
  }
  bool is_crowded(const Vec3& p) const {
    const auto [x, y, z] = cell(p);
    for (int64_t dx = -1; dx <= 1; ++dx) {
      for (int64_t dy = -1; dy <= 1; ++dy) {
        for (int64_t dz = -1; dz <= 1; ++dz) {
          const auto found = cells_.find({x + dx, y + dy, z + dz});
          if (found == cells_.end()) continue;
          for (const Vec3& other : found->second) {
            if (distance(other, p) < kClosest) return true;
          }
        }
      }
    }
    return false;
  }
  void add(const Vec3& p) { cells_[cell(p)].push_back(p); }

 private:
  std::map<Cell, std::vector<Vec3>> cells_;
};

}  // namespace

int separate_atoms(std::vector<Vec3>& positions) {
  Grid grid;
  int n_moved = 0;
  for (size_t i = 0; i < positions.size(); ++i) {
    if (grid.is_crowded(positions[i])) {
      ++n_moved;
      base::Rng rng(0, i);
      // Farther each time, as many atoms may share a place.
      for (double reach = 2 * kClosest; grid.is_crowded(positions[i]); reach *= 1.05) {
        Vec3 step{};
        for (double& s : step) s = (2 * rng.uniform() - 1) * reach;
        positions[i] = positions[i] + step;
      }
    }
    grid.add(positions[i]);
  }
  return n_moved;
}

}  // namespace foldmesh::relax
