#include "foldmesh/hmm/from_msa_counts.h"

#include <algorithm>
#include <utility>

namespace foldmesh::hmm {
namespace {

using bio::Code;

enum class State : uint8_t { kBegin, kMatch, kInsert, kDelete, kUnknown, kEnd };

struct Step {
  State state;
  int node;
  Code residue;
};
using Path = std::vector<Step>;

// A run of missing data becomes one kUnknown step.
void path_of_row(const Code* row, const std::vector<bool>& is_match, Path& path) {
  path.assign(1, {State::kBegin, 0, bio::kGap});
  int node = 0;
  for (size_t column = 0; column < is_match.size(); ++column) {
    const Code code = row[column];
    node += is_match[column];
    if (code == bio::kMissing) {
      if (path.back().state != State::kUnknown) path.push_back({State::kUnknown, node, code});
    } else if (code != bio::kGap) {
      path.push_back({is_match[column] ? State::kMatch : State::kInsert, node, code});
    } else if (is_match[column]) {
      path.push_back({State::kDelete, node, code});
    }
  }
  path.push_back({State::kEnd, node, bio::kGap});
}

// Replaces each delete-insert and insert-delete pair, from left to right, by a match of the inserted residue.
void join_adjacent_indels(Path& path) {
  size_t out = 0;
  for (size_t in = 0; in < path.size(); ++in, ++out) {
    const Step here = path[in];
    if (in + 1 < path.size()) {
      const Step next = path[in + 1];
      const bool di = here.state == State::kDelete && next.state == State::kInsert;
      const bool id = here.state == State::kInsert && next.state == State::kDelete;
      if (di || id) {
        path[out] =
            di ? Step{State::kMatch, here.node, next.residue} : Step{State::kMatch, next.node, here.residue};
        ++in;
        continue;
      }
    }
    path[out] = here;
  }
  path.resize(out);
}

// The part of a path to count: [first, last). A fragment's path starts at its first match state and stops
// before its last one, whose emission and outgoing transition are left out as HMMER does.
std::pair<size_t, size_t> counted_range(const Path& path) {
  const auto is_match = [](const Step& step) { return step.state == State::kMatch; };
  size_t first = 0, last = path.size() - 1;
  if (path[1].state == State::kUnknown) {
    first = static_cast<size_t>(std::find_if(path.begin(), path.end(), is_match) - path.begin());
  }
  if (path[last - 1].state == State::kUnknown) {
    const auto final_match = std::find_if(path.rbegin(), path.rend(), is_match);
    last = static_cast<size_t>(path.rend() - final_match);
    last -= last > 0;
  }
  return {first, last};
}

void add_residue(std::array<float, bio::kNumCanonical>& counts, Code residue, float weight) {
  const std::vector<Code>& members = bio::members(residue);
  for (Code member : members) counts[member] += weight / static_cast<float>(members.size());
}

// B -> M_1, I_0, D_1 count as MM, MI, MD of node 0; X -> E counts like X -> M.
int transition_between(State from, State to) {
  const bool to_match = to == State::kMatch || to == State::kEnd;
  switch (from) {
    case State::kInsert:
      return to_match ? kIM : kII;
    case State::kDelete:
      return to_match ? kDM : kDD;
    default:
      return to_match ? kMM : to == State::kInsert ? kMI : kMD;
  }
}

void count_path(const Path& path, float weight, CoreModel& counts) {
  const auto [first, last] = counted_range(path);
  for (size_t i = first; i < last; ++i) {
    const Step here = path[i];
    if (here.state == State::kUnknown) continue;
    if (here.state == State::kMatch) add_residue(counts.mat[here.node], here.residue, weight);
    if (here.state == State::kInsert) add_residue(counts.ins[here.node], here.residue, weight);
    const State next = path[i + 1].state;
    if (next != State::kUnknown) counts.t[here.node][transition_between(here.state, next)] += weight;
  }
}

}  // namespace

CoreModel count_events(const DigitalMsa& msa, const std::vector<double>& weights,
                       const std::vector<bool>& is_match) {
  CoreModel counts;
  counts.M = static_cast<int>(std::count(is_match.begin(), is_match.end(), true));
  counts.mat.resize(counts.M + 1);
  counts.ins.resize(counts.M + 1);
  counts.t.resize(counts.M + 1);
  Path path;
  for (size_t i = 0; i < msa.n_seq; ++i) {
    path_of_row(msa.row(i), is_match, path);
    join_adjacent_indels(path);
    count_path(path, static_cast<float>(weights[i]), counts);
  }
  return counts;
}

}  // namespace foldmesh::hmm
