#include "foldmesh/search/crew.h"

#include <chrono>
#include <thread>
#include <utility>

#include "foldmesh/base/bytes.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/search/crew_messages.h"

namespace foldmesh::search {
namespace {

constexpr auto kPause = std::chrono::microseconds(200);

[[noreturn]] void throw_failure(const comm::Message& message) {
  base::ByteReader in(message.bytes);
  const auto kind = in.get<base::ErrorKind>();
  throw base::Error(kind, fmt::format("{} (rank {})", in.text(), message.rank));
}

}  // namespace

comm::Message Crew::wait() {
  comm::Message message = comm_.wait();
  if (message.tag == kFailed) throw_failure(message);
  return message;
}

std::optional<comm::Message> Crew::poll() {
  std::optional<comm::Message> message = comm_.poll();
  if (message && message->tag == kFailed) throw_failure(*message);
  return message;
}

void Crew::tell_all(int tag, const std::string& bytes) {
  for (int rank = 1; rank < comm_.size(); ++rank) comm_.send(rank, tag, bytes);
}

std::unique_ptr<TargetDatabase> Crew::open(const std::filesystem::path& path) {
  if (path == "-" || std::filesystem::exists(path)) return TargetDatabase::open(path);
  tell_all(kLookUp, path.string());
  std::optional<SharedFacts> found;
  for (int n = 1; n < comm_.size(); ++n) {
    int n_threads = 0;
    if (auto facts = decode_facts(wait().bytes, n_threads).at(0)) found = facts;
  }
  if (found && !found->is_packed) {
    base::throw_input(
        "{}: is text, which rank 0 has to read, too, but does not see (expected it here, or packed)",
        path.string());
  }
  if (!found) {
    base::throw_input("{}: no such file on any machine (expected a sequence database)", path.string());
  }
  return TargetDatabase::elsewhere(path.string(), *found);
}

std::unique_ptr<TargetDatabase> open_targets(const std::filesystem::path& path, Crew* crew) {
  return crew != nullptr ? crew->open(path) : TargetDatabase::open(path);
}

void Crew::begin(const UnitContext& context, const std::vector<TargetDatabase*>& databases) {
  helpers_.assign(static_cast<size_t>(comm_.size()), {});
  tell_all(kPass, encode_pass(context, databases));
  for (int n = 1; n < comm_.size(); ++n) {
    const comm::Message message = wait();
    Helper& helper = helpers_[static_cast<size_t>(message.rank)];
    helper.databases = decode_facts(message.bytes, helper.n_threads);
    for (size_t i = 0; i < databases.size(); ++i) {
      const std::optional<SharedFacts> ours = databases[i]->shared_facts(), theirs = helper.databases.at(i);
      if (ours && theirs && ours->content != theirs->content) {
        base::throw_input("{}: rank {} has another database under this name (expected copies of one{})",
                          databases[i]->path(), message.rank,
                          ours->is_packed ? "" : ", with the same time of change, as `cp -p` makes them");
      }
      // What is compressed or a pipe here is not sent around, whatever others have under its name.
      if (!ours) helper.databases[i].reset();
    }
  }
}

int Crew::n_threads() const {
  int n = 0;
  for (const Helper& helper : helpers_) n += helper.n_threads;
  return n;
}

std::vector<TargetRange> Crew::ranges(size_t database, int64_t residues) {
  for (int rank = 1; rank < comm_.size(); ++rank) {
    if (!helpers_[static_cast<size_t>(rank)].databases[database]) continue;
    std::string request;
    base::ByteWriter out(request);
    out.put(static_cast<uint64_t>(database));
    out.put(residues);
    comm_.send(rank, kRanges, request);
    return base::ByteReader(wait().bytes).array<TargetRange>();
  }
  base::throw_machine("a database that another machine had is gone");
}

// One more unit for the helper; without any, the pass is over for it once it has answered all.
void Crew::grant(int rank, UnitQueue& units) {
  Helper& helper = helpers_[static_cast<size_t>(rank)];
  const std::optional<Unit> unit =
      units.next([&](size_t database) { return helper.databases[database].has_value(); });
  if (unit) {
    std::string bytes;
    base::ByteWriter(bytes).put(UnitMessage{unit->id, unit->range});
    comm_.send(rank, kUnit, std::move(bytes));
    ++helper.n_open;
    ++helper.n_units;
  } else if (helper.n_open == 0 && !std::exchange(helper.told_the_end, true)) {
    comm_.send(rank, kNothing, {});
  }
}

void Crew::work(UnitQueue& units, const std::function<void(std::string_view)>& on_result,
                const std::atomic<bool>& we_are_done, const std::function<void()>& check) {
  for (int rank = 1; rank < comm_.size(); ++rank) {
    // As many again as threads, so that nobody waits while the next one travels.
    for (int n = 0; n < 2 * helpers_[static_cast<size_t>(rank)].n_threads; ++n) grant(rank, units);
  }
  int n_done = 1;  // ranks, we included
  while (n_done < comm_.size() || !we_are_done) {
    const std::optional<comm::Message> message = poll();
    if (!message) {
      check();
      std::this_thread::sleep_for(kPause);
    } else if (message->tag == kResult) {
      --helpers_[static_cast<size_t>(message->rank)].n_open;
      on_result(message->bytes);
      grant(message->rank, units);
    } else {
      ++n_done;  // kDone
      base::log::debug("rank {} has done {} units of this pass", message->rank,
                       helpers_[static_cast<size_t>(message->rank)].n_units);
    }
  }
}

void Crew::dismiss() {
  for (int rank = 1; rank < comm_.size(); ++rank) comm_.send(rank, kEnd, {});
}

}  // namespace foldmesh::search
