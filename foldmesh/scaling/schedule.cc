#include "foldmesh/scaling/schedule.h"

#include <cstdint>
#include <numeric>

#include "foldmesh/search/search.h"
#include "foldmesh/search/units.h"

namespace foldmesh::scaling {
namespace {

// The ranges of one database; a range's targets are numbers of chunks here.
struct Line {
  std::vector<WorkUnit> chunks;
  std::vector<search::TargetRange> ranges;
  size_t next = 0;
};

// Consecutive chunks together, until there are `residues` of them.
std::vector<search::TargetRange> pieces_of(const std::vector<WorkUnit>& chunks, int64_t residues) {
  std::vector<search::TargetRange> pieces;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (pieces.empty() || pieces.back().n_residues >= residues) {
      pieces.push_back({static_cast<int64_t>(i), 0, 0});
    }
    ++pieces.back().n_targets;
    pieces.back().n_residues += chunks[i].n_residues;
  }
  return pieces;
}

WorkUnit unit_of(const Line& line, const search::TargetRange& range) {
  const auto first = line.chunks.begin() + range.first;
  WorkUnit unit{first->database, 0, range.n_residues};
  for (auto chunk = first; chunk != first + range.n_targets; ++chunk) unit.seconds += chunk->seconds;
  return unit;
}

constexpr int64_t kUsualLength = 350;  // of targets

}  // namespace

std::vector<WorkUnit> scheduled_units(std::span<const WorkUnit> chunks, int times_as_large, int query_length,
                                      int n_workers) {
  std::vector<Line> lines;
  int64_t n_residues = 0;
  for (const WorkUnit& chunk : chunks) {
    if (chunk.database >= lines.size()) lines.resize(chunk.database + 1);
    std::vector<WorkUnit>& copies = lines[chunk.database].chunks;
    copies.insert(copies.end(), static_cast<size_t>(times_as_large), chunk);
    n_residues += chunk.n_residues * times_as_large;
  }
  const size_t unit_bytes =
      search::SearchOptions{}.memory_for(n_workers) / 4 / static_cast<size_t>(n_workers);
  const search::UnitSizes sizes = search::choose_unit_sizes(
      {n_residues, n_residues / kUsualLength, 1, query_length, n_workers, unit_bytes});
  for (Line& line : lines) line.ranges = search::tapered(pieces_of(line.chunks, sizes.smallest), sizes);

  std::vector<WorkUnit> units;
  for (;;) {
    Line* best = nullptr;
    for (Line& line : lines) {
      if (line.next == line.ranges.size()) continue;
      if (best == nullptr || line.ranges[line.next].n_residues > best->ranges[best->next].n_residues) {
        best = &line;
      }
    }
    if (best == nullptr) return units;
    units.push_back(unit_of(*best, best->ranges[best->next++]));
  }
}

}  // namespace foldmesh::scaling
