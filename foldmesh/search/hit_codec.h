// A hit as bytes: in memory, in temporary files, in the record of finished units and on the way between
// machines.
#ifndef FOLDMESH_SEARCH_HIT_CODEC_H_
#define FOLDMESH_SEARCH_HIT_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "foldmesh/hmm/hit.h"

namespace foldmesh::search {

// Changes whenever the bytes do.
inline constexpr uint32_t kHitFormat = 1;

// What hits are ranked and thresholded by; stands first in the bytes, so that it is found without decoding
// the rest.
struct HitKey {
  double ln_p;
  float score;
  int32_t start;         // of the first domain's alignment
  int64_t target_index;  // ordinal in the database
  std::string_view name;
};

// Appends a hit; flags and marks (reported, included, new, dropped) are not kept.
void append_hit(std::string& out, const hmm::Hit& hit);

// Takes the bytes of the next hit off the front of `bytes`.
std::string_view next_hit(std::string_view& bytes);
// How many bytes the hit has that starts here; 0 when fewer than kHitHead bytes are there.
inline constexpr size_t kHitHead = sizeof(uint32_t);
size_t hit_size(std::string_view bytes);

HitKey key_of(std::string_view hit);
hmm::Hit decode_hit(std::string_view hit);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_HIT_CODEC_H_
