#include "foldmesh/search/unit_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace foldmesh::search {
namespace {

// Rows of a query's matrices that stay allocated after a typical hit, and bytes of a cell in all of them.
constexpr size_t kTypicalRows = 500, kBytesPerCell = 48;

void drop_display(hmm::Hit& hit) {
  for (hmm::Domain& domain : hit.domains) {
    for (std::string* text : {&domain.alignment.match, &domain.alignment.rf, &domain.alignment.cs}) {
      text->clear();
    }
  }
}

hmm::StageCounters operator-(const hmm::StageCounters& a, const hmm::StageCounters& b) {
  return {a.n_targets - b.n_targets,           a.n_residues - b.n_residues,
          a.n_past_msv - b.n_past_msv,         a.n_past_bias - b.n_past_bias,
          a.n_past_viterbi - b.n_past_viterbi, a.n_past_forward - b.n_past_forward};
}

}  // namespace

size_t UnitRunner::pipeline_bytes(size_t query) const {
  return static_cast<size_t>(context_.queries[query].profile->M()) * kTypicalRows * kBytesPerCell;
}

// Pipelines are kept for the next range as far as memory allows; the one unused for longest goes first.
hmm::Pipeline& UnitRunner::pipeline_of(size_t query) {
  const auto found =
      std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.query == query; });
  if (found != slots_.end()) {
    slots_.splice(slots_.begin(), slots_, found);
  } else {
    bytes_ += pipeline_bytes(query);
    while (!slots_.empty() && bytes_ > context_.pipeline_bytes) {
      bytes_ -= pipeline_bytes(slots_.back().query);
      slots_.pop_back();
    }
    slots_.push_front({query, hmm::Pipeline(*context_.queries[query].profile, context_.pipeline)});
  }
  return slots_.front().pipeline;
}

UnitResult UnitRunner::run(const Unit& unit) {
  UnitResult result;
  result.id = unit.id;
  // A packed database tells its size; of a stream we know that this block is part of it.
  const int64_t z_at_least =
      context_.n_targets[unit.id.database].value_or(unit.range.first + unit.range.n_targets);
  for (const size_t query : context_.groups[unit.id.group]) {
    const auto start = std::chrono::steady_clock::now();
    hmm::Pipeline& pipeline = pipeline_of(query);
    const hmm::StageCounters before = pipeline.counters();
    UnitResult::Part& part = result.parts.emplace_back();
    pipeline.search(unit.block->targets(), [&](size_t index, hmm::Hit&& hit) {
      hit.target_index = unit.range.first + static_cast<int64_t>(index);
      unit.block->name_hit(index, hit);
      if (!context_.keep_display) drop_display(hit);
      part.hits.add(hit, context_.queries[query].thresholds, z_at_least);
    });
    part.counters = pipeline.counters() - before;
    if (context_.on_unit) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      context_.on_unit({query, unit.id.database, unit.range.first, part.counters.n_targets,
                        part.counters.n_residues, seconds.count()});
    }
  }
  return result;
}

}  // namespace foldmesh::search
