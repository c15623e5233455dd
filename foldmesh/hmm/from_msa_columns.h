// The steps of building a model from an alignment that look at its columns and rows only: digital form,
// relative weights, fragments, choice of match columns. Internal to build_from_msa().
#ifndef FOLDMESH_HMM_FROM_MSA_COLUMNS_H_
#define FOLDMESH_HMM_FROM_MSA_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/bio/msa.h"

namespace foldmesh::hmm {

// An alignment in alphabet codes, row by row.
struct DigitalMsa {
  size_t n_seq = 0, n_columns = 0;
  std::vector<bio::Code> codes;  // [n_seq][n_columns]

  const bio::Code* row(size_t i) const { return codes.data() + i * n_columns; }
  bio::Code* row(size_t i) { return codes.data() + i * n_columns; }
};

// Throws kInput, naming the alignment and the row, for unequal row lengths, characters outside the alphabet,
// and missing-data symbols ('~') anywhere but at the ends of a row.
DigitalMsa digitize(const bio::Msa& msa);

// Identity of the alignment as HMM files record it: Jenkins' one-at-a-time hash over all codes, row by row.
uint32_t checksum(const DigitalMsa& msa);

// [n_columns] true where the reference annotation holds something other than a gap.
std::vector<bool> reference_columns(const bio::Msa& msa);

// Position-based weights (Henikoff & Henikoff 1994), which sum to n_seq. Only consensus columns count: those
// given, or, when `consensus` is empty, those where under half of the rows have a gap.
std::vector<double> position_based_weights(const DigitalMsa& msa, std::vector<bool> consensus);

// A row with at most `threshold` * n_columns residues is a fragment: its leading and trailing gaps become
// missing data. Returns which rows are.
std::vector<bool> mark_fragments(DigitalMsa& msa, double threshold);

// [n_columns] true where the weighted fraction of residues is at least `symfrac`. Expects fragments marked.
std::vector<bool> columns_by_residue_fraction(const DigitalMsa& msa, const std::vector<double>& weights,
                                              double symfrac);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FROM_MSA_COLUMNS_H_
