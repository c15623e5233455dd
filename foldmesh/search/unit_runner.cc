#include "foldmesh/search/unit_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace foldmesh::search {
namespace {

// A piece of a range that stays in a core's second-level cache, together with the tables of one query.
constexpr size_t kCachedResidues = 512 * 1024;

// The end of the piece of `targets` that begins at `from`.
size_t end_of_piece(const std::vector<hmm::Target>& targets, size_t from) {
  size_t to = from;
  for (size_t n_residues = 0; to < targets.size() && n_residues < kCachedResidues; ++to) {
    n_residues += targets[to].residues.size();
  }
  return to;
}

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

hmm::Pipeline& UnitRunner::pipeline_of(size_t query) {
  return pipelines_.try_emplace(query, *context_.queries[query].profile, context_.pipeline, context_.matrices)
      .first->second;
}

UnitResult UnitRunner::run(const Unit& unit) {
  const std::vector<hmm::Target>& targets = unit.block->targets();
  const std::vector<size_t>& group = context_.groups[unit.id.group];
  UnitResult result;
  result.id = unit.id;
  result.parts.resize(group.size());
  // A packed database tells its size; of a stream we know that this block is part of it.
  const int64_t z_at_least =
      context_.n_targets[unit.id.database].value_or(unit.range.first + unit.range.n_targets);

  std::vector<hmm::StageCounters> before;
  for (const size_t query : group) before.push_back(pipeline_of(query).counters());
  std::vector<std::chrono::duration<double>> seconds(group.size());
  const auto timed = [&](size_t i, const auto& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    seconds[i] += std::chrono::steady_clock::now() - start;
  };
  // All queries look at a piece while it is in the cache.
  for (size_t from = 0, to = 0; from < targets.size(); from = to) {
    to = end_of_piece(targets, from);
    piece_.assign(targets, from, to);
    for (size_t i = 0; i < group.size(); ++i) {
      timed(i, [&] { pipeline_of(group[i]).filter(piece_); });
    }
  }
  for (size_t i = 0; i < group.size(); ++i) {
    const size_t query = group[i];
    hmm::Pipeline& pipeline = pipeline_of(query);
    UnitResult::Part& part = result.parts[i];
    timed(i, [&] {
      pipeline.finish(targets, [&](size_t index, hmm::Hit&& hit) {
        hit.target_index = unit.range.first + static_cast<int64_t>(index);
        unit.block->name_hit(index, hit);
        if (!context_.keep_display) drop_display(hit);
        part.hits.add(hit, context_.queries[query].thresholds, z_at_least);
      });
    });
    part.counters = pipeline.counters() - before[i];
    if (context_.on_unit) {
      context_.on_unit({query, unit.id.database, unit.range.first, part.counters.n_targets,
                        part.counters.n_residues, seconds[i].count()});
    }
  }
  return result;
}

}  // namespace foldmesh::search
