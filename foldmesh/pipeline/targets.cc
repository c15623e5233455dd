#include "foldmesh/pipeline/targets.h"

#include <algorithm>
#include <map>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/pipeline/complex_inputs.h"
#include "foldmesh/pipeline/input_files.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/seqio/a3m.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

bool is_a3m(const fs::path& path) { return path.extension() == ".a3m"; }

bool is_input(const fs::path& path) {
  static const std::set<std::string> kExtensions = {".fasta", ".fa", ".faa", ".a3m", ".csv", ".tsv", ".json"};
  return kExtensions.contains(path.extension().string()) && !is_result_file(path);
}

constexpr const char* kNotFromResults =
    "without alignments in msas/ (give the files that they were made from, see run.json)";

// Files, and folders with alignments.
std::vector<fs::path> expand(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> found;
  for (const fs::path& input : inputs) {
    if (!fs::is_directory(input) || has_alignments(input)) {
      found.push_back(input);
      continue;
    }
    const size_t before = found.size();
    std::vector<fs::path> folders, closed;  // closed: results that nothing can go on from
    for (const fs::directory_entry& entry : fs::directory_iterator(input)) {
      if (entry.is_directory()) folders.push_back(entry.path());
      if (entry.is_regular_file() && is_input(entry.path())) found.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    for (const fs::path& folder : folders) {
      if (has_alignments(folder)) {
        found.push_back(folder);
      } else if (has_results(folder)) {
        closed.push_back(folder);
      }
    }
    std::sort(found.begin() + static_cast<std::ptrdiff_t>(before), found.end());
    if (found.size() > before) {
      if (!closed.empty()) {
        base::log::info("{}: {} folders of results {} are left out; the first one is {}", input.string(),
                        closed.size(), kNotFromResults, closed.front().string());
      }
      continue;
    }
    if (!closed.empty() || has_results(input))
      base::throw_input("{}: holds results {}", input.string(), kNotFromResults);
    base::throw_input(
        "{}: folder has no *.fasta, *.fa, *.faa, *.a3m, *.csv, *.tsv or *.json file, and no msas/ with "
        "alignments",
        input.string());
  }
  return found;
}

std::vector<Target> read_file(const fs::path& path, bool files_are_complexes) {
  std::vector<Target> targets;
  const std::string extension = path.extension().string();
  if (fs::is_directory(path)) return {read_alignment_folder(path)};
  if (extension == ".csv" || extension == ".tsv") return parse_table(base::read_file(path), path);
  if (extension == ".json") return parse_alphafold3(base::read_file(path), path);
  if (is_a3m(path)) {
    seqio::A3mReader reader(path);
    seqio::A3mRow query;
    if (!reader.next_alignment() || !reader.next(query)) {
      base::throw_input("{}: has no record (expected an A3M alignment)", path.string());
    }
    const auto header = parse_complex_header(reader.comment(), path);
    if (header && (header->copies.size() > 1 || header->copies.front() > 1)) {
      return {parse_complex_a3m(seqio::read_a3m(path), *header, path)};
    }
    targets.push_back(
        {search::folder_name(path.stem().string()),
         {{"A", query.header, checked_sequence(query.text, path.string(), query.header), {path}}},
         path});
    return targets;
  }
  return read_fasta_targets(path, files_are_complexes);
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

void align_to_itself(Target& target) {
  for (Chain& chain : target.chains) {
    if (chain.alignments.empty() && chain.alignment_text.empty())
      chain.alignment_text = fmt::format(">query\n{}\n", chain.sequence);
  }
}

std::string chain_letters(size_t index) {
  std::string letters;
  for (++index; index > 0; index /= 26) {
    --index;
    letters.insert(letters.begin(), static_cast<char>('A' + index % 26));
  }
  return letters;
}

std::vector<Target> read_targets(const std::vector<fs::path>& inputs, bool files_are_complexes) {
  std::vector<Target> targets;
  std::map<std::string, size_t> by_name;
  for (const fs::path& path : expand(inputs)) {
    for (Target& target : read_file(path, files_are_complexes)) {
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
