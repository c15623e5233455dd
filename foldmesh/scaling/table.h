// The scaling table: runtime against number of processors, for one process per database and for our chunks.
#ifndef FOLDMESH_SCALING_TABLE_H_
#define FOLDMESH_SCALING_TABLE_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "foldmesh/scaling/cost_model.h"
#include "foldmesh/scaling/measure.h"

namespace foldmesh::scaling {

struct TableOptions {
  std::vector<int> processors;  // ascending, >= 1
  // The databases are taken to be so many times as large: every unit occurs so often.
  int times_as_large = 1;
  double grant_seconds = 20e-6;  // of the coordinator for one request; Machine's
  double latency_seconds = 5e-6;
};

// Predictions by simulation, and what was measured where the machine had as many processors.
struct TableCell {
  int n_processors = 0;
  double database_per_process = 0, chunked = 0;  // seconds
  double efficiency = 0;                         // of the chunked schedule: time on one / (n * time on n)
};
struct TableRow {
  size_t query_length = 0;
  std::vector<TableCell> cells;  // by number of processors
};

struct ScalingTable {
  std::vector<DatabaseFacts> databases;
  std::vector<LengthTimes> measured;
  TableOptions options;
  std::vector<TableRow> rows;
  CostModel published, by_residues;
};

ScalingTable make_table(std::vector<DatabaseFacts> databases, std::vector<LengthTimes> measured,
                        TableOptions options);

// Tables in plain text: predictions, predictions against measurements, the cost models and where they depart.
std::string to_text(const ScalingTable& table);
nlohmann::ordered_json to_json(const ScalingTable& table);
// Runtime against processors, both axes logarithmic; a self-contained SVG document.
std::string to_svg(const ScalingTable& table);

}  // namespace foldmesh::scaling

#endif  // FOLDMESH_SCALING_TABLE_H_
