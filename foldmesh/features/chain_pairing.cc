#include "foldmesh/features/chain_pairing.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace foldmesh::features {
namespace {

constexpr size_t kMostRowsOfSpecies = 600;

using Rows = std::vector<int32_t>;
using RowsBySpecies = std::map<std::string_view, Rows>;

int64_t equal_columns(const RawFeatures& msa, int32_t row) {
  const auto query = msa.msa.begin();
  const auto other = query + static_cast<ptrdiff_t>(row) * msa.n_res();
  int64_t equal = 0;
  for (ptrdiff_t i = 0; i < msa.n_res(); ++i) equal += query[i] == other[i];
  return equal;
}

RowsBySpecies rows_by_species(const RawFeatures& msa) {
  RowsBySpecies found;
  for (int32_t row = 1; row < msa.n_seq; ++row) {
    const std::string& species = msa.species[static_cast<size_t>(row)];
    if (!species.empty()) found[species].push_back(row);
  }
  return found;
}

void sort_by_similarity(const RawFeatures& msa, Rows& rows) {
  std::map<int32_t, int64_t> similarity;
  for (const int32_t row : rows) similarity[row] = equal_columns(msa, row);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](int32_t a, int32_t b) { return similarity.at(a) > similarity.at(b); });
}

// AlphaFold multiplies 64-bit integers, kNoRow included, and takes the absolute value.
uint64_t product(const Rows& pair) {
  uint64_t result = 1;
  for (const int32_t row : pair) result *= static_cast<uint64_t>(int64_t{row});
  const auto is_negative = result >> 63 != 0;
  return is_negative ? 0 - result : result;
}

size_t n_present(const Rows& pair) {
  return static_cast<size_t>(
      std::count_if(pair.begin(), pair.end(), [](int32_t row) { return row != kNoRow; }));
}

}  // namespace

std::vector<Rows> pair_rows(std::span<const RawFeatures* const> chains) {
  std::vector<RowsBySpecies> by_chain;
  std::map<std::string_view, size_t> n_chains_with;
  for (const RawFeatures* chain : chains) {
    by_chain.push_back(rows_by_species(*chain));
    for (const auto& [species, rows] : by_chain.back()) ++n_chains_with[species];
  }
  std::vector<Rows> pairs = {Rows(chains.size(), 0)};
  for (const auto& [species, n_chains] : n_chains_with) {
    if (n_chains < 2) continue;
    size_t fewest = kMostRowsOfSpecies, most = 0;
    for (const RowsBySpecies& chain : by_chain) {
      const auto found = chain.find(species);
      if (found == chain.end()) continue;
      fewest = std::min(fewest, found->second.size());
      most = std::max(most, found->second.size());
    }
    if (most > kMostRowsOfSpecies) continue;
    const size_t first = pairs.size();
    pairs.resize(first + fewest, Rows(chains.size(), kNoRow));
    for (size_t c = 0; c < chains.size(); ++c) {
      const auto found = by_chain[c].find(species);
      if (found == by_chain[c].end()) continue;
      sort_by_similarity(*chains[c], found->second);
      for (size_t k = 0; k < fewest; ++k) pairs[first + k][c] = found->second[k];
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Rows& a, const Rows& b) {
    const size_t n_a = n_present(a), n_b = n_present(b);
    return n_a != n_b ? n_a > n_b : product(a) < product(b);
  });
  return pairs;
}

}  // namespace foldmesh::features
