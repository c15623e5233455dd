// Machines as numbers: what one device sustains, and what lies between devices. Nothing here asks the machine
// that the program runs on.
#ifndef FOLDMESH_PLAN_MACHINE_H_
#define FOLDMESH_PLAN_MACHINE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/graph/op.h"
#include "foldmesh/tensor/precision.h"

namespace foldmesh::plan {

using tensor::Precision;

// What a device sustains on one kind of operator.
struct OpRate {
  double fp32_flops = 0, bf16_flops = 0;  // per second
  double bytes = 0;                       // of memory traffic per second
};

struct Link {
  double latency = 0;    // seconds for one collective
  double bandwidth = 0;  // bytes that a device receives per second
};

struct Machine {
  std::string name;           // "h200", "cpu:16"
  std::vector<OpRate> rates;  // by OpKind
  double launch = 0;          // seconds to start one kernel or one parallel loop
  int64_t memory_bytes = 0;   // of a device; 0: not known, so that plans have no limit of their own
  int64_t fixed_bytes = 0;    // that a process takes before any tensor exists
  // Of each weight, at least: a CPU has read the parameter file before the first weight is packed, and gives
  // the file's pages back as it packs, so that the larger of the two forms counts.
  int64_t stored_weight_bytes = 0;
  bool is_host = false;  // features and results lie in the same memory
  int devices_per_node = 1;
  int workers = 1;  // threads of a device that take scratch memory of their own
  Link near;        // between devices of one node
  Link far;         // between nodes

  // Operators of multimer models run as those of monomer models do, which are the ones that are measured.
  const OpRate& rate(graph::OpKind kind) const {
    return rates.at(static_cast<size_t>(graph::monomer_kind(kind)));
  }
  // The same rates for every operator, which is all that a data sheet can say.
  void set_rates(const OpRate& rate);
};

// Of a process on a CPU before any tensor exists: the program, and what each thread has for itself.
constexpr int64_t process_bytes(int n_threads) { return int64_t{48 + 8 * n_threads} << 20; }

struct Mesh {
  Machine machine;
  int n_devices = 1;
};

// "[COUNTx]DEVICE", where DEVICE is h200, a100, gpu (any with 24 GB) or cpu:CORES: "8xh200", "cpu:16" (one
// process on 16 cores), "2xcpu:8" (two processes of 8 cores). kInput for anything else, or more than
// kMaxDevices.
Mesh parse_mesh(std::string_view text);
inline constexpr int kMaxDevices = 1024;

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_MACHINE_H_
