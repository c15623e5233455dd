// The hits of one query in one database: collected in any order, then ranked and thresholded.
#ifndef FOLDMESH_SEARCH_TOP_HITS_H_
#define FOLDMESH_SEARCH_TOP_HITS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "foldmesh/hmm/hit.h"
#include "foldmesh/search/thresholds.h"

namespace foldmesh::search {

// A target is stored when it would be reportable if the database ended with it (or with Z, when given): that
// is what a serial HMMER knows at that moment, and it depends on the target's ordinal only, so the outcome is
// the same for any division of the database into chunks and any order of add() and merge().
class TopHits {
 public:
  explicit TopHits(const Thresholds& thresholds) : thresholds_(thresholds) {}

  // Bounds the memory of an alignment that will be cut after `max_rows` rows of hits: once so many domains
  // are certain to be included, hits that rank below them lose their aligned strings (and stay in all lists
  // and counts). `z` must be the final number of targets. Call before add().
  void limit_rows(size_t max_rows, int64_t z);

  // hit.target_index must be set. `z_at_least` is a lower bound of the final number of targets: what cannot
  // be reported with so many is forgotten at once, but for the length of its name.
  void add(hmm::Hit hit, int64_t z_at_least = 0);
  void merge(TopHits&& other);

  // Call once, when all hits are in: sorts, sets every flag and count, removes what is not reported.
  // Order: best first (P-value; bit score when inclusion is by score), then name, then start of the first
  // domain's alignment, then place in the database.
  void finish(int64_t n_targets);

  // After finish(): forgets all reported hits but the first `n_targets`. Z, domZ and flags stay those of the
  // whole list; the widths of names become those of what is left.
  void truncate(size_t n_targets);

  // After finish(): the reported hits.
  const std::vector<hmm::Hit>& hits() const { return hits_; }
  std::vector<hmm::Hit>& hits() { return hits_; }
  const Thresholds& thresholds() const { return thresholds_; }
  double z() const { return z_; }          // comparisons behind E-values of targets
  double dom_z() const { return dom_z_; }  // and of domains (conditional)
  int64_t n_reported() const { return static_cast<int64_t>(hits_.size()); }
  int64_t n_included() const { return n_included_; }
  // Over all stored hits, reported or not: tables derive their column widths from these.
  size_t longest_name() const { return longest_name_; }
  size_t longest_accession() const { return longest_accession_; }
  size_t longest_label() const { return longest_label_; }  // accession where there is one, else name

  double e_value(const hmm::Hit& hit) const { return e_value_of(hit.ln_p, z_); }
  double conditional_e_value(const hmm::Domain& domain) const { return e_value_of(domain.ln_p, dom_z_); }
  double independent_e_value(const hmm::Domain& domain) const { return e_value_of(domain.ln_p, z_); }

 private:
  void sort();
  void note_lengths(const hmm::Hit& hit);
  void drop_strings_beyond_limit();
  void threshold_domains(hmm::Hit& hit) const;

  Thresholds thresholds_;
  std::vector<hmm::Hit> hits_;
  size_t max_rows_ = std::numeric_limits<size_t>::max();
  double limit_z_ = 0;     // the final Z, when rows are limited
  size_t next_check_ = 0;  // look for strings to drop when there are so many hits
  double z_ = 0, dom_z_ = 0;
  int64_t n_included_ = 0;
  size_t longest_name_ = 0, longest_accession_ = 0, longest_label_ = 0;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_TOP_HITS_H_
