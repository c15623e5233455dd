#include "foldmesh/comm/communicator.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace foldmesh::comm {

Message Communicator::wait() {
  auto pause = std::chrono::microseconds(10);
  for (;;) {
    if (std::optional<Message> message = poll()) return std::move(*message);
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::microseconds(1000));
  }
}

}  // namespace foldmesh::comm
