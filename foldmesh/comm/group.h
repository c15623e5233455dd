// A fixed number of members (devices) that all make the same sequence of collective calls.
//
// Everything is built on one call, exchange(), in which every member may give every other one some bytes; the
// usual collectives are in collectives.h. Members are threads of one process (local_group.h), simulated
// devices (sim_group.h) or MPI ranks (Communicator::make_group).
#ifndef FOLDMESH_COMM_GROUP_H_
#define FOLDMESH_COMM_GROUP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace foldmesh::comm {

using SendPart = std::span<const std::byte>;
using ReceivePart = std::span<std::byte>;

struct GroupOptions {
  // Seconds that a call waits for others before it fails, naming them.
  double time_limit = 600;
  // Bytes of the largest single message where there is such a limit (MPI counts in int); longer parts are
  // cut.
  int64_t largest_message = int64_t{1} << 30;
};

// What one member has received from others; its own parts do not count.
struct TrafficCounters {
  int64_t calls = 0;           // of exchange
  int64_t messages = 0;        // parts that were not empty
  int64_t received_bytes = 0;  // in them
};

// One member's view of its group. An object belongs to one thread at a time.
class Group {
 public:
  virtual ~Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  // One collective step. `send[r]` goes to member r, `receive[r]` is filled with what member r sends here;
  // both have size() entries, empty ones included. On return all of `receive` is filled and the send buffers
  // may be overwritten. The own part is a copy, or nothing where both are the same memory; apart from that no
  // receive part may overlap any other part. Nothing is allocated that grows with the bytes.
  //
  // Throws kInternal when a member sends another number of bytes than the receiver expects (naming both),
  // kMachine when a member has failed (its message), is silent beyond the time limit or has left. The group
  // is of no use after that.
  void exchange(std::span<const SendPart> send, std::span<const ReceivePart> receive);

  // Ends the group: the current or next call of every other member throws kMachine with this message. The
  // first failure of a group is the one that counts. Never waits, never throws.
  virtual void fail(const std::string& message) noexcept = 0;

  const TrafficCounters& traffic() const { return traffic_; }

 protected:
  Group(int rank, int size) : rank_(rank), size_(size) {}
  // exchange() for the parts of others; spans have the right number of entries, own parts are done.
  virtual void transfer(std::span<const SendPart> send, std::span<const ReceivePart> receive) = 0;

 private:
  int rank_, size_;
  TrafficCounters traffic_;
};

// Calls body; when it throws, the group fails with its message before the exception goes on.
void run_as_member(Group& group, const std::function<void()>& body);

// The group of a single device: exchange() only copies.
std::unique_ptr<Group> make_single_member();

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_GROUP_H_
