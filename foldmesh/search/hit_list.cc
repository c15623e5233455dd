#include "foldmesh/search/hit_list.h"

#include <algorithm>

#include "foldmesh/search/hit_codec.h"

namespace foldmesh::search {

void HitList::add(const hmm::Hit& hit, const Thresholds& thresholds, int64_t z_at_least) {
  const double z_now = thresholds.Z.value_or(static_cast<double>(hit.target_index + 1));
  if (!thresholds.target_is_reportable(hit.score, hit.ln_p, z_now)) return;
  note_lengths(hit);
  const double z_final = thresholds.Z.value_or(static_cast<double>(z_at_least));
  if (thresholds.target_is_reportable(hit.score, hit.ln_p, z_final)) append_hit(bytes, hit);
}

void HitList::note_lengths(const hmm::Hit& hit) {
  longest_name = std::max(longest_name, hit.name.size());
  longest_accession = std::max(longest_accession, hit.accession.size());
  longest_label = std::max(longest_label, hit.accession.empty() ? hit.name.size() : hit.accession.size());
}

}  // namespace foldmesh::search
