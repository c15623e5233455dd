#include "foldmesh/predict/chain_order.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "foldmesh/base/error.h"

namespace foldmesh::predict {
namespace {

// One letter for as many chains as a PDB file can tell apart.
std::string letter(size_t index) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return index < kLetters.size() ? std::string(1, kLetters[index]) : fmt::format("C{}", index + 1);
}

template <typename T>
void reorder(std::vector<T>& values, const std::vector<size_t>& from) {
  std::vector<T> result;
  for (const size_t i : from) result.push_back(std::move(values[i]));
  values = std::move(result);
}

void reorder_matrix(std::vector<double>& matrix, const std::vector<size_t>& from) {
  if (matrix.empty()) return;
  std::vector<double> result;
  result.reserve(matrix.size());
  for (const size_t i : from) {
    for (const size_t j : from) result.push_back(matrix[i * from.size() + j]);
  }
  matrix = std::move(result);
}

}  // namespace

void name_chains(const ChainNames* names, std::span<const int32_t> asym_id, bool as_alphafold,
                 Prediction* prediction) {
  bio::Structure& structure = prediction->structure;
  std::vector<int32_t> numbers(asym_id.begin(), asym_id.end());
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const size_t n_chains = numbers.size();
  if (names != nullptr && names->ids.size() != n_chains) {
    base::throw_internal("{} names for {} chains", names->ids.size(), n_chains);
  }
  // place[c]: where chain c of the network's order goes.
  std::vector<size_t> place(n_chains);
  std::iota(place.begin(), place.end(), size_t{0});
  structure.chain_ids.assign(n_chains, "");
  for (size_t c = 0; c < n_chains; ++c) {
    if (names != nullptr && !as_alphafold) place[c] = static_cast<size_t>(names->input_order[c]);
    structure.chain_ids[place[c]] = as_alphafold       ? letter(c + 1)
                                    : names != nullptr ? names->ids[c]
                                                       : letter(c);
  }
  std::vector<size_t> residues(asym_id.size());
  std::iota(residues.begin(), residues.end(), size_t{0});
  const auto place_of = [&](size_t i) {
    return place[static_cast<size_t>(std::lower_bound(numbers.begin(), numbers.end(), asym_id[i]) -
                                     numbers.begin())];
  };
  std::stable_sort(residues.begin(), residues.end(),
                   [&](size_t a, size_t b) { return place_of(a) < place_of(b); });
  structure.chain_index.clear();
  for (const size_t i : residues) structure.chain_index.push_back(static_cast<int>(place_of(i)));
  reorder(structure.aatype, residues);
  reorder(structure.atom_position, residues);
  reorder(structure.atom_mask, residues);
  reorder(structure.residue_index, residues);
  reorder(structure.plddt, residues);
  reorder(prediction->plddt, residues);
  reorder_matrix(prediction->contact_probability, residues);
  if (!prediction->aligned_error) return;
  reorder_matrix(prediction->aligned_error->pae, residues);
  if (!prediction->aligned_error->chain_pairs) return;
  std::vector<size_t> chains(n_chains);
  for (size_t c = 0; c < n_chains; ++c) chains[place[c]] = c;
  confidence::ChainPairs& pairs = *prediction->aligned_error->chain_pairs;
  if (pairs.n_chains != n_chains) {  // padding counted as a chain
    prediction->aligned_error->chain_pairs.reset();
    return;
  }
  for (std::vector<double>* matrix : {&pairs.iptm, &pairs.mean_pae, &pairs.min_pae}) {
    reorder_matrix(*matrix, chains);
  }
}

}  // namespace foldmesh::predict
