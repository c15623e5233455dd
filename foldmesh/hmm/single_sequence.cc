// The model of one sequence: each node emits what BLOSUM62 says its residue is replaced by, and gaps cost the
// same everywhere. Source: HMMER 3.4 behaviour; Altschul 1991 for reading a score matrix as joint
// probabilities.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/blosum62.h"
#include "foldmesh/hmm/build.h"

namespace foldmesh::hmm {
namespace {

constexpr int K = bio::kNumCanonical;
using Row = std::array<double, K>;

// Sum over residue pairs of f_a f_b exp(lambda s_ab), minus 1, and its derivative in lambda.
struct Excess {
  double value, slope;
};

Excess excess(double lambda) {
  Excess at{-1.0, 0.0};
  for (int a = 0; a < K; ++a) {
    for (int b = 0; b < K; ++b) {
      const double s = kBlosum62[a][b];
      const double p = static_cast<double>(kBackground[a]) * kBackground[b] * std::exp(lambda * s);
      at.value += p;
      at.slope += s * p;
    }
  }
  return at;
}

// The scale at which the scores are log-odds of a probability distribution: excess(lambda) = 0, lambda > 0.
double solve_scale() {
  int max_score = 0;
  for (const auto& row : kBlosum62)
    max_score = std::max<int>(max_score, *std::max_element(row.begin(), row.end()));
  double lambda = 1.0 / max_score;
  while (excess(lambda).value <= 0) lambda *= 2;
  double step;
  do {
    const Excess at = excess(lambda);
    step = at.value / at.slope;
    lambda -= step;
  } while (std::abs(step) >= 1e-12 + 1e-12 * lambda);
  return lambda;
}

// conditional[x][b]: probability of b where the query has code x. A degenerate code is the union of its
// members. Rows are divided by their own marginals, which are close to but not the background; a stop's row
// is zero.
std::array<Row, bio::kNumCodes> conditional_probabilities() {
  const double lambda = solve_scale();
  std::array<Row, bio::kNumCodes> table{};
  for (bio::Code x = 0; x < bio::kNumCodes; ++x) {
    double marginal = 0;
    for (int b = 0; b < K; ++b) {
      for (bio::Code a : bio::members(x)) {
        table[x][b] +=
            static_cast<double>(kBackground[a]) * kBackground[b] * std::exp(lambda * kBlosum62[a][b]);
      }
      marginal += table[x][b];
    }
    if (marginal > 0) {
      for (double& p : table[x]) p /= marginal;
    }
  }
  return table;
}

std::vector<bio::Code> digitize_query(const bio::Sequence& query) {
  std::vector<bio::Code> codes(query.residues.size());
  for (size_t i = 0; i < codes.size(); ++i) {
    codes[i] = bio::code_of(query.residues[i]);
    if (!bio::is_residue(codes[i]) && codes[i] != bio::kStop) {
      base::throw_input("query '{}': '{}' at position {} is no residue (expected a letter or '*')",
                        base::printable(query.name), base::printable(query.residues.substr(i, 1)), i + 1);
    }
  }
  if (std::none_of(codes.begin(), codes.end(), bio::is_residue)) {
    base::throw_input("query '{}' has no residues", base::printable(query.name));
  }
  return codes;
}

char consensus_symbol(bio::Code x, const std::array<float, K>& emissions) {
  const char symbol = bio::symbol_of(x);
  const bool strong = bio::is_canonical(x) && emissions[x] >= 0.5f;
  return strong ? symbol : static_cast<char>(std::tolower(static_cast<unsigned char>(symbol)));
}

}  // namespace

CoreModel build_from_sequence(const bio::Sequence& query, const SingleSequenceOptions& options) {
  static const std::array<Row, bio::kNumCodes> conditional = conditional_probabilities();
  const std::vector<bio::Code> codes = digitize_query(query);

  CoreModel model;
  model.name = query.name;
  model.accession = query.accession;
  model.description = query.description;
  model.M = static_cast<int>(codes.size());
  model.mat.resize(codes.size() + 1);
  model.ins.assign(codes.size() + 1, kBackground);
  model.mat[0] = {1.0f};

  const double open = options.gap_open, extend = options.gap_extend;
  const auto f = [](double p) { return static_cast<float>(p); };
  const std::array<float, 7> inner = {f(1 - 2 * open), f(open),       f(open),  f(1 - extend),
                                      f(extend),       f(1 - extend), f(extend)};
  model.t.assign(codes.size() + 1, inner);
  model.t.back() = {f(1 - open), f(open), 0.0f, f(1 - extend), f(extend), 1.0f, 0.0f};

  for (int k = 1; k <= model.M; ++k) {
    const bio::Code x = codes[k - 1];
    std::transform(conditional[x].begin(), conditional[x].end(), model.mat[k].begin(), f);
    model.consensus.push_back(consensus_symbol(x, model.mat[k]));
  }
  model.n_seq = 1;
  model.eff_n_seq = 1;
  model.command_line = {"[HMM created from a query sequence]"};
  set_composition(model);
  calibrate(model, options.seed);
  return model;
}

}  // namespace foldmesh::hmm
