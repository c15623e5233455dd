#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::seqio {
namespace {

constexpr std::string_view kMagic = "# STOCKHOLM 1.";
constexpr std::string_view kUniqueNamesWarning = "# WARNING: seq names have been made unique";

// One alignment while its lines come in.
class Assembly {
 public:
  explicit Assembly(const LineReader& lines) : lines_(lines) {}

  // Any line between the magic one and `//`.
  void add(std::string_view line) {
    if (skip_blanks(line).empty()) {
      if (columns_in_block_ > 0) end_block();
    } else if (line.front() != '#') {
      add_row(line);
    } else if (line.starts_with("#=")) {
      add_annotation(line);
    } else if (line.starts_with(kUniqueNamesWarning)) {
      names_are_prefixed_ = true;
    }
  }

  bio::Msa finish();

 private:
  struct Row {
    bio::MsaRow msa_row;
    int64_t order = -1;  // among the alignment lines; -1 while only annotation named it
  };

  [[noreturn]] void fail(const std::string& what) const { throw_at(lines_.location(), what); }
  Row& row_named(std::string_view name);
  void add_row(std::string_view line);
  void add_annotation(std::string_view line);
  void add_family(std::string_view tag, std::string_view value);
  void end_block() {
    n_columns_ += columns_in_block_;
    columns_in_block_ = 0;
  }
  std::string_view annotation_text(std::string_view rest) const;
  std::optional<std::array<float, 2>> cutoffs(std::string_view value) const;
  void remove_prefixes();

  const LineReader& lines_;
  bio::Msa msa_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, size_t> index_;
  size_t likely_ =
      0;  // rows come in the same order in every block, so the next name is mostly the row after the last
  int64_t n_rows_ = 0;
  size_t n_columns_ = 0,
         columns_in_block_ = 0;  // of all blocks before this one; of this block, 0 at its start
  bool names_are_prefixed_ = false;
};

Assembly::Row& Assembly::row_named(std::string_view name) {
  for (const size_t guess : {likely_, likely_ + 1, size_t{0}}) {
    if (guess < rows_.size() && rows_[guess].msa_row.name == name) {
      likely_ = guess;
      return rows_[guess];
    }
  }
  const auto [entry, is_new] = index_.emplace(name, rows_.size());
  if (is_new) rows_.emplace_back().msa_row.name = name;
  likely_ = entry->second;
  return rows_[likely_];
}

void Assembly::add_row(std::string_view line) {
  const std::string_view name = take_word(line);
  if (find_control(name) != std::string_view::npos) {
    fail(fmt::format("the row name '{}' holds a control character (is this a text file?)",
                     base::printable(name)));
  }
  const std::string_view text = line.substr(0, line.find_last_not_of(" \t") + 1);
  if (text.empty()) fail(fmt::format("the row '{}' has no aligned sequence", base::printable(name)));
  for (char c : text) {
    if (bio::code_of(c) == bio::kNoCode) {
      fail(fmt::format("illegal character '{}' in row '{}' (expected letters and gaps)",
                       base::printable({&c, 1}), base::printable(name)));
    }
  }
  Row& row = row_named(name);
  if (row.order < 0) row.order = n_rows_++;
  std::string& aligned = row.msa_row.aligned;
  if (aligned.size() > n_columns_) {
    fail(fmt::format("the row '{}' stands twice in this block (names must differ)", base::printable(name)));
  }
  if (aligned.size() < n_columns_) {
    fail(fmt::format("the row '{}' is missing from an earlier block", base::printable(name)));
  }
  if (columns_in_block_ == 0) columns_in_block_ = text.size();
  if (text.size() != columns_in_block_) {
    fail(fmt::format("the row '{}' has {} columns in this block, the rows before it {}",
                     base::printable(name), text.size(), columns_in_block_));
  }
  aligned += text;
}

void Assembly::add_annotation(std::string_view line) {
  std::string_view rest = line;
  if (find_control(line) != std::string_view::npos) fail("an annotation line holds a control character");
  const std::string_view kind = take_word(rest);
  if (kind == "#=GF") {
    const std::string_view tag = take_word(rest);
    add_family(tag, rest);
  } else if (kind == "#=GS") {
    const std::string_view name = take_word(rest);
    const std::string_view tag = take_word(rest);
    if (tag == "AC") row_named(name).msa_row.accession = rest;
    if (tag == "DE") row_named(name).msa_row.description = rest;
  } else if (kind == "#=GR") {
    const std::string_view name = take_word(rest);
    if (take_word(rest) == "PP") row_named(name).msa_row.pp += annotation_text(rest);
  } else if (kind == "#=GC") {
    const std::string_view tag = take_word(rest);
    if (tag == "PP_cons") msa_.pp_cons += annotation_text(rest);
    if (tag == "RF") msa_.rf += annotation_text(rest);
    if (tag == "SS_cons") msa_.ss_cons += annotation_text(rest);
    if (tag == "MM") msa_.mm += annotation_text(rest);
  }
}

void Assembly::add_family(std::string_view tag, std::string_view value) {
  if (tag == "ID") msa_.name = value.substr(0, value.find_last_not_of(" \t") + 1);
  if (tag == "AC") msa_.accession = value.substr(0, value.find_last_not_of(" \t") + 1);
  if (tag == "DE") msa_.description = value;
  if (tag == "AU") msa_.author = value;
  if (tag == "GA") msa_.cutoffs.gathering = cutoffs(value);
  if (tag == "TC") msa_.cutoffs.trusted = cutoffs(value);
  if (tag == "NC") msa_.cutoffs.noise = cutoffs(value);
}

// One printable letter per column.
std::string_view Assembly::annotation_text(std::string_view rest) const {
  const std::string_view text = rest.substr(0, rest.find_last_not_of(" \t") + 1);
  for (char c : text) {
    if (c <= ' ' || c > '~') {
      fail(fmt::format("illegal character '{}' in an annotation line (expected one letter per column)",
                       base::printable({&c, 1})));
    }
  }
  return text;
}

// `25.00 24.50;` or, in families with one threshold only (which hold none for domains), `25.00`.
std::optional<std::array<float, 2>> Assembly::cutoffs(std::string_view value) const {
  std::array<float, 2> bits{};
  std::string_view rest = value.substr(0, value.find(';'));
  for (size_t i = 0; i < bits.size(); ++i) {
    const std::string_view word = take_word(rest);
    if (word.empty() && i == 1) return std::nullopt;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), bits[i]);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(bits[i])) {
      fail(fmt::format("'{}' are no score thresholds (expected two numbers, sequence and domain bits)",
                       base::printable(value)));
    }
  }
  return bits;
}

bio::Msa Assembly::finish() {
  end_block();
  if (n_rows_ == 0) fail("the alignment has no rows");
  msa_.rows.resize(static_cast<size_t>(n_rows_));
  for (Row& row : rows_) {
    if (row.order < 0) continue;
    bio::MsaRow& r = row.msa_row;
    if (r.aligned.size() != n_columns_) {
      fail(fmt::format("the row '{}' is missing from the last block", base::printable(r.name)));
    }
    if (!r.pp.empty() && r.pp.size() != n_columns_) {
      fail(fmt::format("the PP lines of row '{}' have {} columns, the alignment {}", base::printable(r.name),
                       r.pp.size(), n_columns_));
    }
    msa_.rows[static_cast<size_t>(row.order)] = std::move(r);
  }
  for (const auto& [tag, text] : {std::pair{"PP_cons", &msa_.pp_cons}, std::pair{"RF", &msa_.rf},
                                  std::pair{"SS_cons", &msa_.ss_cons}, std::pair{"MM", &msa_.mm}}) {
    if (!text->empty() && text->size() != n_columns_) {
      fail(fmt::format("the {} lines have {} columns, the alignment {}", tag, text->size(), n_columns_));
    }
  }
  if (names_are_prefixed_) remove_prefixes();
  return std::move(msa_);
}

// Only if every name has exactly the prefix that HMMER would give it, and what is left still makes a row.
void Assembly::remove_prefixes() {
  std::vector<size_t> lengths;
  for (size_t i = 0; i < msa_.rows.size(); ++i) {
    const std::string& name = msa_.rows[i].name;
    const size_t bar = name.find('|');
    size_t number = 0;
    if (bar == std::string::npos || bar + 1 == name.size()) return;
    const std::string_view rest = std::string_view(name).substr(bar + 1);
    if (rest.starts_with('#') || rest.starts_with("//")) return;
    const auto [end, error] = std::from_chars(name.data(), name.data() + bar, number);
    if (error != std::errc() || end != name.data() + bar || number != i) return;
    lengths.push_back(bar + 1);
  }
  for (size_t i = 0; i < msa_.rows.size(); ++i) msa_.rows[i].name.erase(0, lengths[i]);
}

}  // namespace

StockholmReader::StockholmReader(const std::filesystem::path& path) : StockholmReader(open_bytes(path)) {}

StockholmReader::StockholmReader(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {}

bool StockholmReader::next(bio::Msa& msa) {
  std::string_view line;
  do {
    if (!lines_.next(line)) return false;
  } while (skip_blanks(line).empty());
  if (!line.starts_with(kMagic)) {
    throw_at(lines_.location(),
             fmt::format("expected '# STOCKHOLM 1.0', but found '{}'", base::printable(line)));
  }
  Assembly assembly(lines_);
  while (lines_.next(line)) {
    if (line.starts_with("//")) {
      msa = assembly.finish();
      return true;
    }
    assembly.add(line);
  }
  throw_at(lines_.location(), "the alignment does not end with '//' (file cut short?)");
}

bio::Msa read_stockholm(const std::filesystem::path& path) {
  StockholmReader reader(path);
  bio::Msa msa, second;
  if (!reader.next(msa)) throw_at({reader.location().path, 0}, "is empty (expected a Stockholm alignment)");
  if (reader.next(second)) throw_at({reader.location().path, 0}, "holds several alignments (expected one)");
  return msa;
}

}  // namespace foldmesh::seqio
