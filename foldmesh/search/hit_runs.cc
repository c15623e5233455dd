#include "foldmesh/search/hit_runs.h"

#include <algorithm>
#include <cstring>
#include <queue>
#include <tuple>
#include <utility>

namespace foldmesh::search {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;  // of each run while it is read, and of a run being written
constexpr size_t kMaxRuns = 64;                   // more are merged into one

// Writes one run piece by piece into space reserved for it.
class RunWriter {
 public:
  RunWriter(base::SpillFile& file, uint64_t size)
      : file_(file), offset_(file.reserve(size)), next_(offset_) {}
  uint64_t offset() const { return offset_; }
  void add(std::string_view hit) {
    buffer_ += hit;
    if (buffer_.size() >= kBufferBytes) flush();
  }
  void flush() {
    file_.write(next_, buffer_);
    next_ += buffer_.size();
    buffer_.clear();
  }

 private:
  base::SpillFile& file_;
  const uint64_t offset_;
  uint64_t next_;
  std::string buffer_;
};

}  // namespace

bool HitOrder::operator()(const HitKey& a, const HitKey& b) const {
  const double bad_a = badness(a), bad_b = badness(b);
  return std::tie(bad_a, a.name, a.start, a.target_index) < std::tie(bad_b, b.name, b.start, b.target_index);
}

// Hands out the hits of one run, or of the sorted memory, in order.
class HitRuns::Reader {
 public:
  explicit Reader(const std::vector<Entry>& entries) : entries_(&entries) {}
  Reader(const base::SpillFile& file, Run run) : file_(&file), run_(run) {}

  // False at the end. The view is valid until the next call.
  bool next(std::string_view& hit) {
    if (entries_ != nullptr) {
      if (next_entry_ == entries_->size()) return false;
      hit = (*entries_)[next_entry_++].bytes();
      return true;
    }
    std::string_view rest = std::string_view(buffer_).substr(used_);
    const size_t size = hit_size(rest);
    if (size == 0 || rest.size() < size) {
      fill(std::max(size, kBufferBytes));
      rest = buffer_;
      if (rest.empty()) return false;
    }
    hit = next_hit(rest);
    used_ = buffer_.size() - rest.size();
    return true;
  }

 private:
  // Keeps what was not used yet and reads on, to have `wanted` bytes where there are so many.
  void fill(size_t wanted) {
    buffer_.erase(0, used_);
    used_ = 0;
    if (buffer_.size() >= wanted) return;
    const size_t have = buffer_.size();
    const auto n = static_cast<size_t>(std::min<uint64_t>(run_.size, wanted - have));
    buffer_.resize(have + n);
    if (n > 0) file_->read(run_.offset, buffer_.data() + have, n);
    run_.offset += n;
    run_.size -= n;
    // The size of a long hit may be known only now.
    const size_t size = hit_size(buffer_);
    if (size > buffer_.size() && run_.size > 0) fill(size);
  }

  const std::vector<Entry>* entries_ = nullptr;
  size_t next_entry_ = 0;
  const base::SpillFile* file_ = nullptr;
  Run run_{};
  std::string buffer_;
  size_t used_ = 0;
};

void HitRuns::add(std::string bytes) {
  if (bytes.empty()) return;
  bytes.shrink_to_fit();
  bytes_in_memory_ += bytes.size();
  pieces_.push_back(std::make_unique<const std::string>(std::move(bytes)));
  for (std::string_view rest = *pieces_.back(); !rest.empty();) {
    const std::string_view hit = next_hit(rest);
    entries_.push_back({order_.badness(key_of(hit)), hit.data(), static_cast<uint32_t>(hit.size())});
  }
}

void HitRuns::sort() {
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    if (a.badness != b.badness) return a.badness < b.badness;
    return order_(key_of(a.bytes()), key_of(b.bytes()));
  });
}

void HitRuns::spill(const std::shared_ptr<base::SpillFile>& file) {
  if (entries_.empty()) return;
  file_ = file;
  sort();
  uint64_t size = 0;
  for (const Entry& entry : entries_) size += entry.size;
  RunWriter writer(*file_, size);
  for (const Entry& entry : entries_) writer.add(entry.bytes());
  writer.flush();
  runs_.push_back({writer.offset(), size});
  forget_memory();
  if (runs_.size() > kMaxRuns) merge_runs();
}

void HitRuns::forget_memory() {
  std::vector<Entry>().swap(entries_);
  pieces_.clear();
  bytes_in_memory_ = 0;
}

// The space of the old runs is not used again.
void HitRuns::merge_runs() {
  uint64_t size = 0;
  for (const Run& run : runs_) size += run.size;
  RunWriter writer(*file_, size);
  for_each_ranked([&](std::string_view hit) {
    writer.add(hit);
    return true;
  });
  writer.flush();
  runs_ = {{writer.offset(), size}};
}

void HitRuns::rewrite(const std::function<void(std::string_view hit, std::string& out)>& f) {
  sort();
  std::string bytes;
  for (const Entry& entry : entries_) f(entry.bytes(), bytes);
  forget_memory();
  add(std::move(bytes));
}

void HitRuns::for_each(const OnBytes& f) const {
  for (const Entry& entry : entries_) {
    if (!f(entry.bytes())) return;
  }
  std::string_view hit;
  for (const Run& run : runs_) {
    for (Reader reader(*file_, run); reader.next(hit);) {
      if (!f(hit)) return;
    }
  }
}

void HitRuns::for_each_ranked(const OnBytes& f) const {
  struct Source {
    Reader reader;
    std::string_view hit;
    HitKey key;
    bool next() {
      if (!reader.next(hit)) return false;
      key = key_of(hit);
      return true;
    }
  };
  std::vector<std::unique_ptr<Source>> sources;
  const auto worse = [this](const Source* a, const Source* b) { return order_(b->key, a->key); };
  std::priority_queue<Source*, std::vector<Source*>, decltype(worse)> queue(worse);
  const auto open = [&](Reader reader) {
    sources.push_back(std::make_unique<Source>(Source{std::move(reader), {}, {}}));
    if (sources.back()->next()) queue.push(sources.back().get());
  };
  if (!entries_.empty()) open(Reader(entries_));
  for (const Run& run : runs_) open(Reader(*file_, run));
  while (!queue.empty()) {
    Source* best = queue.top();
    queue.pop();
    if (!f(best->hit)) return;
    if (best->next()) queue.push(best);
  }
}

}  // namespace foldmesh::search
