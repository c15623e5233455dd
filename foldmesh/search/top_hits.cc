#include "foldmesh/search/top_hits.h"

#include <algorithm>
#include <utility>

namespace foldmesh::search {
namespace {

// Two envelopes that overlap may end up with the same alignment; only the better one counts (the earlier on
// ties).
void drop_duplicate_domains(hmm::Hit& hit) {
  for (size_t a = 0; a < hit.domains.size(); ++a) {
    for (size_t b = a + 1; b < hit.domains.size(); ++b) {
      hmm::Domain &first = hit.domains[a], &second = hit.domains[b];
      if (first.alignment.seq_from != second.alignment.seq_from ||
          first.alignment.seq_to != second.alignment.seq_to) {
        continue;
      }
      hmm::Domain& dropped = first.bit_score >= second.bit_score ? second : first;
      hit.n_reported -= std::exchange(dropped.reported, false);
      hit.n_included -= std::exchange(dropped.included, false);
    }
  }
}

void drop_strings(hmm::DomainAlignment& alignment) {
  for (std::string* text : {&alignment.model, &alignment.match, &alignment.aligned, &alignment.pp,
                            &alignment.rf, &alignment.cs}) {
    text->clear();
  }
}

}  // namespace

void TopHits::limit_rows(size_t max_rows, int64_t z) {
  constexpr size_t kNever = std::numeric_limits<size_t>::max();
  max_rows_ = max_rows;
  limit_z_ = thresholds_.Z.value_or(static_cast<double>(z));
  next_check_ = max_rows < kNever / 2 ? 2 * max_rows : kNever;
}

void TopHits::add(HitList&& found) {
  longest_name_ = std::max(longest_name_, found.longest_name);
  longest_accession_ = std::max(longest_accession_, found.longest_accession);
  longest_label_ = std::max(longest_label_, found.longest_label);
  runs_.add(std::move(found.bytes));
  if (limit_z_ > 0 && runs_.n_in_memory() >= next_check_) drop_strings_beyond_limit();
}

// A domain is certain to be included if it would be even with every target reported.
void TopHits::drop_strings_beyond_limit() {
  size_t n_certain = 0;
  const double most_dom_z = thresholds_.dom_Z.value_or(limit_z_);
  runs_.rewrite([&](std::string_view bytes, std::string& out) {
    hmm::Hit hit = decode_hit(bytes);
    if (n_certain >= max_rows_) {
      for (hmm::Domain& domain : hit.domains) drop_strings(domain.alignment);
    } else if (hit.n_overlaps == 0 && thresholds_.target_is_reportable(hit.score, hit.ln_p, limit_z_) &&
               thresholds_.target_is_includable(hit.score, hit.ln_p, limit_z_)) {
      n_certain += static_cast<size_t>(
          std::count_if(hit.domains.begin(), hit.domains.end(), [&](const hmm::Domain& domain) {
            return thresholds_.domain_is_includable(domain.bit_score, domain.ln_p, most_dom_z);
          }));
    }
    append_hit(out, hit);
  });
  next_check_ = 2 * runs_.n_in_memory();
}

void TopHits::finish(int64_t n_targets) {
  z_ = thresholds_.Z.value_or(static_cast<double>(n_targets));
  runs_.sort();
  runs_.for_each([this](std::string_view bytes) {
    const HitKey key = key_of(bytes);
    if (thresholds_.target_is_reportable(key.score, key.ln_p, z_)) {
      ++n_reported_;
      n_included_ += thresholds_.target_is_includable(key.score, key.ln_p, z_);
    }
    return true;
  });
  dom_z_ = thresholds_.dom_Z.value_or(static_cast<double>(n_reported_));
}

void TopHits::truncate(size_t n_targets) {
  if (static_cast<size_t>(n_reported_) <= n_targets) return;
  n_reported_ = static_cast<int64_t>(n_targets);
  n_included_ = 0;
  HitList lengths;
  for_each([&](const hmm::Hit& hit) {
    n_included_ += hit.included;
    lengths.note_lengths(hit);
  });
  longest_name_ = lengths.longest_name;
  longest_accession_ = lengths.longest_accession;
  longest_label_ = lengths.longest_label;
}

void TopHits::threshold(hmm::Hit& hit) const {
  hit.reported = true;
  hit.included = thresholds_.target_is_includable(hit.score, hit.ln_p, z_);
  for (hmm::Domain& domain : hit.domains) {
    domain.reported = thresholds_.domain_is_reportable(domain.bit_score, domain.ln_p, dom_z_);
    domain.included = hit.included && thresholds_.domain_is_includable(domain.bit_score, domain.ln_p, dom_z_);
    hit.n_reported += domain.reported;
    hit.n_included += domain.included;
  }
  if (hit.n_overlaps > 0) drop_duplicate_domains(hit);
}

void TopHits::for_each(const std::function<void(const hmm::Hit&)>& f) const {
  int64_t n_left = n_reported_;
  runs_.for_each_ranked([&](std::string_view bytes) {
    if (n_left == 0) return false;
    const HitKey key = key_of(bytes);
    if (!thresholds_.target_is_reportable(key.score, key.ln_p, z_)) return true;
    --n_left;
    hmm::Hit hit = decode_hit(bytes);
    threshold(hit);
    if (mark_) mark_(hit);
    f(hit);
    return true;
  });
}

}  // namespace foldmesh::search
