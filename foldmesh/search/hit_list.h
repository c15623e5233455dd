// The hits of one query in one part of a database, in the order found.
#ifndef FOLDMESH_SEARCH_HIT_LIST_H_
#define FOLDMESH_SEARCH_HIT_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "foldmesh/hmm/hit.h"
#include "foldmesh/search/thresholds.h"

namespace foldmesh::search {

struct HitList {
  std::string bytes;  // hit_codec.h, one after the other
  // Over all hits that were stored, also those forgotten: tables derive their column widths from these.
  size_t longest_name = 0, longest_accession = 0;
  size_t longest_label = 0;  // accession where there is one, else name

  // hit.target_index must be set. A target is stored when it would be reportable if the database ended with
  // it (or with Z, when given): that is what a serial HMMER knows at that moment, and it depends on the
  // target's ordinal only. `z_at_least` is a lower bound of the final number of targets: what cannot be
  // reported with so many is forgotten at once, but for the length of its name.
  void add(const hmm::Hit& hit, const Thresholds& thresholds, int64_t z_at_least = 0);
  void note_lengths(const hmm::Hit& hit);
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_HIT_LIST_H_
