// The syntax of CIF 1.1 files: tokens with their lines, and the tables of one data block.
#ifndef FOLDMESH_STRUCTIO_CIF_TOKENS_H_
#define FOLDMESH_STRUCTIO_CIF_TOKENS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::structio {

enum class CifTokenKind : uint8_t { kEnd, kData, kLoop, kTag, kValue };

struct CifToken {
  CifTokenKind kind = CifTokenKind::kEnd;
  // A tag with its '_', a value without its quotes, the name of a data block. Of kValue a null pointer: the
  // value is missing (an unquoted '.' or '?').
  std::string_view text;
};

// Throws kInput for quotes and text fields that do not end.
class CifTokens {
 public:
  // `text` must outlive the tokens.
  CifTokens(std::string_view text, std::string path) : text_(text), at_{std::move(path), 1} {}

  CifToken next();
  // Of the last token's beginning.
  base::Location location() const { return {at_.path, token_line_}; }

 private:
  void skip_blanks();
  CifToken quoted(char quote);
  CifToken text_field();

  std::string_view text_;
  size_t next_ = 0;
  base::Location at_;
  int64_t token_line_ = 1;
};

// The wanted columns of one category, in the order wanted.
class CifTable {
 public:
  size_t n_rows() const { return lines_.size(); }
  bool has(size_t column) const { return is_there_[column]; }
  // Empty where the value is missing.
  std::string_view at(size_t row, size_t column) const { return values_[row * is_there_.size() + column]; }
  int64_t line(size_t row) const { return lines_[row]; }

 private:
  friend class CifBlockReader;
  std::vector<bool> is_there_;
  std::vector<std::string_view> values_;  // [n_rows, columns]
  std::vector<int64_t> lines_;
};

struct WantedCategory {
  std::string_view name;                  // lower case, "_atom_site"
  std::vector<std::string_view> columns;  // lower case, "id"
};

// Tables of the first data block, in the order wanted; values point into `text`. A category that is not there
// gives a table without rows. Throws kInput, with the line, for text that breaks the syntax.
std::vector<CifTable> read_cif_block(std::string_view text, const std::string& path,
                                     std::span<const WantedCategory> wanted);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_CIF_TOKENS_H_
