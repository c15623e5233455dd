// Text input line by line, with line numbers for messages. The common ground of the parsers of this module.
#ifndef FOLDMESH_SEQIO_LINE_READER_H_
#define FOLDMESH_SEQIO_LINE_READER_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/byte_source.h"

namespace foldmesh::seqio {

// Lines end with LF, CR LF or CR; the last one may lack its end. Memory: a small multiple of the longest
// line.
class LineReader {
 public:
  // A longer line throws kInput: it is not text, and memory must stay bounded.
  static constexpr size_t kLongestLine = size_t{1} << 28;

  // `first_line`: the number that messages give to the first line.
  explicit LineReader(std::unique_ptr<ByteSource> source, int64_t first_line = 1);

  // The next line without its end; the view is valid until the next call. False at the end of the input.
  bool next(std::string_view& line);
  // Of the line returned last; 1-based.
  int64_t line_number() const { return line_number_; }
  base::Location location() const { return {source_->name(), line_number_}; }
  const ByteSource& source() const { return *source_; }

 private:
  bool refill();

  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  // the unread part of buffer_
  size_t searched_lf_ = 0;      // no LF between begin_ and here
  bool skip_lf_ = false;        // the last line ended with CR: an LF right here belongs to it
  bool at_end_ = false;
  int64_t line_number_ = 0;
};

// Throws kInput "FILE:LINE: what".
[[noreturn]] void throw_at(const base::Location& at, std::string_view what);

// `text` without its leading blanks (space, tab).
std::string_view skip_blanks(std::string_view text);
// The part before the first blank, which is removed from `text` together with the blanks that follow.
std::string_view take_word(std::string_view& text);
// First control character other than a tab in `text`, or npos: what no header line may hold.
size_t find_control(std::string_view text);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_LINE_READER_H_
