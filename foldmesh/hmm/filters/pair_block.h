// Targets as the first pass reads them: pairs of residues as rows of a pair table, written once for all
// profiles that look at the targets.
#ifndef FOLDMESH_HMM_FILTERS_PAIR_BLOCK_H_
#define FOLDMESH_HMM_FILTERS_PAIR_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/filters/diagonal_table.h"

namespace foldmesh::hmm {

// Not thread-safe.
class PairBlock {
 public:
  // The targets must stay where they are until the next assign(). Nothing is written yet: there are profiles
  // that need no pairs.
  void assign(std::vector<std::span<const bio::Code>> targets);
  std::span<const std::span<const bio::Code>> targets() const { return targets_; }

  // All targets that are not empty, as groups for pair_maxima(): at most `group_size` (1 to
  // kLargestPairGroup) of about the same length, with their indices.
  using OnGroup = std::function<void(const PairRows& rows, std::span<const uint32_t> indices)>;
  void for_each_group(size_t group_size, const OnGroup& on_group);

 private:
  // Successive targets of `order_` whose rows lie `pitch` apart.
  struct Cluster {
    size_t first, count, offset, pitch;
  };
  void write();
  void sort_by_length();
  void divide();

  std::vector<std::span<const bio::Code>> targets_;
  bool is_written_ = false;
  std::vector<uint32_t> order_;
  std::vector<Cluster> clusters_;
  std::vector<uint16_t> pairs_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FILTERS_PAIR_BLOCK_H_
