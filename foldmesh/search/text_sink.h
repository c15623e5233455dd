// Long texts in pieces, so that they need not fit into memory.
#ifndef FOLDMESH_SEARCH_TEXT_SINK_H_
#define FOLDMESH_SEARCH_TEXT_SINK_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace foldmesh::search {

using TextSink = std::function<void(std::string_view)>;

// Hands `text` to the sink and empties it, once it is worth the while and if there is a sink.
inline void pass_on(std::string& text, const TextSink& sink) {
  constexpr size_t kPiece = size_t{1} << 18;
  if (!sink || text.size() < kPiece) return;
  sink(text);
  text.clear();
}

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_TEXT_SINK_H_
