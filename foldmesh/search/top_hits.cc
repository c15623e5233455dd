#include "foldmesh/search/top_hits.h"

#include <algorithm>
#include <iterator>
#include <tuple>
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
    std::string().swap(*text);
  }
}

}  // namespace

void TopHits::limit_rows(size_t max_rows, int64_t z) {
  constexpr size_t kNever = std::numeric_limits<size_t>::max();
  max_rows_ = max_rows;
  limit_z_ = thresholds_.Z.value_or(static_cast<double>(z));
  next_check_ = max_rows < kNever / 2 ? 2 * max_rows : kNever;
}

void TopHits::add(hmm::Hit hit, int64_t z_at_least) {
  const double z_now = thresholds_.Z.value_or(static_cast<double>(hit.target_index + 1));
  if (!thresholds_.target_is_reportable(hit.score, hit.ln_p, z_now)) return;
  note_lengths(hit);
  const double z_final = thresholds_.Z.value_or(static_cast<double>(z_at_least));
  if (!thresholds_.target_is_reportable(hit.score, hit.ln_p, z_final)) return;
  hits_.push_back(std::move(hit));
}

void TopHits::note_lengths(const hmm::Hit& hit) {
  longest_name_ = std::max(longest_name_, hit.name.size());
  longest_accession_ = std::max(longest_accession_, hit.accession.size());
  longest_label_ = std::max(longest_label_, hit.accession.empty() ? hit.name.size() : hit.accession.size());
}

void TopHits::merge(TopHits&& other) {
  longest_name_ = std::max(longest_name_, other.longest_name_);
  longest_accession_ = std::max(longest_accession_, other.longest_accession_);
  longest_label_ = std::max(longest_label_, other.longest_label_);
  if (hits_.empty()) {
    hits_ = std::move(other.hits_);
  } else {
    std::move(other.hits_.begin(), other.hits_.end(), std::back_inserter(hits_));
  }
  other.hits_.clear();
  if (limit_z_ > 0 && hits_.size() >= next_check_) drop_strings_beyond_limit();
}

// A domain is certain to be included if it would be even with every target reported.
void TopHits::drop_strings_beyond_limit() {
  sort();
  size_t n_certain = 0;
  const double most_dom_z = thresholds_.dom_Z.value_or(limit_z_);
  for (hmm::Hit& hit : hits_) {
    if (n_certain >= max_rows_) {
      for (hmm::Domain& domain : hit.domains) drop_strings(domain.alignment);
    } else if (hit.n_overlaps == 0 && thresholds_.target_is_reportable(hit.score, hit.ln_p, limit_z_) &&
               thresholds_.target_is_includable(hit.score, hit.ln_p, limit_z_)) {
      n_certain += static_cast<size_t>(
          std::count_if(hit.domains.begin(), hit.domains.end(), [&](const hmm::Domain& domain) {
            return thresholds_.domain_is_includable(domain.bit_score, domain.ln_p, most_dom_z);
          }));
    }
  }
  next_check_ = 2 * hits_.size();
}

void TopHits::sort() {
  const bool by_score = thresholds_.inc_T.has_value();
  const auto key = [by_score](const hmm::Hit& hit) {
    const double badness = by_score ? -static_cast<double>(hit.score) : hit.ln_p;
    const int start = hit.domains.empty() ? 0 : hit.domains.front().alignment.seq_from;
    return std::make_tuple(badness, std::string_view(hit.name), start, hit.target_index);
  };
  std::sort(hits_.begin(), hits_.end(),
            [&](const hmm::Hit& a, const hmm::Hit& b) { return key(a) < key(b); });
}

void TopHits::threshold_domains(hmm::Hit& hit) const {
  hit.n_reported = hit.n_included = 0;
  for (hmm::Domain& domain : hit.domains) {
    domain.reported = thresholds_.domain_is_reportable(domain.bit_score, domain.ln_p, dom_z_);
    domain.included = hit.included && thresholds_.domain_is_includable(domain.bit_score, domain.ln_p, dom_z_);
    hit.n_reported += domain.reported;
    hit.n_included += domain.included;
  }
  if (hit.n_overlaps > 0) drop_duplicate_domains(hit);
}

void TopHits::truncate(size_t n_targets) {
  if (hits_.size() <= n_targets) return;
  hits_.resize(n_targets);
  n_included_ = std::count_if(hits_.begin(), hits_.end(), [](const hmm::Hit& hit) { return hit.included; });
  longest_name_ = longest_accession_ = longest_label_ = 0;
  for (const hmm::Hit& hit : hits_) note_lengths(hit);
}

void TopHits::finish(int64_t n_targets) {
  z_ = thresholds_.Z.value_or(static_cast<double>(n_targets));
  std::erase_if(
      hits_, [&](const hmm::Hit& hit) { return !thresholds_.target_is_reportable(hit.score, hit.ln_p, z_); });
  sort();
  dom_z_ = thresholds_.dom_Z.value_or(static_cast<double>(hits_.size()));
  n_included_ = 0;
  for (hmm::Hit& hit : hits_) {
    hit.reported = true;
    hit.included = thresholds_.target_is_includable(hit.score, hit.ln_p, z_);
    n_included_ += hit.included;
    threshold_domains(hit);
  }
}

}  // namespace foldmesh::search
