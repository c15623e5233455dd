// A rank that helps: it does the units that rank 0 sends.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "foldmesh/base/bytes.h"
#include "foldmesh/base/error.h"
#include "foldmesh/search/crew.h"
#include "foldmesh/search/crew_messages.h"
#include "foldmesh/search/search.h"

namespace foldmesh::search {
namespace {

constexpr auto kPause = std::chrono::microseconds(200);

// Values on their way between the thread that talks and those that work.
template <typename T>
class Channel {
 public:
  void push(T value) {
    {
      std::lock_guard lock(mutex_);
      values_.push_back(std::move(value));
    }
    changed_.notify_one();
  }
  // No more will come; what is there is thrown away if `now`.
  void close(bool now = false) {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      if (now) values_.clear();
    }
    changed_.notify_all();
  }
  // Waits; nothing after the last one.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !values_.empty(); });
    return take();
  }
  std::optional<T> try_pop() {
    std::lock_guard lock(mutex_);
    return take();
  }

 private:
  std::optional<T> take() {
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    return value;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
  bool closed_ = false;
};

class Helper {
 public:
  Helper(comm::Communicator& communicator, base::ThreadPool& pool) : comm_(communicator), pool_(pool) {}

  void run() {
    for (comm::Message message = comm_.wait(); message.tag != kEnd; message = comm_.wait()) {
      if (message.tag == kLookUp) {
        send_facts({message.bytes});
      } else {
        run_pass(decode_pass(message.bytes));
      }
    }
  }

 private:
  void run_pass(const PassMessage& pass);
  void send_facts(const std::vector<std::string>& paths);
  void listen(Channel<Unit>& units, Channel<std::string>& results, const std::atomic<bool>& failed);
  bool handle(const comm::Message& message, Channel<Unit>& units);

  comm::Communicator& comm_;
  base::ThreadPool& pool_;
  std::map<std::string, std::unique_ptr<TargetDatabase>> opened_;  // by path; null: not here
  std::vector<TargetDatabase*> databases_;                         // of the pass
};

void Helper::send_facts(const std::vector<std::string>& paths) {
  std::vector<std::optional<SharedFacts>> facts;
  databases_.clear();
  for (const std::string& path : paths) {
    auto& database = opened_[path];
    if (!database && std::filesystem::is_regular_file(path)) database = TargetDatabase::open(path);
    databases_.push_back(database.get());
    facts.push_back(database ? database->shared_facts() : std::nullopt);
  }
  comm_.send(0, kFacts, encode_facts(pool_.size(), facts));
}

void Helper::run_pass(const PassMessage& pass) {
  send_facts(pass.paths);
  std::vector<std::optional<hmm::Profile>> profiles(pass.models.size());
  pool_.parallel_for(std::ssize(profiles), [&](int64_t i, int) { profiles[i].emplace(pass.models[i]); });
  UnitContext context;
  for (size_t i = 0; i < profiles.size(); ++i) context.queries.push_back({&*profiles[i], pass.thresholds[i]});
  context.groups = pass.groups;
  context.pipeline = pass.pipeline;
  SearchOptions options;
  options.memory = pass.memory;
  hmm::MatrixBudget matrices(options.memory_for(pool_.size()), pool_.size(), options.memory > 0);
  context.matrices = &matrices;
  context.keep_display = pass.keep_display;
  context.n_targets = pass.n_targets;

  Channel<Unit> units;
  Channel<std::string> results;
  std::atomic<bool> failed = false;
  std::exception_ptr error;
  std::thread workers([&] {
    try {
      pool_.parallel_for(pool_.size(), [&](int64_t, int) {
        try {
          UnitRunner runner(context);
          while (const std::optional<Unit> unit = units.pop()) results.push(encode(runner.run(*unit)));
        } catch (...) {
          units.close(true);
          throw;
        }
      });
    } catch (...) {
      error = std::current_exception();
      failed = true;
    }
  });
  try {
    listen(units, results, failed);
  } catch (...) {
    units.close(true);
    workers.join();
    throw;
  }
  units.close();
  workers.join();
  if (error) std::rethrow_exception(error);
  for (const TargetDatabase* database : databases_) {
    if (database != nullptr) database->check_unchanged();
  }
  comm_.send(0, kDone, {});
}

// Until there is nothing left of the pass, or a worker has failed.
void Helper::listen(Channel<Unit>& units, Channel<std::string>& results, const std::atomic<bool>& failed) {
  while (!failed) {
    bool idle = true;
    while (std::optional<std::string> result = results.try_pop()) {
      comm_.send(0, kResult, std::move(*result));
      idle = false;
    }
    while (const std::optional<comm::Message> message = comm_.poll()) {
      if (!handle(*message, units)) return;
      idle = false;
    }
    if (idle) std::this_thread::sleep_for(kPause);
  }
}

bool Helper::handle(const comm::Message& message, Channel<Unit>& units) {
  if (message.tag == kNothing) return false;
  base::ByteReader in(message.bytes);
  if (message.tag == kRanges) {
    const TargetDatabase& database = *databases_.at(in.get<uint64_t>());
    std::string bytes;
    base::ByteWriter(bytes).put_array(*database.ranges(in.get<int64_t>()));
    comm_.send(0, kRanges, std::move(bytes));
  } else {
    const auto unit = in.get<UnitMessage>();
    units.push({unit.id, unit.range, databases_.at(unit.id.database)->block(unit.range)});
  }
  return true;
}

}  // namespace

void help(comm::Communicator& communicator, base::ThreadPool& pool) {
  base::ErrorKind kind = base::ErrorKind::kInternal;
  std::string text;
  try {
    return Helper(communicator, pool).run();
  } catch (const base::Error& error) {
    kind = error.kind();
    text = error.what();
  } catch (const std::bad_alloc&) {
    kind = base::ErrorKind::kMachine;
    text = "out of memory";
  } catch (const std::exception& error) {
    text = error.what();
  }
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(kind);
  out.put_text(text);
  communicator.send(0, kFailed, std::move(bytes));
  for (;;) communicator.wait();  // rank 0 says what is wrong and ends us
}

}  // namespace foldmesh::search
