// One thread for each member of a group. Internal to comm.
#ifndef FOLDMESH_COMM_MEMBER_THREADS_H_
#define FOLDMESH_COMM_MEMBER_THREADS_H_

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "foldmesh/comm/group.h"

namespace foldmesh::comm {

std::string size_mismatch(int from, size_t n_sent, int to, size_t n_expected);
// What there is to say about an exception in flight.
std::string message_of(const std::exception_ptr& error);

// Calls body for every member, rank 0 on the caller's thread. A member is destroyed on its thread when its
// body has returned or failed. Rethrows what was thrown first.
template <typename Member, typename Body>
void run_on_threads(std::vector<std::unique_ptr<Member>> members, const Body& body) {
  std::mutex mutex;
  std::exception_ptr first;
  const auto run = [&](std::unique_ptr<Member> member) {
    try {
      body(*member);
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      {
        const std::lock_guard lock(mutex);
        if (!first) first = error;
      }
      member->fail(message_of(error));
    }
  };
  std::vector<std::jthread> threads;
  try {
    for (size_t rank = 1; rank < members.size(); ++rank) {
      threads.emplace_back([&run, member = std::move(members[rank])]() mutable { run(std::move(member)); });
    }
  } catch (...) {
    members.clear();  // the threads there are see that the others have left
    throw;
  }
  run(std::move(members.front()));
  threads.clear();  // waits for them
  if (first) std::rethrow_exception(first);
}

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_MEMBER_THREADS_H_
