#include "foldmesh/hmm/from_msa_columns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/from_msa_sample.h"

namespace foldmesh::hmm {
namespace {

using bio::Code;

// Position-based weighting has its own idea of a fragment, and of which columns are consensus.
constexpr double kWeightingFragmentThreshold = 0.5, kWeightingGapFraction = 0.5;
// Alignments deeper than this look for their consensus columns in a sample first.
constexpr size_t kSampleAbove = 50000, kSampleSize = 10000, kMaxFragmentsInSample = 5000;

struct Span {
  size_t from = 0, to = 0;  // [from, to)
  size_t size() const { return to - from; }
};

// From the first residue to the last; empty for a row without residues.
Span residue_span(const Code* row, size_t n_columns) {
  Span span{0, n_columns};
  while (span.from < n_columns && !bio::is_residue(row[span.from])) ++span.from;
  while (span.to > span.from && !bio::is_residue(row[span.to - 1])) --span.to;
  return span;
}

using ColumnCounts = std::vector<std::array<int, bio::kNumCodes>>;

// Adds one row; a row of short span counts inside its span only.
// Returns whether it was such a fragment.
bool add_row(const DigitalMsa& msa, size_t i, ColumnCounts& counts) {
  const Code* row = msa.row(i);
  Span span = residue_span(row, msa.n_columns);
  const double shortest = std::ceil(kWeightingFragmentThreshold * static_cast<double>(msa.n_columns));
  const bool fragment = static_cast<double>(span.size()) < shortest;
  if (!fragment) span = {0, msa.n_columns};
  for (size_t column = span.from; column < span.to; ++column) ++counts[column][row[column]];
  return fragment;
}

// Columns where gaps are a minority among gaps and residues; all columns when there is no such column.
std::vector<bool> columns_with_few_gaps(const ColumnCounts& counts) {
  std::vector<bool> chosen(counts.size());
  for (size_t column = 0; column < counts.size(); ++column) {
    int total = 0;
    for (Code code = 0; code <= bio::kX; ++code) total += counts[column][code];
    chosen[column] = static_cast<float>(counts[column][bio::kGap]) / static_cast<float>(total) <
                     static_cast<float>(kWeightingGapFraction);
  }
  if (std::find(chosen.begin(), chosen.end(), true) == chosen.end()) chosen.assign(chosen.size(), true);
  return chosen;
}

// Consensus columns of a very deep alignment from a sample of its rows; empty when the sample is mostly
// fragments.
std::vector<bool> sampled_consensus(const DigitalMsa& msa) {
  ColumnCounts counts(msa.n_columns);
  size_t n_fragments = 0;
  for (size_t i : sample_rows(msa.n_seq, kSampleSize)) n_fragments += add_row(msa, i, counts);
  if (n_fragments > kMaxFragmentsInSample) return {};
  return columns_with_few_gaps(counts);
}

double kahan_sum(const std::vector<double>& values) {
  double sum = 0, lost = 0;
  for (double value : values) {
    const double y = value - lost, next = sum + y;
    lost = (next - sum) - y;
    sum = next;
  }
  return sum;
}

}  // namespace

DigitalMsa digitize(const bio::Msa& msa) {
  const std::string label = msa.name.empty() ? "alignment" : "alignment " + base::printable(msa.name);
  DigitalMsa digital;
  digital.n_seq = msa.rows.size();
  digital.n_columns = msa.n_columns();
  digital.codes.reserve(digital.n_seq * digital.n_columns);
  for (const bio::MsaRow& row : msa.rows) {
    const std::string row_name = base::printable(row.name);
    if (row.aligned.size() != digital.n_columns) {
      base::throw_input("{}: row {} has {} columns (expected {})", label, row_name, row.aligned.size(),
                        digital.n_columns);
    }
    for (char symbol : row.aligned) {
      const Code code = bio::code_of(symbol);
      if (code == bio::kNoCode) {
        base::throw_input("{}: row {} contains '{}' (expected residues and gaps)", label, row_name,
                          base::printable(std::string_view(&symbol, 1)));
      }
      digital.codes.push_back(code);
    }
    const Code* begin = digital.codes.data() + (digital.codes.size() - digital.n_columns);
    const Code* end = begin + digital.n_columns;
    while (begin < end && *begin == bio::kMissing) ++begin;
    while (begin < end && end[-1] == bio::kMissing) --end;
    if (std::find(begin, end, bio::kMissing) != end) {
      base::throw_input("{}: row {} has missing data ('~') inside (expected at its ends only)", label,
                        row_name);
    }
  }
  return digital;
}

uint32_t checksum(const DigitalMsa& msa) {
  uint32_t hash = 0;
  for (Code code : msa.codes) {
    hash += code;
    hash += hash << 10;
    hash ^= hash >> 6;
  }
  hash += hash << 3;
  hash ^= hash >> 11;
  hash += hash << 15;
  return hash;
}

std::vector<bool> reference_columns(const bio::Msa& msa) {
  std::vector<bool> is_match(msa.rf.size());
  for (size_t column = 0; column < msa.rf.size(); ++column) {
    is_match[column] = bio::code_of(msa.rf[column]) != bio::kGap;
  }
  return is_match;
}

std::vector<double> position_based_weights(const DigitalMsa& msa, std::vector<bool> consensus) {
  if (msa.n_seq == 1) return {1.0};
  if (consensus.empty() && msa.n_seq > kSampleAbove) consensus = sampled_consensus(msa);

  ColumnCounts counts(msa.n_columns);
  for (size_t i = 0; i < msa.n_seq; ++i) add_row(msa, i, counts);
  if (consensus.empty()) consensus = columns_with_few_gaps(counts);

  std::vector<int> n_distinct(msa.n_columns);
  for (size_t column = 0; column < msa.n_columns; ++column) {
    for (Code code = 0; code < bio::kNumCanonical; ++code) n_distinct[column] += counts[column][code] > 0;
  }
  std::vector<double> weights(msa.n_seq);
  for (size_t i = 0; i < msa.n_seq; ++i) {
    const Code* row = msa.row(i);
    int n_used = 0;
    for (size_t column = 0; column < msa.n_columns; ++column) {
      if (!consensus[column] || !bio::is_canonical(row[column])) continue;
      weights[i] += 1.0 / (n_distinct[column] * counts[column][row[column]]);
      ++n_used;
    }
    if (n_used > 0) weights[i] /= n_used;
  }
  const double sum = kahan_sum(weights);
  for (double& weight : weights) {
    weight = sum == 0 ? 1.0 : weight / sum * static_cast<double>(msa.n_seq);
  }
  return weights;
}

std::vector<bool> mark_fragments(DigitalMsa& msa, double threshold) {
  std::vector<bool> is_fragment(msa.n_seq);
  for (size_t i = 0; i < msa.n_seq; ++i) {
    Code* row = msa.row(i);
    const auto n_residues = std::count_if(row, row + msa.n_columns, bio::is_residue);
    is_fragment[i] = static_cast<double>(n_residues) <= threshold * static_cast<double>(msa.n_columns);
    if (!is_fragment[i]) continue;
    const Span span = residue_span(row, msa.n_columns);
    std::fill(row, row + span.from, bio::kMissing);
    std::fill(row + span.to, row + msa.n_columns, bio::kMissing);
  }
  return is_fragment;
}

std::vector<bool> columns_by_residue_fraction(const DigitalMsa& msa, const std::vector<double>& weights,
                                              double symfrac) {
  std::vector<float> residues(msa.n_columns), total(msa.n_columns);
  for (size_t i = 0; i < msa.n_seq; ++i) {
    const Code* row = msa.row(i);
    for (size_t column = 0; column < msa.n_columns; ++column) {
      const bool residue = bio::is_residue(row[column]);
      // Single precision on purpose: a column exactly at the threshold must fall on the reference's side.
      if (residue) residues[column] = static_cast<float>(residues[column] + weights[i]);
      if (residue || row[column] == bio::kGap) total[column] = static_cast<float>(total[column] + weights[i]);
    }
  }
  std::vector<bool> is_match(msa.n_columns);
  for (size_t column = 0; column < msa.n_columns; ++column) {
    is_match[column] =
        residues[column] > 0 && residues[column] / total[column] >= static_cast<float>(symfrac);
  }
  return is_match;
}

}  // namespace foldmesh::hmm
