#include "foldmesh/seqio/a3m.h"

#include <algorithm>
#include <utility>

namespace foldmesh::seqio {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

A3mReader::A3mReader(const std::filesystem::path& path) : A3mReader(open_bytes(path)) {}

A3mReader::A3mReader(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {}

// The next line that is not blank; NUL bytes at its start are alignment separators and taken off.
bool A3mReader::read_line(std::string_view& line, bool& after_separator) {
  after_separator = false;
  while (lines_.next(line)) {
    const size_t text = std::min(line.find_first_not_of('\0'), line.size());
    after_separator |= text > 0;
    line.remove_prefix(text);
    if (!skip_blanks(line).empty()) return true;
  }
  return false;
}

bool A3mReader::next_alignment() {
  A3mRow unread;
  while (next(unread)) {
  }
  if (ahead_ == Ahead::kEnd) return false;
  bool after_separator = false;
  std::string_view line = first_line_;
  if (ahead_ == Ahead::kStart && !read_line(line, after_separator)) {
    throw_at({lines_.source().name(), 0}, "is empty (expected an A3M alignment)");
  }
  comment_.clear();
  if (line.starts_with('#')) {
    comment_.assign(line.substr(1));
    if (!read_line(line, after_separator) || after_separator) {
      throw_at(lines_.location(), "the '#' line is not followed by an alignment");
    }
  }
  if (!line.starts_with('>')) {
    throw_at(lines_.location(),
             fmt::format("expected A3M, a line that starts with '>', but found '{}'", base::printable(line)));
  }
  header_.assign(line.substr(1));
  header_line_ = lines_.line_number();
  ahead_ = Ahead::kHeader;
  n_rows_ = 0;
  return true;
}

bool A3mReader::next(A3mRow& row) {
  if (ahead_ != Ahead::kHeader) return false;
  row_line_ = header_line_;
  row.header = header_;
  row.text.clear();
  std::string_view line;
  bool after_separator = false;
  for (;;) {
    if (!read_line(line, after_separator)) {
      ahead_ = Ahead::kEnd;
      break;
    }
    if (after_separator) {
      first_line_.assign(line);
      ahead_ = Ahead::kAlignment;
      break;
    }
    if (line.starts_with('>')) {
      header_.assign(line.substr(1));
      header_line_ = lines_.line_number();
      break;
    }
    append(line, row);
  }
  finish_row(row);
  return true;
}

void A3mReader::append(std::string_view line, A3mRow& row) const {
  for (char c : line) {
    if (c == ' ' || c == '\t') continue;
    if (!is_letter(c) && c != '-' && c != '.' && c != '*') {
      throw_at(lines_.location(),
               fmt::format("illegal character '{}' in row '{}' (expected letters, '-' or '.')",
                           base::printable({&c, 1}), base::printable(row.header)));
    }
    row.text.push_back(c);
  }
}

void A3mReader::finish_row(const A3mRow& row) {
  if (const size_t bad = find_control(row.header); bad != std::string::npos) {
    throw_at(location(), fmt::format("the header holds the control character '{}' (is this a text file?)",
                                     base::printable(row.header.substr(bad, 1))));
  }
  if (skip_blanks(row.header).empty()) throw_at(location(), "the row has an empty header (expected '>NAME')");
  if (row.text.empty())
    throw_at(location(), fmt::format("the row '{}' has no sequence", base::printable(row.header)));
  const auto n_columns = static_cast<size_t>(std::count_if(row.text.begin(), row.text.end(), is_a3m_column));
  if (n_rows_++ == 0) n_columns_ = n_columns;
  if (n_columns != n_columns_) {
    throw_at(location(),
             fmt::format("the row '{}' has {} columns, the first row {} (upper-case letters and '-' count)",
                         base::printable(row.header), n_columns, n_columns_));
  }
}

A3m read_a3m(const std::filesystem::path& path) { return read_a3m(open_bytes(path)); }

A3m read_a3m(std::unique_ptr<ByteSource> source) {
  A3mReader reader(std::move(source));
  reader.next_alignment();
  A3m a3m;
  a3m.comment = reader.comment();
  A3mRow row;
  while (reader.next(row)) a3m.rows.push_back(row);
  const std::string path = reader.location().path;
  if (reader.next_alignment()) throw_at({path, 0}, "holds several alignments (expected one)");
  return a3m;
}

void append_a3m(std::string& out, const A3mRow& row) {
  out += '>';
  out += row.header;
  out += '\n';
  out += row.text;
  out += '\n';
}

std::string to_text(const A3m& a3m) {
  std::string out;
  if (!a3m.comment.empty()) out += "#" + a3m.comment + "\n";
  for (const A3mRow& row : a3m.rows) append_a3m(out, row);
  return out;
}

}  // namespace foldmesh::seqio
