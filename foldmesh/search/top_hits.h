// The hits of one query in one database: collected in any order, then ranked and thresholded.
#ifndef FOLDMESH_SEARCH_TOP_HITS_H_
#define FOLDMESH_SEARCH_TOP_HITS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "foldmesh/hmm/hit.h"
#include "foldmesh/search/hit_list.h"
#include "foldmesh/search/hit_runs.h"
#include "foldmesh/search/thresholds.h"

namespace foldmesh::search {

// The outcome is the same for any division of the database into lists and any order of add(), and whether
// hits were spilled or not.
class TopHits {
 public:
  explicit TopHits(const Thresholds& thresholds)
      : thresholds_(thresholds), runs_(HitOrder(thresholds.inc_T.has_value())) {}

  // Bounds the memory of an alignment that will be cut after `max_rows` rows of hits: once so many domains
  // are certain to be included, hits that rank below them lose their aligned strings (and stay in all lists
  // and counts). `z` must be the final number of targets. Call before add().
  void limit_rows(size_t max_rows, int64_t z);

  void add(HitList&& found);
  size_t memory() const { return runs_.memory(); }  // bytes that hits take
  // Moves all hits to the file, which must be the same in every call.
  void spill(const std::shared_ptr<base::SpillFile>& file) { runs_.spill(file); }

  // Call once, when all hits are in: ranks, counts, and from now on only what is reported is seen. Order:
  // best first (P-value; bit score when inclusion is by score), then name, then start of the first domain's
  // alignment, then place in the database.
  void finish(int64_t n_targets);

  // After finish(): forgets all reported hits but the first `n_targets`. Z, domZ and flags stay those of the
  // whole list; the widths of names become those of what is left.
  void truncate(size_t n_targets);

  // After finish(): the reported hits in order, with every flag and count set. May be called often and by
  // several threads.
  void for_each(const std::function<void(const hmm::Hit&)>& f) const;
  // What for_each() does to a hit before it passes it on; for marks that compare with another search.
  void set_marks(std::function<void(hmm::Hit&)> mark) { mark_ = std::move(mark); }

  const Thresholds& thresholds() const { return thresholds_; }
  double z() const { return z_; }          // comparisons behind E-values of targets
  double dom_z() const { return dom_z_; }  // and of domains (conditional)
  int64_t n_reported() const { return n_reported_; }
  int64_t n_included() const { return n_included_; }
  // Over all stored hits, reported or not (HitList), before truncate().
  size_t longest_name() const { return longest_name_; }
  size_t longest_accession() const { return longest_accession_; }
  size_t longest_label() const { return longest_label_; }

  double e_value(const hmm::Hit& hit) const { return e_value_of(hit.ln_p, z_); }
  double conditional_e_value(const hmm::Domain& domain) const { return e_value_of(domain.ln_p, dom_z_); }
  double independent_e_value(const hmm::Domain& domain) const { return e_value_of(domain.ln_p, z_); }

 private:
  void drop_strings_beyond_limit();
  void threshold(hmm::Hit& hit) const;

  Thresholds thresholds_;
  HitRuns runs_;
  size_t max_rows_ = std::numeric_limits<size_t>::max();
  double limit_z_ = 0;     // the final Z, when rows are limited
  size_t next_check_ = 0;  // look for strings to drop when there are so many hits in memory
  double z_ = 0, dom_z_ = 0;
  int64_t n_reported_ = 0, n_included_ = 0;
  size_t longest_name_ = 0, longest_accession_ = 0, longest_label_ = 0;
  std::function<void(hmm::Hit&)> mark_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_TOP_HITS_H_
