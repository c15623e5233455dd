#include "foldmesh/base/memory.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>

#include "foldmesh/base/error.h"

namespace foldmesh::base {
namespace {

// The first number in a one-line file of the kernel's; nothing when it says "max" or is not there.
std::optional<size_t> number_in(const std::string& path) {
  std::ifstream file(path);
  size_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

std::optional<size_t> meminfo_available() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  size_t kib = 0;
  while (file >> key >> kib) {
    if (key == "MemAvailable:") return kib * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

// Limits of this process' control group and of all above it (version 2; the path is in /proc/self/cgroup as
// "0::/a/b").
std::optional<size_t> cgroup_available() {
  std::ifstream file("/proc/self/cgroup");
  std::optional<size_t> least;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::")) continue;
    for (std::string group = line.substr(3);; group.resize(group.rfind('/'))) {
      const std::string folder = "/sys/fs/cgroup" + group;
      const auto limit = number_in(folder + "/memory.max"), used = number_in(folder + "/memory.current");
      if (limit && used) least = std::min(least.value_or(SIZE_MAX), *limit - std::min(*limit, *used));
      if (group.rfind('/') == std::string::npos) break;
    }
  }
  return least;
}

}  // namespace

size_t parse_bytes(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  double factor = 1;
  constexpr std::string_view kUnits = "KMGT";
  if (!unit.empty()) {
    const size_t power = kUnits.find(unit.front());
    if (power != std::string_view::npos) {
      factor = std::ldexp(1.0, 10 * static_cast<int>(power + 1));
      unit.remove_prefix(1);
    }
  }
  const bool good_unit = unit.empty() || unit == "B" || (unit == "iB" && factor > 1);
  if (error != std::errc() || !good_unit || !(value > 0) || value * factor > 0x1p62) {
    throw_input("'{}' is no amount of memory (expected for instance 16G or 800M)", printable(text));
  }
  return static_cast<size_t>(value * factor);
}

std::string format_bytes(size_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes >= size_t{1} << 30) return fmt::format("{:.2f} GiB", value * 0x1p-30);
  return fmt::format("{:.1f} MiB", value * 0x1p-20);
}

size_t available_memory() {
  const auto machine = meminfo_available(), group = cgroup_available();
  if (!machine && !group) return 0;
  return std::min(machine.value_or(SIZE_MAX), group.value_or(SIZE_MAX));
}

}  // namespace foldmesh::base
