#include "foldmesh/pipeline/targets.h"

#include <algorithm>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/fasta.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

bool is_a3m(const fs::path& path) { return path.extension() == ".a3m"; }

bool is_input(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".fasta" || extension == ".fa" || extension == ".faa" || is_a3m(path);
}

std::vector<fs::path> expand(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path& input : inputs) {
    if (!fs::is_directory(input)) {
      files.push_back(input);
      continue;
    }
    const size_t before = files.size();
    for (const fs::directory_entry& entry : fs::directory_iterator(input)) {
      if (entry.is_regular_file() && is_input(entry.path())) files.push_back(entry.path());
    }
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
    if (files.size() == before) {
      base::throw_input("{}: folder has no *.fasta, *.fa, *.faa or *.a3m file", input.string());
    }
  }
  return files;
}

std::string checked_sequence(std::string residues, const fs::path& path, const std::string& record) {
  for (char& c : residues) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!bio::is_residue(bio::code_of(c))) {
      base::throw_input(
          "{}: record {}: '{}' is not a residue (expected the 20 amino acids, or B, J, O, U, X, Z)",
          path.string(), base::printable(record), base::printable({&c, 1}));
    }
  }
  return residues;
}

std::vector<Target> read_file(const fs::path& path) {
  std::vector<Target> targets;
  if (is_a3m(path)) {
    seqio::A3mReader reader(path);
    seqio::A3mRow query;
    if (!reader.next_alignment() || !reader.next(query)) {
      base::throw_input("{}: has no record (expected an A3M alignment)", path.string());
    }
    targets.push_back({search::folder_name(path.stem().string()),
                       {{"A", query.header, checked_sequence(query.text, path, query.header), {path}}},
                       path});
    return targets;
  }
  const std::vector<bio::Sequence> records = seqio::read_queries(path);
  for (const bio::Sequence& record : records) {
    const std::string name = records.size() == 1 ? path.stem().string() : record.name;
    targets.push_back({search::folder_name(name),
                       {{"A", record.description, checked_sequence(record.residues, path, record.name)}},
                       path});
  }
  return targets;
}

}  // namespace

size_t Target::n_res() const {
  size_t sum = 0;
  for (const Chain& chain : chains) sum += chain.sequence.size();
  return sum;
}

bool Target::same_chains(const Target& other) const {
  return std::equal(chains.begin(), chains.end(), other.chains.begin(), other.chains.end(),
                    [](const Chain& a, const Chain& b) { return a.sequence == b.sequence; });
}

std::string chain_letters(size_t index) {
  std::string letters;
  for (++index; index > 0; index /= 26) {
    --index;
    letters.insert(letters.begin(), static_cast<char>('A' + index % 26));
  }
  return letters;
}

std::vector<Target> read_targets(const std::vector<fs::path>& inputs) {
  std::vector<Target> targets;
  std::map<std::string, size_t> by_name;
  for (const fs::path& path : expand(inputs)) {
    for (Target& target : read_file(path)) {
      const auto [at, is_new] = by_name.emplace(target.name, targets.size());
      if (is_new) {
        targets.push_back(std::move(target));
      } else if (targets[at->second].same_chains(target)) {
        base::log::info("{}: given twice, folded once", target.name);
      } else {
        base::throw_input(
            "{}: two different sequences would be filed under '{}' (the other is in {}); rename one",
            path.string(), target.name, targets[at->second].input.string());
      }
    }
  }
  return targets;
}

}  // namespace foldmesh::pipeline
