// Measured times of a search: unit by unit, and whole runs in both ways of dividing the work.
#ifndef FOLDMESH_SCALING_MEASURE_H_
#define FOLDMESH_SCALING_MEASURE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "foldmesh/bio/sequence.h"
#include "foldmesh/scaling/simulator.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::scaling {

struct DatabaseFacts {
  std::string name;
  int64_t n_sequences = 0, n_residues = 0;
  int64_t longest = 0;  // residues
};

// One pass over everything, so that the measurements after it find the files in memory. Packed databases and
// FASTA.
DatabaseFacts read_database(search::NamedDatabase& database);

// One query length. Times are medians over the rounds, seconds.
struct LengthTimes {
  size_t query_length = 0;
  std::vector<WorkUnit> chunks;   // in database order, measured on one thread
  double outside_units = 0;       // of a run on one thread: building the query's model, merging hits
  std::map<int, double> chunked;  // processors -> wall time, units (of the search's own sizes) shared by all
  std::map<int, double> database_per_process;  // processors -> wall time, each database on one processor
};

// Searches with AlphaFold's thresholds. `processors` are the numbers to measure, `chunk_residues` the size
// of what is measured alone.
LengthTimes measure(const bio::Sequence& query, std::vector<search::NamedDatabase>& databases,
                    const std::vector<int>& processors, int64_t chunk_residues, int n_rounds);

}  // namespace foldmesh::scaling

#endif  // FOLDMESH_SCALING_MEASURE_H_
