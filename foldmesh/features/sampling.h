// The random steps that turn an alignment into one pass' worth of network input (Jumper et al. 2021,
// suppl. 1.2.6-1.2.7): which rows become clusters, which letters are hidden, which other rows are kept.
// Streams of random numbers: docs/formats/rng.md. Letters are residue types of bio/residue_tables.h (gap 21,
// mask 22).
#ifndef FOLDMESH_FEATURES_SAMPLING_H_
#define FOLDMESH_FEATURES_SAMPLING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "foldmesh/base/rng.h"

namespace foldmesh::features {

enum class RandomPurpose : uint8_t {
  kSampleRows = 1,
  kMaskLetters = 2,
  kCropExtra = 3,
  kSampleComplexRows = 4,
  kMaskComplexLetters = 5
};

// The random numbers of one purpose in one pass (0-based).
base::Rng random_stream(uint64_t seed, RandomPurpose purpose, int pass);

struct MsaSample {
  std::vector<int32_t> clusters;  // rows of the alignment; row 0 comes first
  std::vector<int32_t> extra;     // all other rows
};
// n_seq >= 1, max_clusters >= 1. Row 0, then the others in random order; the first max_clusters are clusters.
MsaSample sample_rows(int64_t n_seq, int64_t max_clusters, uint64_t seed, int pass);

struct MaskedMsa {
  std::vector<uint8_t> msa;  // [n_rows, n_res] with replacements
  std::vector<uint8_t>
      is_masked;  // [n_rows, n_res] 1 where a position was selected, even if it kept its letter
};
// Selects every position with probability 0.15 and redraws it: mask token with 0.7, else an amino acid
// uniformly (0.1), a letter of the column's profile (0.1), or the letter itself (0.1). `msa` is [n_rows,
// n_res], `profile` [n_res, 22].
MaskedMsa mask_letters(std::span<const uint8_t> msa, std::span<const float> profile, uint64_t seed, int pass);

// The same for a complex: only positions with `may_mask` [n_rows, n_res] not 0, and from a stream of its own,
// which is used for all positions alike.
MaskedMsa mask_complex_letters(std::span<const uint8_t> msa, std::span<const uint8_t> may_mask,
                               std::span<const float> profile, uint64_t seed, int pass);

// Random order of the extra rows, cut to max_extra.
std::vector<int32_t> crop_extra(std::span<const int32_t> extra, int64_t max_extra, uint64_t seed, int pass);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_SAMPLING_H_
