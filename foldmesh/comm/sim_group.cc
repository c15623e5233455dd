#include "foldmesh/comm/sim_group.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/comm/member_threads.h"

namespace foldmesh::comm {
namespace {

constexpr int kNobody = -1;

struct Range {
  const std::byte* begin = nullptr;
  size_t size = 0;
  const std::byte* end() const { return begin + size; }
};

// Whether what arrives would damage what is being sent, or something else that arrives. A group of another
// kind may copy in any order, so that the damage would differ from run to run.
bool has_overlap(size_t self, std::span<const SendPart> send, std::span<const ReceivePart> receive) {
  const bool stays = send[self].data() == receive[self].data();  // then nothing is written there
  std::vector<Range> written;
  for (size_t i = 0; i < receive.size(); ++i) {
    if (!receive[i].empty() && !(i == self && stays))
      written.push_back({receive[i].data(), receive[i].size()});
  }
  std::sort(written.begin(), written.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < written.size(); ++i) {
    if (written[i].begin < written[i - 1].end()) return true;
  }
  return std::any_of(send.begin(), send.end(), [&](const SendPart& part) {
    if (part.empty()) return false;
    const auto after =
        std::lower_bound(written.begin(), written.end(), part.data() + part.size(),
                         [](const Range& range, const std::byte* end) { return range.begin < end; });
    return after != written.begin() && std::prev(after)->end() > part.data();
  });
}

// What the members share. The mutex is handed on together with the right to run: a member runs outside it.
class World {
 public:
  World(int n_members, const SimOptions& options)
      : options_(options), rng_(options.seed), members_(static_cast<size_t>(n_members)) {
    running_ = pick();
  }

  void start(int rank) {
    std::unique_lock lock(mutex_);
    wait_for_turn(rank, lock);
  }
  void exchange(int rank, std::span<const SendPart> send, std::span<const ReceivePart> receive);
  void leave(int rank, const TrafficCounters& traffic) noexcept;
  void fail(base::ErrorKind kind, const std::string& message) noexcept {
    const std::lock_guard lock(mutex_);
    set_failure(kind, message);
  }
  void spend(int rank, double seconds) { members_[static_cast<size_t>(rank)].clock += seconds; }
  double clock(int rank) const { return members_[static_cast<size_t>(rank)].clock; }
  SimResult result() const;

 private:
  enum class State : uint8_t { kReady, kWaiting, kLeft };
  struct Member {
    State state = State::kReady;
    std::condition_variable turn;
    std::span<const SendPart> send;
    std::span<const ReceivePart> receive;
    int64_t calls = 0;
    double clock = 0;
    TrafficCounters traffic;
  };

  int pick();
  void hand_on();
  void wait_for_turn(int rank, std::unique_lock<std::mutex>& lock);
  void set_failure(base::ErrorKind kind, const std::string& message) noexcept;
  void deliver();
  std::string who_waits() const;

  const SimOptions options_;
  base::Rng rng_;
  std::mutex mutex_;
  std::vector<Member> members_;
  int running_ = kNobody;
  int64_t n_turns_ = 0;
  size_t n_waiting_ = 0;
  std::optional<base::Error> failure_;
};

// One of those that can go on.
int World::pick() {
  std::vector<int> ready;
  for (size_t rank = 0; rank < members_.size(); ++rank) {
    if (members_[rank].state == State::kReady) ready.push_back(static_cast<int>(rank));
  }
  return ready.empty() ? kNobody : ready[rng_.below(ready.size())];
}

void World::hand_on() {
  ++n_turns_;
  running_ = pick();
  if (running_ == kNobody && n_waiting_ > 0) {
    set_failure(base::ErrorKind::kInternal, "no member can go on: " + who_waits());
    running_ = pick();
  }
  if (running_ != kNobody) members_[static_cast<size_t>(running_)].turn.notify_one();
}

void World::wait_for_turn(int rank, std::unique_lock<std::mutex>& lock) {
  Member& self = members_[static_cast<size_t>(rank)];
  const std::chrono::duration<double> limit(options_.time_limit);
  while (running_ != rank) {
    const int64_t turns = n_turns_;
    if (!self.turn.wait_for(lock, limit, [&] { return running_ == rank || failure_; }) && turns == n_turns_) {
      set_failure(base::ErrorKind::kMachine,
                  fmt::format("rank {} silent for {} s", running_, options_.time_limit));
    }
    if (failure_) break;
  }
  if (failure_) throw base::Error(failure_->kind(), failure_->what());
}

void World::set_failure(base::ErrorKind kind, const std::string& message) noexcept {
  if (failure_) return;
  failure_.emplace(kind, message);
  n_waiting_ = 0;
  for (Member& member : members_) {
    if (member.state == State::kWaiting) member.state = State::kReady;
    member.turn.notify_one();
  }
}

void World::exchange(int rank, std::span<const SendPart> send, std::span<const ReceivePart> receive) {
  std::unique_lock lock(mutex_);
  if (failure_) throw base::Error(failure_->kind(), failure_->what());
  Member& self = members_[static_cast<size_t>(rank)];
  self.send = send;
  self.receive = receive;
  ++self.calls;
  if (has_overlap(static_cast<size_t>(rank), send, receive)) {
    set_failure(
        base::ErrorKind::kInternal,
        fmt::format("rank {}: parts to receive overlap other parts in exchange {}", rank, self.calls));
  } else {
    self.state = State::kWaiting;
    if (++n_waiting_ == members_.size()) deliver();
  }
  hand_on();
  wait_for_turn(rank, lock);
}

// All wait: everything is copied, and all can go on.
void World::deliver() {
  double start = 0;
  int64_t busiest = 0;
  for (size_t to = 0; to < members_.size(); ++to) {
    int64_t received = 0;
    for (size_t from = 0; from < members_.size(); ++from) {
      if (from == to) continue;
      const SendPart part = members_[from].send[to];
      const ReceivePart place = members_[to].receive[from];
      if (part.size() != place.size()) {
        set_failure(base::ErrorKind::kInternal,
                    size_mismatch(static_cast<int>(from), part.size(), static_cast<int>(to), place.size()));
        return;
      }
      if (!part.empty()) std::memcpy(place.data(), part.data(), part.size());
      received += static_cast<int64_t>(part.size());
    }
    busiest = std::max(busiest, received);
    start = std::max(start, members_[to].clock);
  }
  const double seconds = options_.exchange_seconds && busiest > 0 ? options_.exchange_seconds(busiest) : 0;
  for (Member& member : members_) {
    member.clock = start + seconds;
    member.state = State::kReady;
  }
  n_waiting_ = 0;
}

std::string World::who_waits() const {
  std::string text;
  for (size_t rank = 0; rank < members_.size(); ++rank) {
    const Member& member = members_[rank];
    text += fmt::format("{}rank {} {} exchange {}", text.empty() ? "" : ", ", rank,
                        member.state == State::kWaiting ? "waits in" : "has left after", member.calls);
  }
  return text;
}

void World::leave(int rank, const TrafficCounters& traffic) noexcept {
  const std::lock_guard lock(mutex_);
  Member& self = members_[static_cast<size_t>(rank)];
  self.state = State::kLeft;
  self.traffic = traffic;
  if (running_ == rank) hand_on();
}

SimResult World::result() const {
  SimResult result;
  for (const Member& member : members_) {
    result.seconds = std::max(result.seconds, member.clock);
    result.traffic.push_back(member.traffic);
  }
  return result;
}

class SimMember : public SimGroup {
 public:
  SimMember(int rank, int size, World& world) : SimGroup(rank, size), world_(world) {}
  ~SimMember() override { world_.leave(rank(), traffic()); }
  void start() { world_.start(rank()); }
  void fail(const std::string& message) noexcept override { world_.fail(base::ErrorKind::kMachine, message); }
  void spend(double seconds) override { world_.spend(rank(), seconds); }
  double clock() const override { return world_.clock(rank()); }

 private:
  void transfer(std::span<const SendPart> send, std::span<const ReceivePart> receive) override {
    world_.exchange(rank(), send, receive);
  }

  World& world_;
};

}  // namespace

SimResult run_simulated(int n_members, const std::function<void(SimGroup&)>& body,
                        const SimOptions& options) {
  if (n_members < 1) base::throw_internal("a group of {} members", n_members);
  World world(n_members, options);
  std::vector<std::unique_ptr<SimMember>> members;
  for (int rank = 0; rank < n_members; ++rank) {
    members.push_back(std::make_unique<SimMember>(rank, n_members, world));
  }
  run_on_threads(std::move(members), [&](SimMember& member) {
    member.start();
    body(member);
  });
  return world.result();
}

}  // namespace foldmesh::comm
