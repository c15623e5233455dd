// The cost model that the field uses for a search, held against measurements: time = c * n * alpha * l, with
// n sequences in the database, alpha its longest one and l the query's length.
#ifndef FOLDMESH_SCALING_COST_MODEL_H_
#define FOLDMESH_SCALING_COST_MODEL_H_

#include <cstddef>
#include <vector>

#include "foldmesh/scaling/measure.h"

namespace foldmesh::scaling {

// One database at one query length, on one processor.
struct CostPoint {
  size_t database = 0, query_length = 0;
  double size = 0;      // n * alpha, or the number of residues
  double measured = 0;  // seconds
  double fitted = 0;    // seconds
  // How far the model is off: 0.5 says that it took half as long again as fitted.
  double departure() const { return measured / fitted - 1; }
};

// fitted = coefficient * size * l + constant, by least squares of relative deviations.
struct CostModel {
  double coefficient = 0;  // seconds per residue pair
  double constant = 0;     // seconds, 0 where the model has none
  std::vector<CostPoint> points;
  double largest_departure() const;
};

// n * alpha * l, no constant: the model as it was published.
CostModel fit_published(const std::vector<DatabaseFacts>& databases, const std::vector<LengthTimes>& lengths);
// Residues of the database * l, plus `constant` per residue for what does not depend on the query's length
// (reading a target, starting its diagonals): seconds = size * (coefficient * l + constant).
CostModel fit_by_residues(const std::vector<DatabaseFacts>& databases,
                          const std::vector<LengthTimes>& lengths);

}  // namespace foldmesh::scaling

#endif  // FOLDMESH_SCALING_COST_MODEL_H_
