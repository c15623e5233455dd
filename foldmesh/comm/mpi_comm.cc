#include "foldmesh/comm/mpi_comm.h"

#include "foldmesh/base/error.h"
#include "foldmesh/comm/launch.h"

#ifdef FOLDMESH_HAVE_MPI

#include <mpi.h>

#include <chrono>
#include <climits>
#include <iterator>
#include <list>
#include <thread>
#include <utility>
#include <vector>

#include "foldmesh/comm/mpi_group.h"

namespace foldmesh::comm {

void check_mpi(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  base::throw_machine("MPI: {} failed: {}", what, text);
}

namespace {

bool is_joined = false;  // of the thread that joined

class MpiCommunicator : public Communicator {
 public:
  MpiCommunicator() {
    int provided = 0;
    check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    if (provided < MPI_THREAD_FUNNELED)
      base::throw_machine("this MPI does not work in programs with threads");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
    check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
    MPI_Comm machine = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine),
              "MPI_Comm_split_type");
    check_mpi(MPI_Comm_size(machine, &n_on_this_machine_), "MPI_Comm_size");
    MPI_Comm_free(&machine);
    is_joined = true;
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void send(int to, int tag, std::string bytes) override {
    if (bytes.size() > INT_MAX) base::throw_machine("MPI: a message of {} bytes is too long", bytes.size());
    Outgoing& out = outgoing_.emplace_back(Outgoing{std::move(bytes), MPI_REQUEST_NULL});
    check_mpi(MPI_Isend(out.bytes.data(), static_cast<int>(out.bytes.size()), MPI_BYTE, to, tag,
                        MPI_COMM_WORLD, &out.request),
              "MPI_Isend");
  }

  std::optional<Message> poll() override {
    release_sent();
    MPI_Status status;
    int arrived = 0;
    check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &arrived, &status), "MPI_Iprobe");
    if (arrived == 0) return std::nullopt;
    int n = 0;
    check_mpi(MPI_Get_count(&status, MPI_BYTE, &n), "MPI_Get_count");
    Message message{status.MPI_SOURCE, status.MPI_TAG, std::string(static_cast<size_t>(n), '\0')};
    check_mpi(MPI_Recv(message.bytes.data(), n, MPI_BYTE, message.rank, message.tag, MPI_COMM_WORLD,
                       MPI_STATUS_IGNORE),
              "MPI_Recv");
    return message;
  }

  int n_on_this_machine() const override { return n_on_this_machine_; }

  int64_t least(int64_t mine) override {
    int64_t result = 0;
    check_mpi(MPI_Allreduce(&mine, &result, 1, MPI_INT64_T, MPI_MIN, MPI_COMM_WORLD), "MPI_Allreduce");
    return result;
  }

  std::unique_ptr<Group> make_group(const GroupOptions& options) override {
    MPI_Comm copy = MPI_COMM_NULL;
    check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN);
    groups_.push_back(copy);
    return make_mpi_group(copy, options);
  }

  void finish() override {
    for (Outgoing& out : outgoing_) check_mpi(MPI_Wait(&out.request, MPI_STATUS_IGNORE), "MPI_Wait");
    outgoing_.clear();
    for (MPI_Comm& group : groups_) MPI_Comm_free(&group);
    check_mpi(MPI_Finalize(), "MPI_Finalize");
    is_joined = false;
  }

 private:
  struct Outgoing {
    std::string bytes;
    MPI_Request request;
  };
  void release_sent() {
    for (auto out = outgoing_.begin(); out != outgoing_.end();) {
      int done = 0;
      check_mpi(MPI_Test(&out->request, &done, MPI_STATUS_IGNORE), "MPI_Test");
      out = done != 0 ? outgoing_.erase(out) : std::next(out);
    }
  }

  int rank_ = 0, size_ = 1, n_on_this_machine_ = 1;
  std::vector<MPI_Comm> groups_;
  std::list<Outgoing> outgoing_;  // a list, because MPI holds on to the bytes
};

}  // namespace

bool built_with_mpi() { return true; }
std::unique_ptr<Communicator> join_mpi() { return std::make_unique<MpiCommunicator>(); }

bool is_to_report() {
  constexpr auto kPatience = std::chrono::seconds(3);
  if (!is_joined) return true;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (rank != 0 && std::chrono::steady_clock::now() < deadline) {
    int arrived = 0;  // nothing is expected: the call lets what was sent travel
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &arrived, MPI_STATUS_IGNORE);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void end_all(int exit_code) {
  if (is_joined) MPI_Abort(MPI_COMM_WORLD, exit_code);
}

}  // namespace foldmesh::comm

#else

namespace foldmesh::comm {

bool built_with_mpi() { return false; }
std::unique_ptr<Communicator> join_mpi() { base::throw_internal("built without MPI"); }
bool is_to_report() { return true; }
void end_all(int) {}

}  // namespace foldmesh::comm

#endif
