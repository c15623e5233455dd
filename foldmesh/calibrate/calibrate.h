// Measures what the planner's cost model asks for, on the machine that the program runs on.
#ifndef FOLDMESH_CALIBRATE_CALIBRATE_H_
#define FOLDMESH_CALIBRATE_CALIBRATE_H_

#include <functional>
#include <string>
#include <vector>

#include "foldmesh/model/network.h"
#include "foldmesh/plan/machine_file.h"

namespace foldmesh::calibrate {

struct CalibrateOptions {
  // The network that is run, with one block of each stack.
  model::Dims dims = {.n_res = 192, .n_seq = 128, .n_extra = 512, .n_templates = 1};
  std::vector<int> cores;  // of the devices to measure
  int n_rounds = 3;        // each operator's time is the shortest of so many passes
  std::function<void(const std::string& line)> report;  // what is being measured; must be given
};

// Runs the network with one block of each kind for every number of cores and both number types, and sets the
// rates of each kind of operator so that the planner predicts for this size what was measured. Then exchanges
// between two threads.
struct Calibration {
  plan::MeasuredMachine machine;
  // Share of the time in which a thread that could work had a processor: well below 1 where others use the
  // machine, and rates come out too low.
  double processor_share = 1;
};
Calibration calibrate(const CalibrateOptions& options);

}  // namespace foldmesh::calibrate

#endif  // FOLDMESH_CALIBRATE_CALIBRATE_H_
