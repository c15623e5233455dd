#include "foldmesh/search/collector.h"

#include <algorithm>
#include <utility>

namespace foldmesh::search {

Collector::Collector(size_t n_databases, size_t most_bytes, std::filesystem::path spill_folder)
    : n_databases_(n_databases),
      most_bytes_(most_bytes),
      file_(std::make_shared<base::SpillFile>(std::move(spill_folder))) {}

void Collector::add_tally(TopHits hits) { tallies_.push_back(std::make_unique<Tally>(std::move(hits))); }

void Collector::add(size_t query, size_t database, UnitResult::Part&& part) {
  Tally& tally = *tallies_[query * n_databases_ + database];
  {
    std::lock_guard lock(tally.mutex);
    tally.counters += part.counters;
    tally.hits.add(std::move(part.hits));
    update_memory(tally);
  }
  if (memory_ > most_bytes_) spill();
}

void Collector::update_memory(Tally& tally) {
  const size_t now = tally.hits.memory();
  memory_ += now - tally.memory.exchange(now);  // wraps around as it should when it has become less
}

void Collector::spill() {
  std::lock_guard one_at_a_time(spill_mutex_);
  while (memory_ > most_bytes_) {
    const auto longest = std::max_element(tallies_.begin(), tallies_.end(), [](const auto& a, const auto& b) {
      return a->memory.load() < b->memory.load();
    });
    std::lock_guard lock((*longest)->mutex);
    (*longest)->hits.spill(file_);
    update_memory(**longest);
  }
}

void Collector::finish(size_t query, size_t database) {
  Tally& tally = *tallies_[query * n_databases_ + database];
  tally.hits.finish(tally.counters.n_targets);
}

std::pair<TopHits, hmm::StageCounters> Collector::take(size_t query, size_t database) {
  Tally& tally = *tallies_[query * n_databases_ + database];
  return {std::move(tally.hits), tally.counters};
}

}  // namespace foldmesh::search
