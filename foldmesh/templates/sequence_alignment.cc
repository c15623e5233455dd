#include "foldmesh/templates/sequence_alignment.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/blosum62.h"

namespace foldmesh::templates {
namespace {

constexpr int kGapOpen = 11, kGapExtend = 1;  // the first residue of a gap costs both
constexpr int kNever = std::numeric_limits<int>::min() / 2;

// Where each state's score came from, packed into a byte per cell.
enum Step : uint8_t {
  kPair = 0,
  kGapInSecond = 1,
  kGapInFirst = 2,
  kState = 3,
  kExtendSecond = 4,
  kExtendFirst = 8
};

int score(bio::Code a, bio::Code b) {
  if (!bio::is_canonical(a) || !bio::is_canonical(b)) return 0;
  return hmm::kBlosum62[a][b];
}

std::vector<bio::Code> codes_of(std::string_view letters) {
  std::vector<bio::Code> codes;
  for (const char c : letters) {
    const bio::Code code = bio::code_of(c);
    codes.push_back(code == bio::kNoCode ? bio::kX : code);
  }
  return codes;
}

class Table {
 public:
  Table(std::string_view first, std::string_view second)
      : a_(codes_of(first)), b_(codes_of(second)), width_(b_.size() + 1), steps_((a_.size() + 1) * width_) {}

  Mapping best() {
    fill();
    return trace();
  }

 private:
  // best_[j]: of alignments of the first i and the first j residues; in_second_[j]: of those that end with
  // residue i of the first against a gap. Cells at the border keep 0: end gaps are free.
  void fill() {
    std::vector<int> best(width_, 0), in_second(width_, kNever);
    for (size_t i = 1; i <= a_.size(); ++i) {
      int diagonal = best[0], in_first = kNever;
      for (size_t j = 1; j < width_; ++j) {
        uint8_t step = kPair;
        const bool free_a = j == b_.size(), free_b = i == a_.size();
        in_second[j] = gap(best[j], in_second[j], free_a, kExtendSecond, &step);
        in_first = gap(best[j - 1], in_first, free_b, kExtendFirst, &step);
        int here = diagonal + score(a_[i - 1], b_[j - 1]);
        if (in_second[j] > here) {
          here = in_second[j];
          step = static_cast<uint8_t>((step & ~kState) | kGapInSecond);
        }
        if (in_first > here) {
          here = in_first;
          step = static_cast<uint8_t>((step & ~kState) | kGapInFirst);
        }
        diagonal = best[j];
        best[j] = here;
        steps_[i * width_ + j] = step;
      }
    }
  }

  static int gap(int opened_from, int extended_from, bool is_free, uint8_t extend, uint8_t* step) {
    const int opened = opened_from - (is_free ? 0 : kGapOpen + kGapExtend);
    const int extended = extended_from - (is_free ? 0 : kGapExtend);
    if (extended > opened) {
      *step = static_cast<uint8_t>(*step | extend);
      return extended;
    }
    return opened;
  }

  Mapping trace() const {
    Mapping pairs;
    size_t i = a_.size(), j = b_.size();
    while (i > 0 && j > 0) {
      const int state = steps_[i * width_ + j] & kState;
      if (state == kPair) {
        pairs.emplace_back(static_cast<int>(--i), static_cast<int>(--j));
      } else if (state == kGapInSecond) {
        bool more = true;
        while (more && i > 0) more = (steps_[i-- * width_ + j] & kExtendSecond) != 0;
      } else {
        bool more = true;
        while (more && j > 0) more = (steps_[i * width_ + j--] & kExtendFirst) != 0;
      }
    }
    std::reverse(pairs.begin(), pairs.end());
    return pairs;
  }

  std::vector<bio::Code> a_, b_;
  size_t width_;
  std::vector<uint8_t> steps_;
};

}  // namespace

Mapping align(std::string_view first, std::string_view second) {
  constexpr size_t kMostCells = size_t{512} << 20;
  if ((first.size() + 1) > kMostCells / (second.size() + 1)) {
    base::throw_input("sequences of {} and {} residues are too long to be aligned", first.size(),
                      second.size());
  }
  return Table(first, second).best();
}

double e_value(std::string_view first, std::string_view second, const Mapping& pairs) {
  constexpr double kLambda = 0.267, kK = 0.041;
  const std::vector<bio::Code> a = codes_of(first), b = codes_of(second);
  int total = 0;
  for (size_t p = 0; p < pairs.size(); ++p) {
    total += score(a[static_cast<size_t>(pairs[p].first)], b[static_cast<size_t>(pairs[p].second)]);
    if (p == 0) continue;
    for (const int gap :
         {pairs[p].first - pairs[p - 1].first - 1, pairs[p].second - pairs[p - 1].second - 1}) {
      if (gap > 0) total -= kGapOpen + kGapExtend * gap;
    }
  }
  return kK * static_cast<double>(a.size()) * static_cast<double>(b.size()) * std::exp(-kLambda * total);
}

int count_identical(std::string_view first, std::string_view second, const Mapping& pairs) {
  return static_cast<int>(std::count_if(pairs.begin(), pairs.end(), [&](const auto& pair) {
    return first[static_cast<size_t>(pair.first)] == second[static_cast<size_t>(pair.second)];
  }));
}

}  // namespace foldmesh::templates
