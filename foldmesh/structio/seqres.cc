#include "foldmesh/structio/seqres.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace foldmesh::structio {
namespace {

struct Observed {
  std::vector<std::string> names;  // several where the position is several residues at a time
  int number = 0;
  std::vector<size_t> atoms;
};

std::vector<Observed> residues_of(const std::vector<AtomRecord>& atoms) {
  std::vector<Observed> out;
  std::map<std::pair<int, char>, size_t> index;
  for (size_t a = 0; a < atoms.size(); ++a) {
    const AtomRecord& atom = atoms[a];
    const auto [at, is_new] = index.try_emplace({atom.author_number, atom.insertion_code}, out.size());
    if (is_new) out.push_back({{}, atom.author_number, {}});
    Observed& residue = out[at->second];
    residue.atoms.push_back(a);
    if (std::find(residue.names.begin(), residue.names.end(), atom.component) == residue.names.end()) {
      residue.names.push_back(atom.component);
    }
  }
  return out;
}

bool fits(const Observed& residue, const std::string& name) {
  return std::find(residue.names.begin(), residue.names.end(), name) != residue.names.end();
}

// Places by residue numbers alone: position = number - offset. The usual case.
std::vector<int> by_numbers(const std::vector<std::string>& sequence, const std::vector<Observed>& residues) {
  const int64_t n = std::ssize(sequence);
  int64_t looks_left = int64_t{1} << 27;  // a quarter of a second; only made-up chains need more
  for (int64_t first = 0; first < n && looks_left > 0; ++first) {
    std::vector<int> places;
    for (const Observed& residue : residues) {
      const int64_t at = first + residue.number - residues.front().number;
      --looks_left;
      if (at < first || at >= n || (!places.empty() && at <= places.back()) ||
          !fits(residue, sequence[static_cast<size_t>(at)])) {
        break;
      }
      places.push_back(static_cast<int>(at));
    }
    if (places.size() == residues.size()) return places;
  }
  return {};
}

// The cheapest ascending places, by dynamic programming over (residue, place).
class Placement {
 public:
  Placement(const std::vector<std::string>& sequence, const std::vector<Observed>& residues)
      : sequence_(sequence), residues_(residues), came_from_(sequence.size() * residues.size()) {}

  std::vector<int> best() {
    const size_t n = sequence_.size();
    std::vector<int> cost(n), before(n);
    for (size_t i = 0; i < residues_.size(); ++i) {
      std::swap(cost, before);
      fill_row(i, before, cost);
    }
    const auto last = std::min_element(cost.begin(), cost.end());
    if (last == cost.end() || *last >= kImpossible) return {};
    std::vector<int> places(residues_.size());
    int at = static_cast<int>(last - cost.begin());
    for (size_t i = residues_.size(); i-- > 0;) {
      places[i] = at;
      at = came_from_[i * n + static_cast<size_t>(at)];
    }
    return places;
  }

 private:
  static constexpr int kImpossible = std::numeric_limits<int>::max() / 2;
  static constexpr int kHiddenJump = 3, kJumpAsNumbered = 1, kOtherJump = 2, kUnnumberedJump = 6;

  void fill_row(size_t i, const std::vector<int>& before, std::vector<int>& cost) {
    const Observed& residue = residues_[i];
    const int64_t step = i == 0 ? 0 : int64_t{residue.number} - residues_[i - 1].number;
    const int any_jump = step > 1 ? kOtherJump : kUnnumberedJump;
    int nearest = kImpossible, nearest_at = 0;  // the cheapest place at least two before
    for (size_t j = 0; j < sequence_.size(); ++j) {
      int best = i == 0 ? 0 : kImpossible, from = 0;
      const auto consider = [&](int candidate, int place) {
        if (candidate < best) std::tie(best, from) = std::pair(candidate, place);
      };
      if (i > 0) {
        if (j >= 2 && before[j - 2] < nearest)
          std::tie(nearest, nearest_at) = std::pair(before[j - 2], static_cast<int>(j) - 2);
        if (j >= 1) consider(before[j - 1] + (step > 1 ? kHiddenJump : 0), static_cast<int>(j) - 1);
        if (step > 1 && static_cast<int64_t>(j) >= step) {
          const size_t place = j - static_cast<size_t>(step);
          consider(before[place] + kJumpAsNumbered, static_cast<int>(place));
        }
        consider(nearest + any_jump, nearest_at);
      }
      cost[j] = fits(residue, sequence_[j]) ? std::min(best, kImpossible) : kImpossible;
      came_from_[i * sequence_.size() + j] = from;
    }
  }

  const std::vector<std::string>& sequence_;
  const std::vector<Observed>& residues_;
  std::vector<int> came_from_;
};

}  // namespace

bool place_in_sequence(const std::vector<std::string>& sequence, std::vector<AtomRecord>& atoms) {
  constexpr size_t kMostCells = size_t{1} << 24;  // 64 MiB; longer chains must be numbered well
  const std::vector<Observed> residues = residues_of(atoms);
  if (residues.size() > sequence.size()) return false;
  std::vector<int> places = by_numbers(sequence, residues);
  if (places.empty() && residues.size() * sequence.size() <= kMostCells) {
    places = Placement(sequence, residues).best();
  }
  if (places.empty()) return false;
  for (size_t i = 0; i < residues.size(); ++i) {
    for (const size_t a : residues[i].atoms) atoms[a].position = places[i] + 1;
  }
  return true;
}

}  // namespace foldmesh::structio
