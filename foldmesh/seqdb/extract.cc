#include "foldmesh/seqdb/extract.h"

#include <charconv>
#include <unordered_map>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::seqdb {

Chunk parse_range(const Database& database, std::string_view text) {
  int64_t from = 0, to = 0;
  const char* const end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, from);
  to = from;
  if (error == std::errc() && stop != end && *stop == '-') {
    const auto second = std::from_chars(stop + 1, end, to);
    stop = second.ptr;
    error = second.ec;
  }
  if (error != std::errc() || stop != end || from < 1 || to < from) {
    base::throw_input("'{}' is no range of sequences (expected N or FROM-TO, counted from 1)",
                      base::printable(text));
  }
  if (to > database.n_sequences()) {
    base::throw_input("{}: the range {} reaches beyond the {} sequences", database.path(), text,
                      database.n_sequences());
  }
  Chunk chunk{from - 1, to - from + 1, 0};
  database.for_each_residues(
      chunk, [&](int64_t, std::span<const bio::Code> residues) { chunk.n_residues += std::ssize(residues); });
  return chunk;
}

std::vector<Chunk> find_names(const Database& database, std::span<const std::string> names) {
  std::unordered_map<std::string_view, bool> wanted;
  for (const std::string& name : names) wanted.emplace(name, false);
  std::vector<Chunk> found;
  database.for_each(database.all(), [&](int64_t ordinal, const SequenceView& view) {
    const auto hit = wanted.find(view.name);
    if (hit == wanted.end()) return;
    hit->second = true;
    found.push_back({ordinal, 1, std::ssize(view.residues)});
  });
  for (const std::string& name : names) {
    if (!wanted[name])
      base::throw_input("{}: there is no sequence named '{}'", database.path(), base::printable(name));
  }
  return found;
}

void extract_fasta(const Database& database, std::span<const Chunk> chunks, size_t width,
                   const std::function<void(std::string_view)>& sink) {
  constexpr size_t kPiece = size_t{1} << 16;
  std::string text;
  for (const Chunk& chunk : chunks) {
    database.for_each(chunk, [&](int64_t, const SequenceView& view) {
      const std::string letters = bio::textize(view.residues.data(), view.residues.size());
      seqio::append_fasta(text, view.name, view.description, letters, width);
      if (text.size() < kPiece) return;
      sink(text);
      text.clear();
    });
  }
  sink(text);
}

}  // namespace foldmesh::seqdb
