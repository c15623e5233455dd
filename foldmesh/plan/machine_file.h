// Machines that were measured, in a file: docs/formats/machine.md. Files are JSON, written by `foldmesh bench
// inference --calibrate` and only used on the machine and by the program that they name.
#ifndef FOLDMESH_PLAN_MACHINE_FILE_H_
#define FOLDMESH_PLAN_MACHINE_FILE_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "foldmesh/plan/machine.h"

namespace foldmesh::plan {

struct MeasuredMachine {
  // What a machine and a program are known by, from a name to a value ("cpu", "cores", "program", ..).
  std::map<std::string, std::string> fingerprint;
  struct Device {
    double launch = 0;          // as Machine::launch
    std::vector<OpRate> rates;  // by OpKind
  };
  std::map<int, Device> devices;  // by the cores that a device has
  Link link;                      // between devices on this machine

  // parse_mesh("cpu:<cores>") with what was measured in it. kInternal when there is no such device.
  Machine machine(int cores) const;
};

// Atomic; makes the folder.
void write_machine_file(const MeasuredMachine& measured, const std::filesystem::path& path);

// Throws kInput, in one line, when there is no such file, it is damaged, of another version of the format, or
// of another machine or program than `fingerprint` (naming what differs).
MeasuredMachine read_machine_file(const std::filesystem::path& path,
                                  const std::map<std::string, std::string>& fingerprint);

}  // namespace foldmesh::plan

#endif  // FOLDMESH_PLAN_MACHINE_FILE_H_
