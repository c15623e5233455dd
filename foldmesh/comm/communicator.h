// Messages between the processes of one program.
#ifndef FOLDMESH_COMM_COMMUNICATOR_H_
#define FOLDMESH_COMM_COMMUNICATOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "foldmesh/comm/group.h"

namespace foldmesh::comm {

struct Message {
  int rank = 0;  // of the sender
  int tag = 0;
  std::string bytes;
};

// Ranks are 0 to size() - 1. All members belong to one thread. Messages from one rank to another arrive in
// the order in which they were sent. Failures throw kMachine.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Takes the bytes and returns at once; they travel during later calls.
  virtual void send(int to, int tag, std::string bytes) = 0;
  // A message that has arrived, if there is one. Never waits.
  virtual std::optional<Message> poll() = 0;
  // Waits for the next message, without burning a core.
  Message wait();
  // All ranks as a group with messages of its own; every rank must call it. The group must not be used after
  // finish(). A rank that fails ends the others only when their calls notice or its process ends all.
  virtual std::unique_ptr<Group> make_group(const GroupOptions& options) = 0;
  // How many of them are processes of this machine, this one included: they share its memory.
  virtual int n_on_this_machine() const = 0;
  // The least number that any rank gives. Every rank must call it.
  virtual int64_t least(int64_t mine) = 0;
  // Sends what is left and takes leave of the others; every rank must call it, and nothing else afterwards.
  virtual void finish() = 0;
};

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_COMMUNICATOR_H_
