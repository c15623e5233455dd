// A3M in and out (docs/formats/sequences.md): one row per sequence, upper-case letters and '-' are the
// columns, and lower-case letters are residues inserted between them.
#ifndef FOLDMESH_SEQIO_A3M_H_
#define FOLDMESH_SEQIO_A3M_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/seqio/byte_source.h"
#include "foldmesh/seqio/line_reader.h"

namespace foldmesh::seqio {

struct A3mRow {
  std::string header;  // the whole line after '>', tabs included
  std::string
      text;  // as written, line breaks removed: letters, '-', '*' (a column), '.' (padding, no column)
};

struct A3m {
  std::string comment;  // first line of the form `#...`, without the '#' (ColabFold: chain lengths and
                        // copies); or empty
  std::vector<A3mRow> rows;
};

// True for the characters of a row that fill a column.
inline bool is_a3m_column(char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '*'; }

// Streams the rows of a file that holds one alignment, or several separated by NUL bytes (as MSA servers send
// them). Every error is kInput and names file and line: no alignment, a row without a header or text, an
// illegal character, a row whose number of columns is not the first row's.
class A3mReader {
 public:
  explicit A3mReader(const std::filesystem::path& path);  // "-" is standard input
  explicit A3mReader(std::unique_ptr<ByteSource> source);

  // Goes to the next alignment, passing over unread rows of the current one. Call before the first next().
  // False when there is none; a file without any throws.
  bool next_alignment();
  // The next row of this alignment; false after its last.
  bool next(A3mRow& row);

  const std::string& comment() const { return comment_; }  // of this alignment
  // Header line of the row returned last.
  base::Location location() const { return {lines_.source().name(), row_line_}; }

 private:
  // What was read but not given out yet: nothing, a row's header, the first line of the next alignment.
  enum class Ahead { kStart, kHeader, kAlignment, kEnd };

  bool read_line(std::string_view& line, bool& after_separator);
  void append(std::string_view line, A3mRow& row) const;
  void finish_row(const A3mRow& row);

  LineReader lines_;
  Ahead ahead_ = Ahead::kStart;
  std::string comment_, header_, first_line_;
  int64_t header_line_ = 0, row_line_ = 0;
  int64_t n_rows_ = 0;
  size_t n_columns_ = 0;
};

// The only alignment of a file; several throw kInput.
A3m read_a3m(const std::filesystem::path& path);
A3m read_a3m(std::unique_ptr<ByteSource> source);

// Appends `>header` and the text in one line.
void append_a3m(std::string& out, const A3mRow& row);
// The whole file; reading it back gives the same comment and rows.
std::string to_text(const A3m& a3m);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_A3M_H_
