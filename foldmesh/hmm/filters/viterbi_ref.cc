// The Viterbi filter written plainly; the definition that faster versions are tested against.
#include <algorithm>
#include <utility>

#include "foldmesh/hmm/filters/viterbi.h"

namespace foldmesh::hmm {
namespace {

constexpr int16_t kImpossible = Profile::kWordImpossible;
constexpr int kWordMax = 32767;

int16_t add(int16_t a, int16_t b) {
  return static_cast<int16_t>(std::clamp(a + b, static_cast<int>(kImpossible), kWordMax));
}

enum { kMatch, kInsert, kDelete };

// Fills a row of match cells from the previous row; returns the highest. Ending from a delete state is left
// out: it could not score better than ending from the match state before it.
int16_t match_row(const Profile& profile, bio::Code x, int16_t begin, const ViterbiScratch& rows,
                  int16_t* __restrict new_m) {
  const TransitionTable<int16_t>& t = profile.word_transitions();
  const int16_t *bm = t.bm.data(), *mm = t.mm.data(), *im = t.im.data(), *dm = t.dm.data();
  const int16_t *m = rows.previous[kMatch].data(), *i = rows.previous[kInsert].data();
  const int16_t *d = rows.previous[kDelete].data(), *score = profile.word_score(x);
  int16_t best = kImpossible;
  for (int k = 1; k <= profile.M(); ++k) {
    const int16_t from_begin_or_match = std::max(add(begin, bm[k]), add(m[k - 1], mm[k]));
    const int16_t from_gap = std::max(add(i[k - 1], im[k]), add(d[k - 1], dm[k]));
    new_m[k] = add(std::max(from_begin_or_match, from_gap), score[k]);
    best = std::max(best, new_m[k]);
  }
  return best;
}

void insert_row(const Profile& profile, const ViterbiScratch& rows, int16_t* __restrict new_i) {
  const TransitionTable<int16_t>& t = profile.word_transitions();
  const int16_t *mi = t.mi.data(), *ii = t.ii.data();
  const int16_t *m = rows.previous[kMatch].data(), *i = rows.previous[kInsert].data();
  for (int k = 1; k <= profile.M(); ++k) new_i[k] = std::max(add(m[k], mi[k]), add(i[k], ii[k]));
}

void delete_row(const Profile& profile, ViterbiScratch& rows) {
  const TransitionTable<int16_t>& t = profile.word_transitions();
  const int16_t* m = rows.current[kMatch].data();
  int16_t* d = rows.current[kDelete].data();
  for (int k = 2; k <= profile.M(); ++k)
    d[k] = std::max(add(m[k - 1], t.md[k - 1]), add(d[k - 1], t.dd[k - 1]));
}

}  // namespace

FilterResult viterbi_filter_ref(const Profile& profile, std::span<const bio::Code> target,
                                ViterbiScratch& scratch) {
  for (int state : {kMatch, kInsert, kDelete}) {
    scratch.previous[state].assign(profile.M() + 1, kImpossible);
    scratch.current[state].assign(profile.M() + 1, kImpossible);
  }
  const int move = profile.word_move(static_cast<int>(target.size()));
  int xj = kImpossible, xc = kImpossible;  // N stays at the base: looping is free
  int begin = Profile::kWordBase + move;
  for (bio::Code x : target) {
    const int16_t end =
        match_row(profile, x, static_cast<int16_t>(begin), scratch, scratch.current[kMatch].data());
    if (end >= kWordMax) return FilterResult::out_of_range();
    insert_row(profile, scratch, scratch.current[kInsert].data());
    delete_row(profile, scratch);
    xc = std::max(xc, end + profile.word_end());
    xj = std::max(xj, end + profile.word_end());
    begin = std::max(xj, Profile::kWordBase) + move;
    std::swap(scratch.previous, scratch.current);
  }
  return viterbi_result(profile, static_cast<int>(target.size()), xc);
}

}  // namespace foldmesh::hmm
