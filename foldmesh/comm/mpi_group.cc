#ifdef FOLDMESH_HAVE_MPI

#include "foldmesh/comm/mpi_group.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/comm/member_threads.h"

namespace foldmesh::comm {
namespace {

// Between two ranks a call is one message, of no bytes where there is nothing to say, so that sizes which
// disagree are seen at once. A part that is too long for a message is announced by its size and sent in
// pieces.
enum Tag : int { kWhole = 1, kSize, kPiece, kFailed };

class MpiGroup : public Group {
 public:
  MpiGroup(int rank, int size, MPI_Comm communicator, const GroupOptions& options)
      : Group(rank, size), comm_(communicator), options_(options), sizes_(static_cast<size_t>(size)) {
    options_.largest_message = std::clamp<int64_t>(options_.largest_message, 1, INT_MAX);
  }

  void fail(const std::string& message) noexcept override;

 private:
  struct Pending {
    int rank = 0;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  void transfer(std::span<const SendPart> send, std::span<const ReceivePart> receive) override;
  void start_sending(int to, SendPart part);
  // Whether a message has come from that rank; if so, what it brings is on its way into `place`.
  bool start_receiving(int from, ReceivePart place);
  void receive_pieces(int from, ReceivePart place);
  void check_failed();
  [[noreturn]] void throw_failed(MPI_Message& message, const MPI_Status& status);
  bool is_done(Pending& pending);
  template <typename Part, typename Visit>
  void for_each_piece(Part part, const Visit& visit) const;
  MPI_Request& new_request(int rank) { return pending_.emplace_back(Pending{rank, {}}).request; }

  MPI_Comm comm_;
  GroupOptions options_;
  std::vector<Pending> pending_;
  std::vector<uint64_t> sizes_;       // announced, by receiver
  std::deque<std::string> failures_;  // MPI holds on to the bytes
  int64_t n_calls_ = 0;
};

void MpiGroup::transfer(std::span<const SendPart> send, std::span<const ReceivePart> receive) {
  using Clock = std::chrono::steady_clock;
  ++n_calls_;
  std::vector<int> awaited;
  for (int step = 1; step < size(); ++step) {  // everyone starts with another one
    const int peer = (rank() + step) % size();
    start_sending(peer, send[static_cast<size_t>(peer)]);
    awaited.push_back(peer);
  }
  auto last_news = Clock::now();
  while (!awaited.empty() || !pending_.empty()) {
    const size_t before = awaited.size() + pending_.size();
    std::erase_if(awaited,
                  [&](int from) { return start_receiving(from, receive[static_cast<size_t>(from)]); });
    std::erase_if(pending_, [&](Pending& pending) { return is_done(pending); });
    const auto now = Clock::now();
    if (awaited.size() + pending_.size() != before) {
      last_news = now;
      continue;
    }
    check_failed();
    if (std::chrono::duration<double>(now - last_news).count() > options_.time_limit) {
      const int silent = awaited.empty() ? pending_.front().rank : awaited.front();
      base::throw_machine("rank {} silent for {} s in exchange {}", silent, options_.time_limit, n_calls_);
    }
    std::this_thread::yield();
  }
}

template <typename Part, typename Visit>
void MpiGroup::for_each_piece(Part part, const Visit& visit) const {
  const auto most = static_cast<size_t>(options_.largest_message);
  for (; !part.empty(); part = part.subspan(std::min(most, part.size()))) {
    visit(part.first(std::min(most, part.size())));
  }
}

void MpiGroup::start_sending(int to, SendPart part) {
  const auto isend = [&](const void* data, size_t size, Tag tag) {
    check_mpi(MPI_Isend(data, static_cast<int>(size), MPI_BYTE, to, tag, comm_, &new_request(to)),
              "MPI_Isend");
  };
  if (part.size() <= static_cast<size_t>(options_.largest_message))
    return isend(part.data(), part.size(), kWhole);
  uint64_t& size = sizes_[static_cast<size_t>(to)];
  size = part.size();
  isend(&size, sizeof size, kSize);
  for_each_piece(part, [&](SendPart piece) { isend(piece.data(), piece.size(), kPiece); });
}

bool MpiGroup::start_receiving(int from, ReceivePart place) {
  int arrived = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  check_mpi(MPI_Improbe(from, MPI_ANY_TAG, comm_, &arrived, &message, &status), "MPI_Improbe");
  if (arrived == 0) return false;
  if (status.MPI_TAG == kFailed) throw_failed(message, status);
  int count = 0;
  MPI_Get_count(&status, MPI_BYTE, &count);
  uint64_t size = static_cast<uint64_t>(count);
  if (status.MPI_TAG == kSize) {
    check_mpi(MPI_Mrecv(&size, sizeof size, MPI_BYTE, &message, MPI_STATUS_IGNORE), "MPI_Mrecv");
  }
  if (size != place.size()) base::throw_internal("{}", size_mismatch(from, size, rank(), place.size()));
  if (status.MPI_TAG == kSize) {
    receive_pieces(from, place);
  } else {
    check_mpi(MPI_Imrecv(place.data(), count, MPI_BYTE, &message, &new_request(from)), "MPI_Imrecv");
  }
  return true;
}

void MpiGroup::receive_pieces(int from, ReceivePart place) {
  for_each_piece(place, [&](ReceivePart piece) {
    check_mpi(MPI_Irecv(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, from, kPiece, comm_,
                        &new_request(from)),
              "MPI_Irecv");
  });
}

bool MpiGroup::is_done(Pending& pending) {
  int done = 0;
  check_mpi(MPI_Test(&pending.request, &done, MPI_STATUS_IGNORE), "MPI_Test");
  return done != 0;
}

void MpiGroup::check_failed() {
  int arrived = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  check_mpi(MPI_Improbe(MPI_ANY_SOURCE, kFailed, comm_, &arrived, &message, &status), "MPI_Improbe");
  if (arrived != 0) throw_failed(message, status);
}

void MpiGroup::throw_failed(MPI_Message& message, const MPI_Status& status) {
  int count = 0;
  MPI_Get_count(&status, MPI_BYTE, &count);
  std::string text(static_cast<size_t>(count), '\0');
  check_mpi(MPI_Mrecv(text.data(), count, MPI_BYTE, &message, MPI_STATUS_IGNORE), "MPI_Mrecv");
  base::throw_machine("{}", text);
}

void MpiGroup::fail(const std::string& message) noexcept {
  constexpr size_t kLongest = 2000;  // short enough to travel without waiting for the receiver
  const std::string& text = failures_.emplace_back(message.substr(0, kLongest));
  for (int to = 0; to < size(); ++to) {
    if (to == rank()) continue;
    MPI_Request request;
    if (MPI_Isend(text.data(), static_cast<int>(text.size()), MPI_BYTE, to, kFailed, comm_, &request) ==
        MPI_SUCCESS) {
      MPI_Request_free(&request);
    }
  }
}

}  // namespace

std::unique_ptr<Group> make_mpi_group(MPI_Comm communicator, const GroupOptions& options) {
  int rank = 0, size = 1;
  check_mpi(MPI_Comm_rank(communicator, &rank), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator, &size), "MPI_Comm_size");
  return std::make_unique<MpiGroup>(rank, size, communicator, options);
}

}  // namespace foldmesh::comm

#endif
