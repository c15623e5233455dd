#include <algorithm>
#include <array>

#include "foldmesh/base/error.h"
#include "foldmesh/pipeline/fold.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

// How the files of one database start, in AlphaFold 2's folders, AlphaFold 3's flat folder and ours.
struct KnownDatabase {
  const char* name;
  std::array<const char*, 2> prefixes;
};
constexpr std::array<KnownDatabase, 3> kKnown = {{
    {"uniref90", {"uniref90", "uniref90"}},
    {"mgnify", {"mgy_clusters", "mgnify"}},
    {"small_bfd", {"bfd-first_non_consensus_sequences", "small_bfd"}},
}};

// Lower is better; -1: not a sequence file. Packed before FASTA, plain before compressed.
int preference(const std::string& name) {
  constexpr std::array<const char*, 8> kEndings = {".fmdb",   ".fasta",    ".fa",    ".fasta.zst",
                                                   ".fa.zst", ".fasta.gz", ".fa.gz", ".faa"};
  for (size_t i = 0; i < kEndings.size(); ++i) {
    if (name.ends_with(kEndings[i])) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

std::vector<Database> find_databases(const fs::path& db_dir) {
  if (!fs::is_directory(db_dir))
    base::throw_input("{}: is not a folder (expected --db-dir)", db_dir.string());
  std::vector<fs::path> files;
  for (auto it = fs::recursive_directory_iterator(db_dir); it != fs::recursive_directory_iterator(); ++it) {
    // mmCIF folders hold hundreds of thousands of files and no sequences.
    if (it.depth() >= 1 && it->is_directory()) it.disable_recursion_pending();
    if (it->is_regular_file()) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());

  std::vector<Database> found;
  for (const KnownDatabase& known : kKnown) {
    fs::path best;
    int best_preference = -1;
    for (const fs::path& file : files) {
      const std::string name = file.filename().string();
      const bool matches = std::any_of(known.prefixes.begin(), known.prefixes.end(),
                                       [&](const char* prefix) { return name.starts_with(prefix); });
      const int rank = preference(name);
      if (!matches || rank < 0) continue;
      if (best_preference < 0 || rank < best_preference) {
        best = file;
        best_preference = rank;
      }
    }
    if (best_preference >= 0) found.push_back({known.name, best});
  }
  if (found.empty()) {
    base::throw_input(
        "{}: holds no database (expected files named like uniref90*.fmdb, mgy_clusters*.fa, "
        "bfd-first_non_consensus_sequences.fasta)",
        db_dir.string());
  }
  return found;
}

Database parse_database(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    base::throw_input("--db {}: expected NAME=PATH, for instance uniref90=uniref90.fmdb", text);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace foldmesh::pipeline
