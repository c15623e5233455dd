#include "foldmesh/scaling/cost_model.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace foldmesh::scaling {
namespace {

std::vector<CostPoint> points_of(const std::vector<DatabaseFacts>& databases,
                                 const std::vector<LengthTimes>& lengths,
                                 const std::function<double(const DatabaseFacts&)>& size) {
  std::vector<CostPoint> points;
  for (const LengthTimes& times : lengths) {
    std::vector<double> seconds(databases.size());
    for (const WorkUnit& unit : times.chunks) seconds[unit.database] += unit.seconds;
    for (size_t d = 0; d < databases.size(); ++d) {
      points.push_back({d, times.query_length, size(databases[d]), seconds[d]});
    }
  }
  return points;
}

}  // namespace

double CostModel::largest_departure() const {
  double largest = 0;
  for (const CostPoint& point : points) largest = std::max(largest, std::abs(point.departure()));
  return largest;
}

// With x = size * l / measured, the sum of (c * x - 1)^2 is least at c = sum x / sum x^2.
CostModel fit_published(const std::vector<DatabaseFacts>& databases,
                        const std::vector<LengthTimes>& lengths) {
  CostModel model;
  model.points = points_of(databases, lengths, [](const DatabaseFacts& database) {
    return static_cast<double>(database.n_sequences) * static_cast<double>(database.longest);
  });
  double sum = 0, squares = 0;
  for (const CostPoint& point : model.points) {
    const double x = point.size * static_cast<double>(point.query_length) / point.measured;
    sum += x;
    squares += x * x;
  }
  model.coefficient = sum / squares;
  for (CostPoint& point : model.points) {
    point.fitted = model.coefficient * point.size * static_cast<double>(point.query_length);
  }
  return model;
}

// Two unknowns: the normal equations of sum (c * x + b * y - 1)^2 with y = size / measured.
CostModel fit_by_residues(const std::vector<DatabaseFacts>& databases,
                          const std::vector<LengthTimes>& lengths) {
  CostModel model;
  model.points = points_of(databases, lengths, [](const DatabaseFacts& database) {
    return static_cast<double>(database.n_residues);
  });
  double xx = 0, xy = 0, yy = 0, x1 = 0, y1 = 0;
  for (const CostPoint& point : model.points) {
    const double y = point.size / point.measured, x = y * static_cast<double>(point.query_length);
    xx += x * x;
    xy += x * y;
    yy += y * y;
    x1 += x;
    y1 += y;
  }
  const double determinant = xx * yy - xy * xy;
  if (determinant > 1e-12 * xx * yy) {
    model.coefficient = (x1 * yy - y1 * xy) / determinant;
    model.constant = (y1 * xx - x1 * xy) / determinant;
  } else {
    model.coefficient = x1 / xx;  // one length only: the constant cannot be told from it
  }
  for (CostPoint& point : model.points) {
    point.fitted =
        point.size * (model.coefficient * static_cast<double>(point.query_length) + model.constant);
  }
  return model;
}

}  // namespace foldmesh::scaling
