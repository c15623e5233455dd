// Encoded hits in rank order: some in memory, the rest in sorted runs of a temporary file, read as one
// sequence.
#ifndef FOLDMESH_SEARCH_HIT_RUNS_H_
#define FOLDMESH_SEARCH_HIT_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/spill_file.h"
#include "foldmesh/search/hit_codec.h"

namespace foldmesh::search {

// Best first: P-value, or bit score; then name, start of the first domain's alignment, place in the database.
// No two hits of one database are equal.
class HitOrder {
 public:
  explicit HitOrder(bool by_score) : by_score_(by_score) {}
  double badness(const HitKey& key) const { return by_score_ ? -static_cast<double>(key.score) : key.ln_p; }
  bool operator()(const HitKey& a, const HitKey& b) const;

 private:
  bool by_score_;
};

class HitRuns {
 public:
  // False stops.
  using OnBytes = std::function<bool(std::string_view hit)>;

  explicit HitRuns(HitOrder order) : order_(order) {}
  // A row of encoded hits, in any order.
  void add(std::string bytes);
  size_t memory() const { return bytes_in_memory_ + entries_.size() * sizeof(Entry); }
  size_t n_in_memory() const { return entries_.size(); }

  // Moves everything from memory to the file; all calls must be given the same one.
  void spill(const std::shared_ptr<base::SpillFile>& file);
  bool has_spilled() const { return !runs_.empty(); }

  // Rewrites what is in memory, best first: `f` gets each hit and appends what shall stand in its place.
  void rewrite(const std::function<void(std::string_view hit, std::string& out)>& f);

  // In any order, or best first. The views are valid during the call. Several threads may read at once;
  // for_each_ranked() needs sort() after the last change.
  void for_each(const OnBytes& f) const;
  void sort();
  void for_each_ranked(const OnBytes& f) const;

 private:
  struct Entry {
    double badness;
    const char* data;
    uint32_t size;
    std::string_view bytes() const { return {data, size}; }
  };
  struct Run {
    uint64_t offset, size;
  };
  class Reader;
  void forget_memory();
  void merge_runs();

  HitOrder order_;
  std::vector<std::unique_ptr<const std::string>> pieces_;  // what entries_ point into
  std::vector<Entry> entries_;
  size_t bytes_in_memory_ = 0;
  std::shared_ptr<base::SpillFile> file_;
  std::vector<Run> runs_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_HIT_RUNS_H_
