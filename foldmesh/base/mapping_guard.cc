#include "foldmesh/base/mapping_guard.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace foldmesh::base {
namespace {

// The handler may only look at memory that is always there, hence the fixed sizes. Mappings that find no
// place are not named, only the fault is.
struct Mapping {
  std::atomic<uintptr_t> begin{0};  // 0: free; set last
  uintptr_t end = 0;
  std::array<char, 512> path{};
};
std::array<Mapping, 64> mappings;
std::mutex mutex;  // of those who change `mappings`

void say(const char* text) {
  const ssize_t ignored = ::write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(ignored);
}

void on_bus_error(int, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (const Mapping& mapping : mappings) {
    const uintptr_t begin = mapping.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= mapping.end) continue;
    static std::atomic<bool> said{false};  // several threads may fault
    if (said.exchange(true)) ::pause();
    say("foldmesh: ");
    say(mapping.path.data());
    say(": was cut short while it was read, or its disk failed (it was mapped into memory)\n");
    ::_exit(1);
  }
  ::signal(SIGBUS, SIG_DFL);  // none of ours: fault again, with the default outcome
}

}  // namespace

void watch_mapping(const std::byte* data, size_t size, std::string_view path) {
  std::lock_guard lock(mutex);
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  if (!installed) return;
  const auto free =
      std::find_if(mappings.begin(), mappings.end(), [](const Mapping& m) { return m.begin == 0; });
  if (free == mappings.end()) return;
  free->path = {};
  std::copy_n(path.data(), std::min(path.size(), free->path.size() - 1), free->path.data());
  const auto begin = reinterpret_cast<uintptr_t>(data);
  free->end = begin + size;
  free->begin.store(begin, std::memory_order_release);
}

void unwatch_mapping(const std::byte* data) {
  std::lock_guard lock(mutex);
  for (Mapping& mapping : mappings) {
    if (mapping.begin == reinterpret_cast<uintptr_t>(data)) mapping.begin = 0;
  }
}

}  // namespace foldmesh::base
