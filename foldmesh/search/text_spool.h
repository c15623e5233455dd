// A text that is written now and read later, in bounded memory.
#ifndef FOLDMESH_SEARCH_TEXT_SPOOL_H_
#define FOLDMESH_SEARCH_TEXT_SPOOL_H_

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "foldmesh/base/spill_file.h"
#include "foldmesh/search/text_sink.h"

namespace foldmesh::search {

// Keeps about a megabyte; the rest goes to a temporary file in `folder` (empty: the system's).
class TextSpool {
 public:
  explicit TextSpool(std::filesystem::path folder) : file_(std::move(folder)) {}

  void add(std::string_view text) {
    tail_ += text;
    if (tail_.size() < kMemory) return;
    file_.append(tail_);
    in_file_ += tail_.size();
    tail_.clear();
  }
  void copy_to(const TextSink& sink) const {
    std::string piece;
    for (uint64_t offset = 0; offset < in_file_; offset += piece.size()) {
      piece.resize(std::min<uint64_t>(kMemory, in_file_ - offset));
      file_.read(offset, piece.data(), piece.size());
      sink(piece);
    }
    sink(tail_);
  }

 private:
  static constexpr size_t kMemory = size_t{1} << 20;
  base::SpillFile file_;
  uint64_t in_file_ = 0;
  std::string tail_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_TEXT_SPOOL_H_
