#include "foldmesh/confidence/confidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "foldmesh/base/error.h"

namespace foldmesh::confidence {
namespace {

using tensor::ConstView;
using tensor::DType;

constexpr double kNormaliserEpsilon = 1e-8;

void check(const ConstView& logits, size_t rank, int64_t n_bins) {
  const bool floating = logits.dtype == DType::kF32 || logits.dtype == DType::kF64;
  const bool square = rank != 3 || (logits.shape.size() == 3 && logits.shape[0] == logits.shape[1]);
  if (!floating || !square || logits.shape.size() != rank || logits.shape.back() != n_bins) {
    base::throw_internal("confidence: logits of shape {} (expected {} bins)", tensor::to_string(logits.shape),
                         n_bins);
  }
}

// Softmax of the `row`-th group of N logits.
template <size_t N>
std::array<double, N> probabilities(const ConstView& logits, int64_t row) {
  std::array<double, N> p;
  const int64_t start = row * static_cast<int64_t>(N);
  if (logits.dtype == DType::kF32) {
    std::copy_n(logits.as<float>() + start, N, p.begin());
  } else {
    std::copy_n(logits.as<double>() + start, N, p.begin());
  }
  const double highest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - highest);
  for (double& x : p) x /= sum;
  return p;
}

template <size_t N>
double dot(const std::array<double, N>& a, const std::array<double, N>& b) {
  double sum = 0;
  for (size_t k = 0; k < N; ++k) sum += a[k] * b[k];
  return sum;
}

using ErrorBins = std::array<double, kAlignedErrorBins>;

// The breaks are 0, 0.5, ... 31, and a bin's centre lies 0.25 above its lower edge, the open last bin's too.
ErrorBins error_bin_centres() {
  ErrorBins centres;
  for (int k = 0; k < kAlignedErrorBins; ++k) centres[static_cast<size_t>(k)] = 0.25 + 0.5 * k;
  return centres;
}

// 1 / (1 + (e / d0)^2) at the bin centres; d0 of Zhang and Skolnick 2004, which needs more than 18 residues.
ErrorBins tm_terms(int64_t n_res) {
  const double clipped = static_cast<double>(std::max<int64_t>(n_res, 19));
  const double d0 = 1.24 * std::cbrt(clipped - 15.0) - 1.8;
  ErrorBins terms = error_bin_centres();
  for (double& x : terms) x = 1.0 / (1.0 + x * x / (d0 * d0));
  return terms;
}

// Means over the residues that one alignment is judged by.
struct RowScore {
  double all = 0, interface = 0;
};

// What one residue, as the one that is aligned, has to say about each chain.
struct ChainRow {
  double tm_sum = 0, pae_sum = 0, min_pae = kMaxAlignedError;
};

class ChainTable {
 public:
  // Chains of residues by their place among the numbers that occur.
  explicit ChainTable(std::span<const int32_t> asym_id) {
    std::vector<int32_t> numbers(asym_id.begin(), asym_id.end());
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    sizes_.resize(numbers.size());
    for (const int32_t id : asym_id) {
      const auto at = std::lower_bound(numbers.begin(), numbers.end(), id) - numbers.begin();
      chain_.push_back(static_cast<size_t>(at));
      ++sizes_[chain_.back()];
    }
    for (size_t a = 0; a < n_chains(); ++a) {
      for (size_t b = 0; b < n_chains(); ++b)
        terms_.push_back(tm_terms(a == b ? sizes_[a] : sizes_[a] + sizes_[b]));
    }
    rows_.resize(asym_id.size() * n_chains());
  }
  size_t n_chains() const { return sizes_.size(); }

  // Rows of different residues may be filled at the same time.
  void add(int64_t i, int64_t j, const ErrorBins& probabilities, double pae) {
    const size_t own = chain_[static_cast<size_t>(i)], other = chain_[static_cast<size_t>(j)];
    ChainRow& row = rows_[static_cast<size_t>(i) * n_chains() + other];
    row.tm_sum += dot(probabilities, terms_[own * n_chains() + other]);
    row.pae_sum += pae;
    row.min_pae = std::min(row.min_pae, pae);
  }

  ChainPairs pairs() const {
    const size_t n = n_chains();
    ChainPairs result{n, std::vector<double>(n * n), std::vector<double>(n * n),
                      std::vector<double>(n * n, kMaxAlignedError)};
    for (size_t i = 0; i < chain_.size(); ++i) {
      for (size_t other = 0; other < n; ++other) {
        const ChainRow& row = rows_[i * n + other];
        const size_t own = chain_[i], at = own * n + other;
        const auto size = static_cast<double>(sizes_[other]);
        const double score = row.tm_sum / (kNormaliserEpsilon + size);
        for (const size_t both : {at, other * n + own})
          result.iptm[both] = std::max(result.iptm[both], score);
        result.mean_pae[at] += row.pae_sum / (size * static_cast<double>(sizes_[own]));
        result.min_pae[at] = std::min(result.min_pae[at], row.min_pae);
      }
    }
    return result;
  }

 private:
  std::vector<size_t> chain_;     // by residue
  std::vector<int64_t> sizes_;    // by chain
  std::vector<ErrorBins> terms_;  // by pair of chains
  std::vector<ChainRow> rows_;    // [n_res, n_chains]
};

double best(const std::vector<RowScore>& rows, double RowScore::*score) {
  double highest = 0;
  for (const RowScore& row : rows) highest = std::max(highest, row.*score);
  return highest;
}

}  // namespace

std::vector<double> plddt(const ConstView& logits) {
  check(logits, 2, kPlddtBins);
  std::vector<double> out(static_cast<size_t>(logits.dim(0)));
  for (size_t i = 0; i < out.size(); ++i) {
    const std::array<double, kPlddtBins> p = probabilities<kPlddtBins>(logits, static_cast<int64_t>(i));
    double sum = 0;
    for (int k = 0; k < kPlddtBins; ++k) sum += p[static_cast<size_t>(k)] * ((k + 0.5) / kPlddtBins);
    out[i] = 100.0 * sum;
  }
  return out;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}

AlignedError aligned_error(const ConstView& logits, std::span<const int32_t> asym_id,
                           base::ThreadPool& pool) {
  check(logits, 3, kAlignedErrorBins);
  const int64_t n_res = logits.dim(0);
  if (!asym_id.empty() && static_cast<int64_t>(asym_id.size()) != n_res) {
    base::throw_internal("confidence: {} chain numbers for {} residues", asym_id.size(), n_res);
  }
  const ErrorBins centres = error_bin_centres(), terms = tm_terms(n_res);
  AlignedError out;
  out.pae.resize(static_cast<size_t>(n_res * n_res));
  std::vector<RowScore> rows(static_cast<size_t>(n_res));
  const bool several_chains =
      std::any_of(asym_id.begin(), asym_id.end(), [&](int32_t id) { return id != asym_id[0]; });
  std::optional<ChainTable> chains;
  if (several_chains) chains.emplace(asym_id);
  pool.parallel_for(n_res, [&](int64_t i, int) {
    double sum = 0, interface_sum = 0;
    int64_t n_interface = 0;
    for (int64_t j = 0; j < n_res; ++j) {
      const ErrorBins p = probabilities<kAlignedErrorBins>(logits, i * n_res + j);
      out.pae[i * n_res + j] = dot(p, centres);
      if (chains) chains->add(i, j, p, out.pae[i * n_res + j]);
      const double term = dot(p, terms);
      sum += term;
      if (!asym_id.empty() && asym_id[i] != asym_id[j]) {
        interface_sum += term;
        ++n_interface;
      }
    }
    rows[i] = {sum / (kNormaliserEpsilon + static_cast<double>(n_res)),
               interface_sum / (kNormaliserEpsilon + static_cast<double>(n_interface))};
  });
  out.ptm = best(rows, &RowScore::all);
  if (several_chains) {
    out.iptm = best(rows, &RowScore::interface);
    out.chain_pairs = chains->pairs();
  }
  return out;
}

std::vector<double> contact_probability(const ConstView& logits, base::ThreadPool& pool) {
  check(logits, 3, kDistogramBins);
  constexpr double kFirstBreak = 2.3125, kLastBreak = 21.6875;
  constexpr double kStep = (kLastBreak - kFirstBreak) / (kDistogramBins - 2);
  int n_contact_bins = 0;
  while (kFirstBreak + kStep * n_contact_bins <= kContactDistance) ++n_contact_bins;

  const int64_t n_res = logits.dim(0);
  std::vector<double> out(static_cast<size_t>(n_res * n_res));
  pool.parallel_for(n_res, [&](int64_t i, int) {
    for (int64_t j = 0; j < n_res; ++j) {
      const std::array<double, kDistogramBins> p = probabilities<kDistogramBins>(logits, i * n_res + j);
      double sum = 0;
      for (int k = 0; k < n_contact_bins; ++k) sum += p[static_cast<size_t>(k)];
      out[i * n_res + j] = std::min(sum, 1.0);
    }
  });
  return out;
}

double ranking_confidence(std::span<const double> plddt, const std::optional<AlignedError>& error) {
  if (error && error->iptm) return 0.8 * *error->iptm + 0.2 * error->ptm;
  return mean(plddt);
}

}  // namespace foldmesh::confidence
