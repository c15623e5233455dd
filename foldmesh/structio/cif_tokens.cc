#include "foldmesh/structio/cif_tokens.h"

#include <algorithm>

namespace foldmesh::structio {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}
bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && lower(text.substr(0, start.size())) == start;
}

}  // namespace

void CifTokens::skip_blanks() {
  while (next_ < text_.size()) {
    const char c = text_[next_];
    if (c == '#') {
      while (next_ < text_.size() && text_[next_] != '\n') ++next_;
    } else if (is_blank(c)) {
      if (c == '\n') ++at_.line;
      ++next_;
    } else {
      return;
    }
  }
}

// A quote ends the value only where white space follows.
CifToken CifTokens::quoted(char quote) {
  const size_t start = next_ + 1;
  for (size_t i = start; i < text_.size() && text_[i] != '\n'; ++i) {
    if (text_[i] == quote && (i + 1 == text_.size() || is_blank(text_[i + 1]))) {
      next_ = i + 1;
      return {CifTokenKind::kValue, text_.substr(start, i - start)};
    }
  }
  base::throw_input("{}: a quoted value does not end (expected {} in the same line)",
                    base::to_string(location()), quote);
}

CifToken CifTokens::text_field() {
  const size_t start = next_ + 1;
  const size_t end = text_.find("\n;", next_);
  if (end == std::string_view::npos) {
    base::throw_input("{}: a text field does not end (expected a line that begins with ';')",
                      base::to_string(location()));
  }
  const std::string_view value = text_.substr(start, end - start);
  at_.line += std::count(text_.begin() + static_cast<ptrdiff_t>(next_),
                         text_.begin() + static_cast<ptrdiff_t>(end) + 1, '\n');
  next_ = end + 2;
  return {CifTokenKind::kValue, value};
}

CifToken CifTokens::next() {
  skip_blanks();
  token_line_ = at_.line;
  if (next_ == text_.size()) return {};
  const char first = text_[next_];
  if (first == ';' && (next_ == 0 || text_[next_ - 1] == '\n')) return text_field();
  if (first == '\'' || first == '"') return quoted(first);
  const size_t start = next_;
  while (next_ < text_.size() && !is_blank(text_[next_])) ++next_;
  const std::string_view word = text_.substr(start, next_ - start);
  if (first == '_') return {CifTokenKind::kTag, word};
  if (word == "." || word == "?") return {CifTokenKind::kValue, {}};
  if (starts_with_ignoring_case(word, "data_")) return {CifTokenKind::kData, word.substr(5)};
  if (lower(word) == "loop_") return {CifTokenKind::kLoop, word};
  if (starts_with_ignoring_case(word, "save_")) {
    base::throw_input("{}: '{}' belongs into dictionaries (expected a structure)",
                      base::to_string(location()), base::printable(word));
  }
  return {CifTokenKind::kValue, word};
}

class CifBlockReader {
 public:
  CifBlockReader(std::string_view text, const std::string& path, std::span<const WantedCategory> wanted)
      : tokens_(text, path), tables_(wanted.size()) {
    for (size_t t = 0; t < wanted.size(); ++t) {
      tables_[t].is_there_.assign(wanted[t].columns.size(), false);
      for (size_t c = 0; c < wanted[t].columns.size(); ++c) {
        places_[std::string(wanted[t].name) + "." + std::string(wanted[t].columns[c])] = {t, c};
      }
    }
  }

  std::vector<CifTable> read() {
    token_ = tokens_.next();
    if (token_.kind != CifTokenKind::kData) fail("expected data_ at the beginning");
    token_ = tokens_.next();
    while (token_.kind != CifTokenKind::kEnd && token_.kind != CifTokenKind::kData) {
      if (token_.kind == CifTokenKind::kLoop) {
        read_loop();
      } else if (token_.kind == CifTokenKind::kTag) {
        read_item();
      } else {
        fail(fmt::format("the value '{}' has no name (expected a tag or loop_)",
                         base::printable(token_.text)));
      }
    }
    return std::move(tables_);
  }

 private:
  struct Place {
    size_t table = 0, column = 0;
  };

  [[noreturn]] void fail(const std::string& what) const {
    base::throw_input("{}: {}", base::to_string(tokens_.location()), what);
  }
  const Place* place(std::string_view tag) const {
    const auto found = places_.find(lower(tag));
    return found == places_.end() ? nullptr : &found->second;
  }
  // Marks a column as being there, once.
  void claim(const Place& place, std::string_view tag) {
    CifTable& table = tables_[place.table];
    if (table.is_there_[place.column]) fail(fmt::format("{} is there twice", base::printable(tag)));
    table.is_there_[place.column] = true;
  }

  void read_item() {
    const std::string_view tag = token_.text;
    token_ = tokens_.next();
    if (token_.kind != CifTokenKind::kValue) fail(fmt::format("{} has no value", base::printable(tag)));
    if (const Place* at = place(tag)) {
      claim(*at, tag);
      CifTable& table = tables_[at->table];
      if (table.lines_.empty()) add_row(table);
      if (table.lines_.size() != 1) fail(fmt::format("{} is in a loop, too", base::printable(tag)));
      table.values_[at->column] = token_.text;
    }
    token_ = tokens_.next();
  }

  void add_row(CifTable& table) const {
    table.lines_.push_back(tokens_.location().line);
    table.values_.resize(table.values_.size() + table.is_there_.size());
  }

  void read_loop() {
    const int64_t line = tokens_.location().line;
    std::vector<const Place*> columns;
    for (token_ = tokens_.next(); token_.kind == CifTokenKind::kTag; token_ = tokens_.next()) {
      const Place* at = place(token_.text);
      if (at != nullptr) claim(*at, token_.text);
      columns.push_back(at);
    }
    if (columns.empty()) fail("loop_ without tags");
    const auto wanted = std::find_if(columns.begin(), columns.end(), [](const Place* p) { return p; });
    CifTable* table = wanted == columns.end() ? nullptr : &tables_[(*wanted)->table];
    for (const Place* at : columns) {
      if (at != nullptr && &tables_[at->table] != table) fail("loop_ of several categories");
    }
    if (table != nullptr && !table->lines_.empty()) fail("a category is there twice");
    size_t column = 0;
    for (; token_.kind == CifTokenKind::kValue; token_ = tokens_.next()) {
      if (column == 0 && table != nullptr) add_row(*table);
      if (columns[column] != nullptr) {
        table->values_[table->values_.size() - table->is_there_.size() + columns[column]->column] =
            token_.text;
      }
      column = column + 1 == columns.size() ? 0 : column + 1;
    }
    if (column != 0) {
      fail(
          fmt::format("the loop_ of line {} ends within a row (expected {} values in each; is the file "
                      "cut short?)",
                      line, columns.size()));
    }
  }

  CifTokens tokens_;
  CifToken token_;
  std::map<std::string, Place> places_;
  std::vector<CifTable> tables_;
};

std::vector<CifTable> read_cif_block(std::string_view text, const std::string& path,
                                     std::span<const WantedCategory> wanted) {
  return CifBlockReader(text, path, wanted).read();
}

}  // namespace foldmesh::structio
