// A group of simulated devices, for tests of what happens on many of them.
//
// One member runs at a time. Which of those that could go on does so is drawn from the seed, so a failure
// that depends on the order of events comes back whenever its seed does. Nothing depends on real time: a
// member's clock moves by what the link model says of its messages and by what the member says of its work.
#ifndef FOLDMESH_COMM_SIM_GROUP_H_
#define FOLDMESH_COMM_SIM_GROUP_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "foldmesh/comm/group.h"

namespace foldmesh::comm {

struct SimOptions : GroupOptions {
  uint64_t seed = 0;
  // Seconds of one exchange in which the busiest member receives so many bytes; without it messages take
  // none.
  std::function<double(int64_t busiest_bytes)> exchange_seconds;
};

class SimGroup : public Group {
 public:
  // Moves the own clock forward by the seconds that a computation would take.
  virtual void spend(double seconds) = 0;
  // Seconds since the start. An exchange ends for all members together, after the last has come to it.
  virtual double clock() const = 0;

 protected:
  using Group::Group;
};

struct SimResult {
  double seconds = 0;                    // until the last member was done
  std::vector<TrafficCounters> traffic;  // by rank
};

// Calls body once for every member and returns when all are done. What the first member to fail threw is
// rethrown here. When no member can go on, the group fails at once with a message that says who waits for
// whom.
SimResult run_simulated(int n_members, const std::function<void(SimGroup&)>& body,
                        const SimOptions& options = {});

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_SIM_GROUP_H_
