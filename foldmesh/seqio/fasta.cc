#include "foldmesh/seqio/fasta.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace foldmesh::seqio {
namespace {

constexpr char kHeaderSeparator = '\x01';

// All 26 letters are residues or degenerate residues. Written so that the compiler turns the loop below into
// vectors.
bool is_sequence_symbol(char c) {
  const auto letter = static_cast<unsigned char>((static_cast<unsigned char>(c) | 0x20) - 'a');
  return (letter < 26) | (c == '*');
}

bool all_symbols(std::string_view line) {
  unsigned char good = 1;  // a byte, so that the loop becomes vectors of bytes
  for (char c : line) good &= static_cast<unsigned char>(is_sequence_symbol(c));
  return good != 0;
}

}  // namespace

FastaReader::FastaReader(const std::filesystem::path& path, FastaOptions options)
    : FastaReader(open_bytes(path), options) {}

FastaReader::FastaReader(std::unique_ptr<ByteSource> source, FastaOptions options)
    : lines_(std::move(source), options.first_line), options_(options) {}

void FastaReader::find_first_header() {
  std::string_view line;
  while (lines_.next(line)) {
    if (skip_blanks(line).empty()) continue;
    if (line.front() != '>') {
      throw_at(lines_.location(), fmt::format("expected FASTA, a line that starts with '>', but found '{}'",
                                              base::printable(line)));
    }
    header_.assign(line.substr(1));
    header_line_ = lines_.line_number();
    return;
  }
  throw_at({lines_.source().name(), 0}, "is empty (expected at least one FASTA record)");
}

bool FastaReader::next(bio::Sequence& record) {
  if (header_line_ == 0) find_first_header();
  if (at_end_) return false;
  record_line_ = header_line_;
  parse_header(record);
  record.residues.clear();
  std::string_view line;
  for (;;) {
    if (!lines_.next(line)) {
      at_end_ = true;
      break;
    }
    if (line.starts_with('>')) {
      header_.assign(line.substr(1));
      header_line_ = lines_.line_number();
      break;
    }
    append_residues(line, record);
  }
  if (record.residues.empty() && !options_.allow_empty) {
    throw_at(location(), fmt::format("the record '{}' has no sequence", base::printable(record.name)));
  }
  return true;
}

void FastaReader::parse_header(bio::Sequence& record) const {
  std::string_view rest = std::string_view(header_).substr(0, header_.find(kHeaderSeparator));
  if (const size_t bad = find_control(rest); bad != std::string_view::npos) {
    throw_at(location(), fmt::format("the header holds the control character '{}' (is this a text file?)",
                                     base::printable(rest.substr(bad, 1))));
  }
  rest = skip_blanks(rest);
  record.name.assign(take_word(rest));
  record.accession.clear();
  record.description.assign(rest);
  if (record.name.empty()) throw_at(location(), "the header has no name (expected '>NAME description')");
}

void FastaReader::append_residues(std::string_view line, bio::Sequence& record) const {
  if (all_symbols(line)) {
    record.residues.append(line);
  } else {
    for (char c : line) {
      if (c == ' ' || c == '\t') continue;
      const bool is_break = c == ':' && options_.chain_breaks;
      if (!is_sequence_symbol(c) && !is_break) {
        throw_at(
            lines_.location(),
            fmt::format("illegal character '{}' in the sequence of '{}' (expected amino acid letters or '*')",
                        base::printable({&c, 1}), base::printable(record.name)));
      }
      record.residues.push_back(c);
    }
  }
  if (options_.max_residues != 0 && record.residues.size() > options_.max_residues) {
    throw_at(location(), fmt::format("the sequence '{}' is longer than the limit of {} residues",
                                     base::printable(record.name), options_.max_residues));
  }
}

std::vector<bio::Sequence> read_queries(const std::filesystem::path& path, FastaOptions options) {
  FastaReader reader(path, options);
  std::vector<bio::Sequence> queries;
  std::unordered_map<std::string, int64_t> line_of;
  bio::Sequence query;
  while (reader.next(query)) {
    const auto [first, is_new] = line_of.emplace(query.name, reader.location().line);
    if (!is_new) {
      throw_at(reader.location(),
               fmt::format("the name '{}' was used before, in line {} (query names must differ)",
                           base::printable(query.name), first->second));
    }
    queries.push_back(query);
  }
  return queries;
}

void append_fasta(std::string& out, const bio::Sequence& record, size_t width) {
  append_fasta(out, record.name, record.description, record.residues, width);
}

void append_fasta(std::string& out, std::string_view name, std::string_view description,
                  std::string_view residues, size_t width) {
  out.push_back('>');
  out.append(name);
  if (!description.empty()) {
    out.push_back(' ');
    out.append(description);
  }
  out.push_back('\n');
  if (width == 0) width = std::max<size_t>(residues.size(), 1);
  for (size_t i = 0; i < residues.size(); i += width) {
    out.append(residues.substr(i, width));
    out.push_back('\n');
  }
}

}  // namespace foldmesh::seqio
