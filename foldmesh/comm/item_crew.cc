#include "foldmesh/comm/item_crew.h"

#include <chrono>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

namespace foldmesh::comm {
namespace {

// 0 -> rank   kOwn, kEverybodys  an item                        rank -> 0   kDone, kFailed  its own item
// 0 -> rank   kEnd               of all
enum Tag : int { kOwn = 1, kEverybodys, kDone, kFailed, kEnd };

constexpr auto kPause = std::chrono::milliseconds(1);

std::string encode(const base::Error& error) {
  return static_cast<char>(static_cast<int>(error.kind())) + std::string(error.what());
}

base::Error decode(const std::string& bytes) {
  return {static_cast<base::ErrorKind>(bytes.at(0)), bytes.substr(1)};
}

ItemLeader::Failure try_item(const std::function<void(size_t)>& work, size_t index) {
  try {
    work(index);
  } catch (const base::Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return base::Error(base::ErrorKind::kMachine, "out of memory");
  }
  return std::nullopt;
}

// Hands out indices; what was done here comes back through it to the thread that talks.
class Counter {
 public:
  explicit Counter(size_t n) : n_(n) {}
  std::optional<size_t> next() {
    const std::lock_guard lock(mutex_);
    return next_ < n_ ? std::optional(next_++) : std::nullopt;
  }
  void stop(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    next_ = n_;
    error_ = std::move(error);
  }
  void done(size_t index, ItemLeader::Failure failure) {
    const std::lock_guard lock(mutex_);
    done_.emplace_back(index, std::move(failure));
  }
  std::optional<std::pair<size_t, ItemLeader::Failure>> take_done() {
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
    if (done_.empty()) return std::nullopt;
    auto first = std::move(done_.front());
    done_.pop_front();
    return first;
  }

 private:
  const size_t n_;
  std::mutex mutex_;
  size_t next_ = 0;
  std::deque<std::pair<size_t, ItemLeader::Failure>> done_;
  std::exception_ptr error_;
};

}  // namespace

void ItemLeader::tell_all(const std::string& item) {
  for (int rank = 1; ranks_ != nullptr && rank < ranks_->size(); ++rank) {
    ranks_->send(rank, kEverybodys, item);
  }
}

std::vector<ItemLeader::Failure> ItemLeader::share(const std::vector<std::string>& items,
                                                   const std::function<void(size_t)>& do_here,
                                                   const OnDone& on_done) {
  std::vector<Failure> failures(items.size());
  const auto take = [&](size_t index, int rank, Failure failure) {
    failures[index] = std::move(failure);
    on_done(index, rank, failures[index]);
  };
  if (ranks_ == nullptr) {
    for (size_t i = 0; i < items.size(); ++i) take(i, 0, try_item(do_here, i));
    return failures;
  }
  Counter counter(items.size());
  std::vector<size_t> at(static_cast<size_t>(ranks_->size()));  // by rank: the item it has
  size_t n_open = items.size();
  const auto grant = [&](int rank) {
    const std::optional<size_t> index = counter.next();
    if (!index) return;
    at[static_cast<size_t>(rank)] = *index;
    ranks_->send(rank, kOwn, items[*index]);
  };
  std::jthread here([&] {
    try {
      while (const std::optional<size_t> index = counter.next()) {
        counter.done(*index, try_item(do_here, *index));
      }
    } catch (...) {
      counter.stop(std::current_exception());
    }
  });
  for (int rank = 1; rank < ranks_->size(); ++rank) grant(rank);
  while (n_open > 0) {
    if (auto done = counter.take_done()) {
      take(done->first, 0, std::move(done->second));
      --n_open;
    } else if (const std::optional<Message> message = ranks_->poll()) {
      const Failure failure = message->tag == kFailed ? Failure(decode(message->bytes)) : std::nullopt;
      take(at[static_cast<size_t>(message->rank)], message->rank, failure);
      --n_open;
      grant(message->rank);
    } else {
      std::this_thread::sleep_for(kPause);
    }
  }
  return failures;
}

void ItemLeader::dismiss() {
  for (int rank = 1; ranks_ != nullptr && rank < ranks_->size(); ++rank) ranks_->send(rank, kEnd, {});
}

void help_with_items(Communicator& ranks, const std::function<void(std::string_view)>& own,
                     const std::function<void(std::string_view)>& everybodys) {
  for (Message message = ranks.wait(); message.tag != kEnd; message = ranks.wait()) {
    if (message.tag == kEverybodys) {
      everybodys(message.bytes);
      continue;
    }
    const ItemLeader::Failure failure = try_item([&](size_t) { own(message.bytes); }, 0);
    ranks.send(0, failure ? kFailed : kDone, failure ? encode(*failure) : std::string());
  }
}

}  // namespace foldmesh::comm
