#include "foldmesh/search/alignment_input.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/line_reader.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::search {
namespace {

struct AlignedRow {
  bio::MsaRow row;
  int64_t line = 0;
};

// FASTA whose sequences may contain gap characters.
std::vector<AlignedRow> read_rows(std::unique_ptr<seqio::ByteSource> source) {
  seqio::LineReader lines(std::move(source));
  std::vector<AlignedRow> rows;
  for (std::string_view line; lines.next(line);) {
    line = seqio::skip_blanks(line);
    if (line.empty()) continue;
    if (line.front() == '>') {
      line.remove_prefix(1);
      line = seqio::skip_blanks(line);
      AlignedRow& row = rows.emplace_back();
      row.line = lines.line_number();
      row.row.name = seqio::take_word(line);
      row.row.description = line;
      if (row.row.name.empty()) seqio::throw_at(lines.location(), "the header has no name");
      continue;
    }
    if (rows.empty()) {
      seqio::throw_at(lines.location(),
                      fmt::format("expected an alignment (Stockholm, or FASTA with '>'), but found '{}'",
                                  base::printable(line)));
    }
    for (char c : line) {
      if (c == ' ' || c == '\t') continue;
      if (bio::code_of(c) == bio::kNoCode) {
        seqio::throw_at(lines.location(),
                        fmt::format("illegal character '{}' in the row of '{}'", base::printable({&c, 1}),
                                    base::printable(rows.back().row.name)));
      }
      rows.back().row.aligned += c;
    }
  }
  if (rows.empty()) seqio::throw_at({lines.source().name(), 0}, "is empty (expected an alignment)");
  return rows;
}

bio::Msa from_aligned_fasta(std::vector<AlignedRow> rows, const std::string& path) {
  bio::Msa msa;
  for (AlignedRow& row : rows) {
    const size_t expected = msa.rows.empty() ? row.row.aligned.size() : msa.rows.front().aligned.size();
    if (row.row.aligned.size() != expected) {
      seqio::throw_at({path, row.line},
                      fmt::format("'{}' has {} columns (expected {}; is this A3M?)",
                                  base::printable(row.row.name), row.row.aligned.size(), expected));
    }
    msa.rows.push_back(std::move(row.row));
  }
  return msa;
}

// Residues of one A3M row, split at its columns: [0] before the first column, [i] the i-th column and what
// follows.
std::vector<std::string> split_at_columns(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == '.') continue;
    if (seqio::is_a3m_column(c)) parts.emplace_back();
    parts.back() += c;
  }
  return parts;
}

// Insertions get columns of their own, filled from the left.
bio::Msa from_a3m(const seqio::A3m& a3m) {
  std::vector<size_t> width;  // of each part, over all rows
  for (const seqio::A3mRow& row : a3m.rows) {
    const std::vector<std::string> parts = split_at_columns(row.text);
    width.resize(std::max(width.size(), parts.size()));
    for (size_t i = 0; i < parts.size(); ++i) width[i] = std::max(width[i], parts[i].size());
  }
  bio::Msa msa;
  for (const seqio::A3mRow& row : a3m.rows) {
    std::string_view header = row.header;
    bio::MsaRow& out = msa.rows.emplace_back();
    out.name = seqio::take_word(header);
    out.description = header;
    const std::vector<std::string> parts = split_at_columns(row.text);
    for (size_t i = 0; i < width.size(); ++i) {
      out.aligned += parts[i];
      out.aligned.append(width[i] - parts[i].size(), '.');
    }
  }
  for (size_t i = 0; i < width.size(); ++i) {
    if (i > 0) msa.rf += 'x';
    msa.rf.append(width[i] - (i > 0), '.');
  }
  return msa;
}

AlignmentFormat guess(const std::string& bytes, const std::string& path) {
  if (bytes.starts_with("# STOCKHOLM")) return AlignmentFormat::kStockholm;
  const std::vector<AlignedRow> rows = read_rows(seqio::open_memory(bytes, path));
  const auto same_length = [&](const AlignedRow& row) {
    return row.row.aligned.size() == rows.front().row.aligned.size();
  };
  return std::all_of(rows.begin(), rows.end(), same_length) ? AlignmentFormat::kAlignedFasta
                                                            : AlignmentFormat::kA3m;
}

// Everything a source gives: guessing needs to look at it twice.
std::string read_all(const std::filesystem::path& path) {
  const auto source = seqio::open_bytes(path);
  std::string bytes;
  char buffer[65536];
  while (const size_t n = source->read(buffer, sizeof buffer)) bytes.append(buffer, n);
  return bytes;
}

}  // namespace

struct AlignmentReader::Impl {
  std::string bytes;
  AlignmentFormat format;
  std::optional<seqio::StockholmReader> stockholm;
  bool done = false;
};

AlignmentReader::AlignmentReader(const std::filesystem::path& path, AlignmentFormat format)
    : path_(path == "-" ? "<stdin>" : path.string()), impl_(std::make_unique<Impl>()) {
  impl_->format = format;
  if (format == AlignmentFormat::kStockholm) {
    impl_->stockholm.emplace(path);
    return;
  }
  impl_->bytes = read_all(path);
  if (format == AlignmentFormat::kGuess) impl_->format = guess(impl_->bytes, path_);
  if (impl_->format == AlignmentFormat::kStockholm) {
    impl_->stockholm.emplace(seqio::open_memory(impl_->bytes, path_));
  }
}

AlignmentReader::~AlignmentReader() = default;
AlignmentReader::AlignmentReader(AlignmentReader&&) noexcept = default;

std::optional<bio::Msa> AlignmentReader::next() {
  if (impl_->stockholm) {
    bio::Msa msa;
    if (!impl_->stockholm->next(msa)) return std::nullopt;
    return msa;
  }
  if (std::exchange(impl_->done, true)) return std::nullopt;
  if (impl_->format == AlignmentFormat::kA3m) {
    return from_a3m(seqio::read_a3m(seqio::open_memory(impl_->bytes, path_)));
  }
  return from_aligned_fasta(read_rows(seqio::open_memory(impl_->bytes, path_)), path_);
}

}  // namespace foldmesh::search
