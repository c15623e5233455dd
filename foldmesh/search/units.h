// The units of work of a search, and who gets which next (docs/design/search-schedule.md).
#ifndef FOLDMESH_SEARCH_UNITS_H_
#define FOLDMESH_SEARCH_UNITS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "foldmesh/search/targets.h"

namespace foldmesh::search {

// Names a unit within one search: the same for every run with the same queries, databases and UnitSizes.
struct UnitId {
  uint32_t database = 0, group = 0;
  int64_t first_target = 0;
  auto operator<=>(const UnitId&) const = default;
};

// A group of queries against a range of targets.
struct Unit {
  UnitId id;
  TargetRange range;
  std::shared_ptr<const TargetBlock> block;  // null when the database is not read here
};

// The order in which work of these lengths is best begun: indices, longest first.
std::vector<size_t> longest_first(const std::vector<int>& lengths);

// Queries by falling length in groups, so that a group's work on a range is worth handing out, its tables are
// few, and the last group is the lightest.
std::vector<std::vector<size_t>> group_queries(const std::vector<int>& lengths);

struct UnitSizes {
  int64_t largest = 0;   // residues of a range
  int64_t smallest = 0;  // near the end
  int64_t taper = 1;     // a range is at most 1/taper of what is left of its database
  bool operator==(const UnitSizes&) const = default;
};
// What the sizes of units follow from.
struct UnitDemand {
  int64_t n_residues = 0, n_targets = 0;  // of all databases; no targets: their number is not known
  size_t n_groups = 1;
  int widest_group = 1;  // sum of the lengths of the heaviest group's queries
  int n_workers = 1;
  size_t unit_bytes = 0;  // that the hits of one query in a range may take should every target be one
};
UnitSizes choose_unit_sizes(const UnitDemand& demand);

// A packed database cut into ranges: large ones first, then ever smaller ones.
std::vector<TargetRange> tapered(const std::vector<TargetRange>& pieces, const UnitSizes& sizes);

// Hands out all units of a search, each once: the largest range first over all databases, all groups of a
// range one after the other, so that the range stays in the cache. Thread-safe.
class UnitQueue {
 public:
  // `ranges` has an entry per database: its ranges, or nothing if it has to be read from its start here.
  UnitQueue(size_t n_groups, const std::vector<TargetDatabase*>& databases,
            std::vector<std::optional<std::vector<TargetRange>>> ranges, const UnitSizes& sizes,
            int n_threads);

  // Units that are done already and shall not be handed out; call before next().
  void skip(const UnitId& id) { skipped_.insert(id); }

  // `may_take(database)`, if given, says which databases the asker can read; without it, it is us, and the
  // unit comes with its block. Nothing when there is nothing left for the asker, or after stop().
  std::optional<Unit> next(const std::function<bool(size_t database)>& may_take = {});
  void stop();

 private:
  struct Line {  // of one database
    TargetDatabase* database = nullptr;
    std::optional<std::vector<TargetRange>> ranges;
    size_t next_range = 0, next_group = 0;
    std::unique_ptr<TargetStream> stream;
    TargetRange range;
    std::shared_ptr<const TargetBlock> block;  // of `range`, once somebody needed it
    bool open = false;                         // `range` has groups left
  };
  bool advance(Line& line);
  int64_t size_of_next(const Line& line) const;

  const size_t n_groups_;
  const UnitSizes sizes_;
  const int n_threads_;
  std::mutex mutex_;  // guards everything below
  bool stopped_ = false;
  std::vector<Line> lines_;
  std::set<UnitId> skipped_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_UNITS_H_
