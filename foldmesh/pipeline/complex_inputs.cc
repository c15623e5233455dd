#include "foldmesh/pipeline/complex_inputs.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <string>

#include "foldmesh/base/error.h"
#include "foldmesh/pipeline/input_files.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

// Of a complex; more is surely a mistake.
constexpr size_t kMostChains = 1000, kMostResidues = 1'000'000;

std::optional<std::vector<size_t>> parse_numbers(std::string_view text) {
  std::vector<size_t> numbers;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + comma, number);
    if (error != std::errc() || end != text.data() + comma || number == 0 || number > kMostResidues)
      return {};
    numbers.push_back(number);
    if (comma == text.size()) return numbers;
    text.remove_prefix(comma + 1);
  }
}

// Cuts rows at the chains' ends.
class Cutter {
 public:
  explicit Cutter(const std::vector<size_t>& lengths) : lengths_(lengths) {}

  std::vector<std::string> cut(std::string_view row) const {
    std::vector<std::string> parts(lengths_.size());
    size_t part = 0, column = 0;
    for (const char c : row) {
      if (seqio::is_a3m_column(c)) {
        if (column == lengths_[part]) ++part, column = 0;
        ++column;
      }
      parts[part] += c;
    }
    return parts;
  }

 private:
  const std::vector<size_t>& lengths_;
};

// Chains of one complex may have the same name, as copies often do.
std::vector<bio::Sequence> read_chains(const fs::path& path) {
  seqio::FastaReader reader(path, {.chain_breaks = true});
  std::vector<bio::Sequence> records;
  for (bio::Sequence record; reader.next(record);) records.push_back(record);
  return records;
}

// Insertions alone do not count.
bool has_letters(std::string_view part) {
  return std::any_of(part.begin(), part.end(), [](char c) { return c != '-' && seqio::is_a3m_column(c); });
}

}  // namespace

std::vector<Target> read_fasta_targets(const fs::path& path, bool one_complex) {
  const std::vector<bio::Sequence> records =
      one_complex ? read_chains(path) : seqio::read_queries(path, {.chain_breaks = true});
  const bool has_complexes = std::any_of(records.begin(), records.end(), [](const bio::Sequence& record) {
    return record.residues.find(':') != std::string::npos;
  });
  std::vector<Target> targets;
  if (one_complex && !has_complexes) {
    Target target{search::folder_name(path.stem().string()), {}, path};
    for (const bio::Sequence& record : records) {
      target.chains.push_back({chain_letters(target.chains.size()), record.description,
                               checked_sequence(record.residues, path.string(), record.name)});
      target.chains.back().source_name = record.name;
    }
    targets.push_back(std::move(target));
    return targets;
  }
  for (const bio::Sequence& record : records) {
    const std::string name = records.size() == 1 ? path.stem().string() : record.name;
    std::vector<Chain> chains = chains_of_text(record.residues, path.string(), record.name);
    for (Chain& chain : chains) {
      chain.description = record.description;
      chain.source_name = record.name;
    }
    targets.push_back({search::folder_name(name), std::move(chains), path});
  }
  return targets;
}

std::optional<ComplexHeader> parse_complex_header(std::string_view comment, const fs::path& path) {
  if (comment.starts_with('#')) comment.remove_prefix(1);
  const size_t tab = comment.find('\t');
  if (tab == std::string_view::npos) return {};
  const auto lengths = parse_numbers(comment.substr(0, tab)), copies = parse_numbers(comment.substr(tab + 1));
  if (!lengths && !copies) return {};
  const bool fits = lengths && copies && lengths->size() == copies->size() &&
                    std::all_of(copies->begin(), copies->end(), [](size_t n) { return n <= kMostChains; }) &&
                    std::accumulate(copies->begin(), copies->end(), size_t{0}) <= kMostChains;
  if (!fits) {
    base::throw_input("{}: '#{}' does not describe a complex (expected #LENGTH,LENGTH<tab>COPIES,COPIES)",
                      path.string(), base::printable(comment));
  }
  return ComplexHeader{*lengths, *copies};
}

Target parse_complex_a3m(const seqio::A3m& a3m, const ComplexHeader& header, const fs::path& path) {
  const size_t n_sequences = header.lengths.size();
  const size_t n_columns = std::accumulate(header.lengths.begin(), header.lengths.end(), size_t{0});
  const std::string& query = a3m.rows.front().text;
  if (query.size() != n_columns) {
    base::throw_input(
        "{}: the first row has {} residues (expected {}, the sum of the lengths in the first line)",
        path.string(), query.size(), n_columns);
  }
  const Cutter cutter(header.lengths);
  std::vector<std::string> own(n_sequences), paired(n_sequences);
  const std::vector<std::string> sequences = cutter.cut(query);
  for (size_t r = 0; r < a3m.rows.size(); ++r) {
    const std::vector<std::string> parts = cutter.cut(a3m.rows[r].text);
    const auto n_present = std::count_if(parts.begin(), parts.end(), has_letters);
    const bool is_pair = n_present > 1 || r == 0;
    for (size_t s = 0; s < n_sequences; ++s) {
      const seqio::A3mRow row{a3m.rows[r].header, parts[s]};
      if (is_pair && n_sequences > 1) seqio::append_a3m(paired[s], row);
      if (r == 0 || (!is_pair && has_letters(parts[s]))) seqio::append_a3m(own[s], row);
    }
  }
  Target target{search::folder_name(path.stem().string()), {}, path};
  for (size_t s = 0; s < n_sequences; ++s) {
    for (size_t copy = 0; copy < header.copies[s]; ++copy) {
      Chain chain{chain_letters(target.chains.size()), a3m.rows.front().header,
                  checked_sequence(sequences[s], path.string(), a3m.rows.front().header)};
      if (copy == 0) {
        chain.alignment_text = own[s];
        chain.paired_text = paired[s];
      }
      target.chains.push_back(std::move(chain));
    }
  }
  return target;
}

}  // namespace foldmesh::pipeline
