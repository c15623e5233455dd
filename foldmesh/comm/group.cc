#include "foldmesh/comm/group.h"

#include <cstring>
#include <exception>

#include "foldmesh/base/error.h"
#include "foldmesh/comm/member_threads.h"

namespace foldmesh::comm {
namespace {

class SingleMember : public Group {
 public:
  SingleMember() : Group(0, 1) {}
  void fail(const std::string&) noexcept override {}

 private:
  void transfer(std::span<const SendPart>, std::span<const ReceivePart>) override {}
};

}  // namespace

void Group::exchange(std::span<const SendPart> send, std::span<const ReceivePart> receive) {
  const auto n = static_cast<size_t>(size_), self = static_cast<size_t>(rank_);
  if (send.size() != n || receive.size() != n) {
    base::throw_internal("exchange with {} parts to send and {} to receive (expected {} of each)",
                         send.size(), receive.size(), n);
  }
  if (send[self].size() != receive[self].size()) {
    base::throw_internal("{}", size_mismatch(rank_, send[self].size(), rank_, receive[self].size()));
  }
  if (!send[self].empty() && send[self].data() != receive[self].data()) {
    std::memcpy(receive[self].data(), send[self].data(), send[self].size());
  }
  transfer(send, receive);
  ++traffic_.calls;
  for (size_t from = 0; from < n; ++from) {
    if (from == self || receive[from].empty()) continue;
    ++traffic_.messages;
    traffic_.received_bytes += static_cast<int64_t>(receive[from].size());
  }
}

void run_as_member(Group& group, const std::function<void()>& body) {
  try {
    body();
  } catch (...) {
    group.fail(message_of(std::current_exception()));
    throw;
  }
}

std::unique_ptr<Group> make_single_member() { return std::make_unique<SingleMember>(); }

}  // namespace foldmesh::comm
