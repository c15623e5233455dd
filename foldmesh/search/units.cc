#include "foldmesh/search/units.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace foldmesh::search {
namespace {

// Enough survivors come out of this many residues to share vectors; more would only come back later.
constexpr int64_t kMostResidues = int64_t{8} << 20;
// Of a FASTA file, whose size may be small: nobody knows how much is left, so blocks cannot shrink at the
// end.
constexpr int64_t kBlockResidues = int64_t{1} << 19;
constexpr int kNodesPerGroup = 8192;
constexpr size_t kQueriesPerGroup = 32;
// Below so many cells (residues times nodes), less than a millisecond, handing out units costs too much, and
// in small units few survivors are there to share vectors; with more than so many, one unit keeps the others
// waiting at the end.
constexpr int64_t kFewestCells = int64_t{1} << 27, kMostCells = int64_t{1} << 36;
constexpr int64_t kFewestResidues = 16 * 1024;
// A hit takes so many bytes, and so many for every residue of its target.
constexpr int64_t kHitBytes = 200, kHitBytesPerResidue = 3;
constexpr int64_t kShortTarget = 40;      // residues; where the mean length is not known, or is less
constexpr int64_t kMostRanges = 1 << 17;  // of one database; bounds the list
constexpr int64_t kRangesPerWorker = 2;   // that are left when ranges begin to shrink
constexpr int64_t kUnitsPerWorker = 512;  // if all of them were of the smallest size

}  // namespace

std::vector<size_t> longest_first(const std::vector<int>& lengths) {
  std::vector<size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return lengths[a] > lengths[b]; });
  return order;
}

std::vector<std::vector<size_t>> group_queries(const std::vector<int>& lengths) {
  std::vector<std::vector<size_t>> groups;
  int n_nodes = 0;
  for (const size_t query : longest_first(lengths)) {
    if (groups.empty() || n_nodes + lengths[query] > kNodesPerGroup ||
        groups.back().size() == kQueriesPerGroup) {
      groups.emplace_back();
      n_nodes = 0;
    }
    groups.back().push_back(query);
    n_nodes += lengths[query];
  }
  return groups;
}

UnitSizes choose_unit_sizes(const UnitDemand& demand) {
  const int64_t width = std::max(demand.widest_group, 1), n_workers = std::max(demand.n_workers, 1);
  const int64_t n_residues = demand.n_residues;
  const int64_t mean =
      demand.n_targets > 0 ? std::max(n_residues / demand.n_targets, kShortTarget) : kShortTarget;
  const int64_t by_memory =
      static_cast<int64_t>(demand.unit_bytes) / (kHitBytes + kHitBytesPerResidue * mean) * mean;
  const int64_t share = n_residues / (n_workers * kUnitsPerWorker) * static_cast<int64_t>(demand.n_groups);
  UnitSizes sizes;
  sizes.largest = std::clamp(std::min(kMostCells / width, by_memory), kFewestResidues, kMostResidues);
  sizes.smallest = std::clamp(std::max(kFewestCells / width, share), kFewestResidues, sizes.largest);
  sizes.smallest = std::max(sizes.smallest, n_residues / kMostRanges);
  sizes.largest = std::max(sizes.largest, sizes.smallest);
  sizes.taper = kRangesPerWorker * n_workers;
  return sizes;
}

std::vector<TargetRange> tapered(const std::vector<TargetRange>& pieces, const UnitSizes& sizes) {
  int64_t left = 0;
  for (const TargetRange& piece : pieces) left += piece.n_residues;
  std::vector<TargetRange> out;
  for (size_t i = 0; i < pieces.size();) {
    const int64_t wanted = std::min(sizes.largest, left / sizes.taper);
    TargetRange range = pieces[i++];
    while (i < pieces.size() && range.n_residues + pieces[i].n_residues <= wanted) {
      range.n_targets += pieces[i].n_targets;
      range.n_residues += pieces[i++].n_residues;
    }
    left -= range.n_residues;
    out.push_back(range);
  }
  return out;
}

UnitQueue::UnitQueue(size_t n_groups, const std::vector<TargetDatabase*>& databases,
                     std::vector<std::optional<std::vector<TargetRange>>> ranges, const UnitSizes& sizes,
                     int n_threads)
    : n_groups_(n_groups), sizes_(sizes), n_threads_(n_threads), lines_(databases.size()) {
  for (size_t i = 0; i < databases.size(); ++i) {
    lines_[i].database = databases[i];
    lines_[i].ranges = std::move(ranges[i]);
  }
}

// A stream counts as the largest of all, because nobody knows how much is left of it.
int64_t UnitQueue::size_of_next(const Line& line) const {
  if (!line.ranges) return std::numeric_limits<int64_t>::max();
  return line.open ? line.range.n_residues : (*line.ranges)[line.next_range].n_residues;
}

// Goes to the next range, if there is one.
bool UnitQueue::advance(Line& line) {
  line.open = false;
  line.block.reset();
  line.next_group = 0;
  if (line.ranges) {
    if (line.next_range == line.ranges->size()) return false;
    line.range = (*line.ranges)[line.next_range++];
  } else {
    if (!line.stream)
      line.stream = line.database->stream(std::min(sizes_.largest, kBlockResidues), n_threads_);
    line.block = line.stream->next();
    if (!line.block) {
      line.ranges.emplace();  // nothing left
      return false;
    }
    line.range = line.block->range();
  }
  line.open = true;
  return true;
}

std::optional<Unit> UnitQueue::next(const std::function<bool(size_t)>& may_take) {
  std::lock_guard lock(mutex_);
  while (!stopped_ && n_groups_ > 0) {
    Line* best = nullptr;
    for (Line& line : lines_) {
      if (!line.open && line.ranges && line.next_range == line.ranges->size()) continue;
      // A stream is read here, whoever searches what it gives.
      const bool allowed = (line.database != nullptr || (may_take && line.ranges)) &&
                           (!may_take || may_take(static_cast<size_t>(&line - lines_.data())));
      if (allowed && (best == nullptr || size_of_next(line) > size_of_next(*best))) best = &line;
    }
    if (best == nullptr) break;
    if (!best->open && !advance(*best)) continue;
    const auto database = static_cast<uint32_t>(best - lines_.data());
    Unit unit{{database, static_cast<uint32_t>(best->next_group), best->range.first}, best->range, nullptr};
    if (++best->next_group == n_groups_) best->open = false;
    if (skipped_.contains(unit.id)) continue;
    if (!may_take) {
      if (!best->block) best->block = best->database->block(best->range);
      unit.block = best->block;
    }
    if (!best->open) best->block.reset();
    return unit;
  }
  return std::nullopt;
}

void UnitQueue::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Line& line : lines_) line.block.reset();
}

}  // namespace foldmesh::search
