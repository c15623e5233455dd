#include "foldmesh/features/raw_features.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

std::string checked_query(const bio::Sequence& query) {
  std::string letters = query.residues;
  for (size_t i = 0; i < letters.size(); ++i) {
    letters[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(letters[i])));
    if (letters[i] == '-' || bio::hhblits_id(letters[i]) < 0) {
      base::throw_input("query '{}': '{}' at position {} is not a residue (expected letters A-Z)",
                        base::printable(query.name), base::printable(query.residues.substr(i, 1)), i + 1);
    }
  }
  if (letters.empty()) base::throw_input("query '{}' is empty", base::printable(query.name));
  return letters;
}

// Position of the first difference, or npos.
size_t first_difference(std::string_view a, std::string_view b) {
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return at.first == a.end() && at.second == b.end() ? std::string_view::npos
                                                     : static_cast<size_t>(at.first - a.begin());
}

void check_query_row(const MsaInput& input, const std::string& query) {
  if (input.msa.n_seq() == 0) return;
  const std::string& row = input.msa.sequences.front();
  if (row.size() != query.size()) {
    base::throw_input("{}: the first row has {} columns (expected the query's {} residues)", input.path,
                      row.size(), query.size());
  }
  const size_t at = first_difference(row, query);
  if (at != std::string_view::npos) {
    base::throw_input(
        "{}: the first row has '{}' in column {} (expected the query itself, which has '{}' there)",
        input.path, base::printable(row.substr(at, 1)), at + 1, query.substr(at, 1));
  }
}

class Merger {
 public:
  Merger(const bio::Sequence& query, std::string letters) {
    raw_.name = query.name;
    raw_.sequence = std::move(letters);
    const size_t n_res = raw_.sequence.size();
    raw_.residue_index.resize(n_res);
    for (size_t i = 0; i < n_res; ++i) raw_.residue_index[i] = static_cast<int32_t>(i);
    raw_.between_segment_residues.assign(n_res, 0);
    const std::vector<int> no_deletions(n_res, 0);
    add("query", 0, raw_.sequence, no_deletions, query.name);
  }

  MergeCount add(const MsaInput& input) {
    check_query_row(input, raw_.sequence);
    MergeCount count{.path = input.path, .rows = static_cast<int64_t>(input.msa.n_seq())};
    count.considered = std::min(count.rows, max_rows(input.source));
    for (int64_t r = 0; r < count.considered; ++r) {
      const size_t row = static_cast<size_t>(r);
      count.kept += add(input.path, row, input.msa.sequences[row], input.msa.deletion_matrix[row],
                        input.msa.descriptions[row]);
    }
    return count;
  }

  // All rows but the first, which is the query.
  void add_all(const MsaInput& input) {
    if (input.msa.n_seq() == 0)
      base::throw_input("{}: has no rows (expected the query in the first)", input.path);
    check_query_row(input, raw_.sequence);
    for (size_t row = 1; row < input.msa.n_seq(); ++row) {
      seen_.clear();
      add(input.path, row, input.msa.sequences[row], input.msa.deletion_matrix[row],
          input.msa.descriptions[row]);
    }
  }

  RawFeatures take() { return std::move(raw_); }

 private:
  // 1 if the row was new.
  int add(const std::string& path, size_t row, const std::string& aligned, const std::vector<int>& deletions,
          const std::string& description) {
    if (aligned.size() != raw_.sequence.size() || deletions.size() != raw_.sequence.size()) {
      base::throw_input("{}: row {} ({}) has {} columns (expected the query's {} residues)", path, row + 1,
                        base::printable(description), aligned.size(), raw_.sequence.size());
    }
    if (!seen_.insert(aligned).second) return 0;
    for (size_t i = 0; i < aligned.size(); ++i) {
      const int id = bio::hhblits_id(aligned[i]);
      if (id < 0) {
        base::throw_input("{}: row {} ({}): '{}' in column {} is not a residue or gap (expected A-Z or '-')",
                          path, row + 1, base::printable(description), base::printable(aligned.substr(i, 1)),
                          i + 1);
      }
      raw_.msa.push_back(static_cast<uint8_t>(id));
    }
    raw_.deletions.insert(raw_.deletions.end(), deletions.begin(), deletions.end());
    raw_.species.push_back(species_of(description));
    ++raw_.n_seq;
    return 1;
  }

  RawFeatures raw_;
  std::unordered_set<std::string_view> seen_;  // into the inputs, which outlive the merger
};

bool is_alnum(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

// Drops a trailing `_<digits>`.
std::string_view without_numeric_suffix(std::string_view text) {
  const size_t end = text.find_last_not_of("0123456789");
  const bool has_suffix = end != std::string_view::npos && end + 1 < text.size() && text[end] == '_';
  return has_suffix ? text.substr(0, end) : text;
}

}  // namespace

MsaSource msa_source(std::string_view name) {
  const size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  name = name.substr(0, name.find('.'));
  if (name.ends_with("_hits")) name.remove_suffix(5);
  if (name == "uniref90") return MsaSource::kUniref90;
  if (name == "mgnify") return MsaSource::kMgnify;
  for (const std::string_view bfd :
       {"bfd", "small_bfd", "bfd_uniref", "bfd_uniref30", "bfd_uniclust", "bfd_uniclust30"}) {
    if (name == bfd) return MsaSource::kBfd;
  }
  return MsaSource::kOther;
}

int64_t max_rows(MsaSource source) {
  switch (source) {
    case MsaSource::kUniref90:
      return 10'000;
    case MsaSource::kMgnify:
      return 501;
    case MsaSource::kBfd:
    case MsaSource::kOther:
      break;
  }
  return INT64_MAX;
}

MergedMsa merge_msas(const bio::Sequence& query, std::span<const MsaInput> inputs) {
  std::vector<const MsaInput*> ordered;
  for (const MsaInput& input : inputs) ordered.push_back(&input);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const MsaInput* a, const MsaInput* b) { return a->source < b->source; });
  Merger merger(query, checked_query(query));
  MergedMsa merged;
  for (const MsaInput* input : ordered) merged.counts.push_back(merger.add(*input));
  merged.features = merger.take();
  return merged;
}

RawFeatures rows_as_they_are(const bio::Sequence& query, const MsaInput& input) {
  Merger merger(query, checked_query(query));
  merger.add_all(input);
  return merger.take();
}

// UniProt identifiers: `sp|` or `tr|`, an accession of 6-10 letters or digits (with an isoform suffix `_d` at
// times),
// `|`, then an entry name NAME_SPECIES. Small BFD puts another `_<number>` behind it, hits `/from-to`.
std::string species_of(std::string_view description) {
  const size_t start = description.find_first_not_of(" \t\r\n\v\f");
  if (start == std::string_view::npos) return {};
  std::string_view id = description.substr(start);
  id = id.substr(0, id.find_first_of(" \t\r\n\v\f/"));
  if (!id.starts_with("sp|") && !id.starts_with("tr|")) return {};
  id.remove_prefix(3);

  const size_t bar = id.find('|');
  if (bar == std::string_view::npos) return {};
  std::string_view accession = id.substr(0, bar);
  if (accession.size() > 2 && accession[accession.size() - 2] == '_' && std::isdigit(accession.back()) != 0) {
    accession.remove_suffix(2);
  }
  if (accession.size() < 6 || accession.size() > 10 || !is_alnum(accession)) return {};

  const auto split = [](std::string_view entry) -> std::string {
    const size_t underscore = entry.find('_');
    if (underscore == std::string_view::npos || underscore == 0 || !is_alnum(entry.substr(0, underscore)))
      return {};
    const std::string_view species = entry.substr(underscore + 1);
    return !species.empty() && species.size() <= 5 && is_alnum(species) ? std::string(species)
                                                                        : std::string();
  };
  const std::string_view entry = id.substr(bar + 1);
  const std::string species = split(entry);
  return species.empty() ? split(without_numeric_suffix(entry)) : species;
}

}  // namespace foldmesh::features
