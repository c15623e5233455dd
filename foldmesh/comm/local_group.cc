#include "foldmesh/comm/local_group.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/comm/member_threads.h"

namespace foldmesh::comm {
namespace {

// What the members share. In a call every member lays its send parts open; once all have, each takes what is
// meant for it; once all have, all go on.
class Table {
 public:
  Table(int n_members, const GroupOptions& options)
      : time_limit_(options.time_limit), members_(static_cast<size_t>(n_members)) {}

  void exchange(int rank, std::span<const SendPart> send, std::span<const ReceivePart> receive) {
    open(rank, send);
    bool fits = true;
    std::string mismatch;
    for (size_t from = 0; from < members_.size() && fits; ++from) {
      const SendPart part = members_[from].send[static_cast<size_t>(rank)];
      if (static_cast<int>(from) == rank) continue;
      fits = part.size() == receive[from].size();
      if (!fits) {
        mismatch = size_mismatch(static_cast<int>(from), part.size(), rank, receive[from].size());
      } else if (!part.empty()) {
        std::memcpy(receive[from].data(), part.data(), part.size());
      }
    }
    close(mismatch);
  }

  void fail(base::ErrorKind kind, const std::string& message) noexcept {
    const std::lock_guard lock(mutex_);
    set_failure(kind, message);
  }

  void leave(int rank) noexcept {
    const std::lock_guard lock(mutex_);
    members_[static_cast<size_t>(rank)].has_left = someone_left_ = true;
    changed_.notify_all();
  }

 private:
  struct Member {
    std::span<const SendPart> send;
    int64_t opened = 0;  // calls
    bool has_left = false;
  };

  void open(int rank, std::span<const SendPart> send);
  void close(const std::string& mismatch);
  void set_failure(base::ErrorKind kind, const std::string& message) noexcept;
  std::string missing(int64_t call) const;
  // A member may only unwind, and with it its send buffers, when nobody copies from them any more.
  [[noreturn]] void throw_failure(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [&] { return n_taking_ == 0; });
    throw base::Error(failure_->kind(), failure_->what());
  }

  const double time_limit_;
  std::mutex mutex_;  // guards all below; `send` of all members can be read while n_taking_ counts the reader
  std::condition_variable changed_;
  std::vector<Member> members_;
  int64_t n_opened_ = 0, n_closed_ = 0;  // over all members and calls
  int n_taking_ = 0;
  bool someone_left_ = false;
  std::optional<base::Error> failure_;
};

void Table::open(int rank, std::span<const SendPart> send) {
  std::unique_lock lock(mutex_);
  if (failure_) throw_failure(lock);
  Member& self = members_[static_cast<size_t>(rank)];
  self.send = send;
  const int64_t call = ++self.opened;
  const int64_t all = call * static_cast<int64_t>(members_.size());
  if (++n_opened_ == all) changed_.notify_all();
  // Nobody can leave, and none has left, who has opened a call that is not complete.
  const bool in_time = changed_.wait_for(lock, std::chrono::duration<double>(time_limit_),
                                         [&] { return n_opened_ >= all || failure_ || someone_left_; });
  if (!failure_ && n_opened_ < all) {
    set_failure(base::ErrorKind::kMachine,
                in_time ? fmt::format("{} left the group before exchange {}", missing(call), call)
                        : fmt::format("{} silent for {} s in exchange {}", missing(call), time_limit_, call));
  }
  if (failure_) throw_failure(lock);
  ++n_taking_;
}

void Table::close(const std::string& mismatch) {
  std::unique_lock lock(mutex_);
  --n_taking_;
  if (!mismatch.empty()) {
    set_failure(base::ErrorKind::kInternal, mismatch);
  } else {
    const auto n = static_cast<int64_t>(members_.size());
    const int64_t all = (n_closed_ / n + 1) * n;
    if (++n_closed_ == all) changed_.notify_all();
    // Copying takes no longer than it must, so that there is no time limit here.
    changed_.wait(lock, [&] { return n_closed_ >= all || failure_; });
    if (n_closed_ >= all) return;
  }
  changed_.notify_all();  // of n_taking_
  throw_failure(lock);
}

void Table::set_failure(base::ErrorKind kind, const std::string& message) noexcept {
  if (!failure_) failure_.emplace(kind, message);
  changed_.notify_all();
}

// Who keeps the others waiting; when someone has left, those.
std::string Table::missing(int64_t call) const {
  std::string ranks;
  for (size_t rank = 0; rank < members_.size(); ++rank) {
    if (members_[rank].opened >= call || members_[rank].has_left != someone_left_) continue;
    ranks += fmt::format("{}{}", ranks.empty() ? "rank " : ", ", rank);
  }
  return ranks;
}

class LocalGroup : public Group {
 public:
  LocalGroup(int rank, int size, std::shared_ptr<Table> table)
      : Group(rank, size), table_(std::move(table)) {}
  ~LocalGroup() override { table_->leave(rank()); }
  void fail(const std::string& message) noexcept override {
    table_->fail(base::ErrorKind::kMachine, message);
  }

 private:
  void transfer(std::span<const SendPart> send, std::span<const ReceivePart> receive) override {
    table_->exchange(rank(), send, receive);
  }

  std::shared_ptr<Table> table_;
};

}  // namespace

std::vector<std::unique_ptr<Group>> make_local_group(int n_members, const GroupOptions& options) {
  if (n_members < 1) base::throw_internal("a group of {} members", n_members);
  const auto table = std::make_shared<Table>(n_members, options);
  std::vector<std::unique_ptr<Group>> members;
  for (int rank = 0; rank < n_members; ++rank) {
    members.push_back(std::make_unique<LocalGroup>(rank, n_members, table));
  }
  return members;
}

void run_local(int n_members, const std::function<void(Group&)>& body, const GroupOptions& options) {
  run_on_threads(make_local_group(n_members, options), body);
}

}  // namespace foldmesh::comm
