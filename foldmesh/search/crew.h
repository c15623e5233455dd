// A search on several machines: rank 0 runs the program and hands out units; the other ranks help
// (docs/design/search-schedule.md).
#ifndef FOLDMESH_SEARCH_CREW_H_
#define FOLDMESH_SEARCH_CREW_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/communicator.h"
#include "foldmesh/search/unit_runner.h"
#include "foldmesh/search/units.h"

namespace foldmesh::search {

// Rank 0's view of the others. Not thread-safe: all members belong to the thread that joined. A rank that
// fails makes the next call throw its message.
class Crew {
 public:
  explicit Crew(comm::Communicator& communicator) : comm_(communicator) {}

  // Opens a database that is here; else asks the others for a packed one of this name. Throws kInput when
  // nobody has it.
  std::unique_ptr<TargetDatabase> open(const std::filesystem::path& path);

  // Starts a pass: tells everybody the queries, learns which databases each rank can read. Throws kInput when
  // two ranks have different contents under one path.
  void begin(const UnitContext& context, const std::vector<TargetDatabase*>& databases);
  int n_threads() const;  // of all other ranks
  // TargetDatabase::ranges() of a database that only others can read.
  std::vector<TargetRange> ranges(size_t database, int64_t residues);

  // Hands out units to the other ranks and takes their results, until they have nothing left to do and
  // `we_are_done`. `check` is called now and then and may throw.
  void work(UnitQueue& units, const std::function<void(std::string_view result)>& on_result,
            const std::atomic<bool>& we_are_done, const std::function<void()>& check);

  // There is nothing more to search: the others return from help(). Afterwards nothing may be called.
  void dismiss();

 private:
  struct Helper {
    int n_threads = 0;
    std::vector<std::optional<SharedFacts>> databases;  // those that it can read
    int n_open = 0;                                     // units handed out, not answered
    int64_t n_units = 0;                                // handed out in all
    bool told_the_end = false;
  };
  void tell_all(int tag, const std::string& bytes);
  comm::Message wait();
  std::optional<comm::Message> poll();
  void grant(int rank, UnitQueue& units);

  comm::Communicator& comm_;
  std::vector<Helper> helpers_;  // by rank; [0] unused
};

// Opens a database with the help of the crew, if there is one.
std::unique_ptr<TargetDatabase> open_targets(const std::filesystem::path& path, Crew* crew);

// What every other rank does until there is nothing more to search. A failure is reported to rank 0, which
// ends all.
void help(comm::Communicator& communicator, base::ThreadPool& pool);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_CREW_H_
