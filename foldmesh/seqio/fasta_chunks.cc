#include "foldmesh/seqio/fasta_chunks.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace foldmesh::seqio {
namespace {

constexpr size_t kLongestRecord = size_t{1} << 29;
constexpr size_t kLeastRead = size_t{1} << 16;

// First '>' at the start of a line, at or after `from` (> 0); npos if there is none.
size_t find_record(std::string_view text, size_t from) {
  for (size_t at = text.find('>', from); at != std::string_view::npos; at = text.find('>', at + 1)) {
    if (text[at - 1] == '\n' || text[at - 1] == '\r') return at;
  }
  return std::string_view::npos;
}

int64_t count_records(std::string_view text) {
  if (text.empty()) return 0;
  int64_t n = text.front() == '>';
  for (size_t at = 0; (at = find_record(text, at + 1)) != std::string_view::npos;) ++n;
  return n;
}

// Length of the empty lines that a text begins with.
size_t skip_line_ends(std::string_view text) {
  return std::min(text.find_first_not_of("\n\r \t"), text.size());
}

// Lines end with LF, CR LF or CR.
int64_t count_line_ends(std::string_view text) {
  int64_t n = std::count(text.begin(), text.end(), '\n');
  for (size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    n += at + 1 == text.size() || text[at + 1] != '\n';
  }
  return n;
}

}  // namespace

FastaChunkReader::FastaChunkReader(std::unique_ptr<ByteSource> source, size_t chunk_bytes)
    : source_(std::move(source)), chunk_bytes_(std::max<size_t>(chunk_bytes, 1)) {}

bool FastaChunkReader::next(FastaChunk& chunk) {
  size_t cut = std::string::npos, searched = chunk_bytes_;
  for (;;) {
    if (ahead_.size() > searched) {
      cut = find_record(ahead_, searched);
      // Empty lines before the first record belong to its chunk.
      if (cut != std::string::npos && skip_line_ends(ahead_) == cut) cut = find_record(ahead_, cut + 1);
      searched = ahead_.size();
    }
    if (cut != std::string::npos || at_end_) break;
    if (ahead_.size() > kLongestRecord) {
      throw_at({source_->name(), position_.first_line}, "this record does not end (expected FASTA)");
    }
    const size_t had = ahead_.size();
    ahead_.resize(std::max(had, chunk_bytes_) + kLeastRead);
    const size_t n = source_->read(ahead_.data() + had, ahead_.size() - had);
    ahead_.resize(had + n);
    at_end_ = n == 0;
  }
  if (ahead_.empty()) {
    if (position_.offset == 0) {
      throw_at({source_->name(), 0}, "is empty (expected at least one FASTA record)");
    }
    return false;
  }
  std::string rest = cut == std::string::npos ? std::string() : ahead_.substr(cut);
  if (cut != std::string::npos) ahead_.resize(cut);
  chunk = position_;
  chunk.text = std::exchange(ahead_, std::move(rest));
  chunk.n_records = count_records(chunk.text);
  position_.offset += chunk.text.size();
  position_.first_record += chunk.n_records;
  position_.first_line += count_line_ends(chunk.text);
  return true;
}

ParsedFasta parse(const FastaChunk& chunk, const std::string& input, const FastaOptions& options) {
  FastaOptions here = options;
  here.first_line = chunk.first_line;
  FastaReader reader(open_memory(chunk.text, input), here);
  ParsedFasta parsed;
  parsed.records.reserve(static_cast<size_t>(chunk.n_records));
  parsed.codes.reserve(chunk.text.size());
  bio::Sequence record;
  while (reader.next(record)) {
    parsed.records.push_back({record.name.size(), record.description.size(), record.residues.size()});
    parsed.text += record.name;
    parsed.text += record.description;
    bio::append_codes(record.residues, parsed.codes);
  }
  return parsed;
}

}  // namespace foldmesh::seqio
