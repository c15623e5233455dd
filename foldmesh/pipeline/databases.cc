#include "foldmesh/pipeline/databases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacked = ".fmdb";
// In order of preference; what is packed takes the place of a FASTA file beside it later (packed_beside).
constexpr std::array<std::string_view, 8> kEndings = {".fasta",  ".fa",       ".faa",   ".fasta.zst",
                                                      ".fa.zst", ".fasta.gz", ".fa.gz", kPacked};
constexpr std::string_view kHhsuiteEnding = "_cs219.ffdata";
constexpr int kDeepest = 2;  // folders below the data folder that are looked into

// How file names of a database begin, lower case; the first is the usual one.
struct Known {
  const char* name;
  std::array<std::string_view, 2> starts;
  bool is_hhsuite;
};
constexpr std::array<Known, 6> kKnown = {{
    {"uniref90", {"uniref90", "uniref90"}, false},
    {"mgnify", {"mgy_clusters", "mgnify"}, false},
    {"small_bfd", {"bfd-first_non_consensus_sequences", "small_bfd"}, false},
    {"uniprot", {"uniprot", "uniprot_all"}, false},
    {"bfd", {"bfd", "bfd_metaclust"}, true},
    {"uniref30", {"uniref30", "uniclust30"}, true},
}};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// A database's name without the ending that tells the kind of file; nothing for other files.
struct Candidate {
  std::string stem;  // lower case
  size_t rank = 0;   // of the ending; lower is better
  fs::path path;     // for HH-suite without the ending
};

std::optional<Candidate> candidate(const fs::path& file, bool hhsuite) {
  const std::string name = file.filename().string();
  if (hhsuite) {
    if (!name.ends_with(kHhsuiteEnding)) return std::nullopt;
    const std::string stem = name.substr(0, name.size() - kHhsuiteEnding.size());
    return Candidate{lower(stem), 0, file.parent_path() / stem};
  }
  for (size_t i = 0; i < kEndings.size(); ++i) {
    if (name.ends_with(kEndings[i]))
      return Candidate{lower(name.substr(0, name.size() - kEndings[i].size())), i, file};
  }
  return std::nullopt;
}

std::vector<fs::path> files_in(const fs::path& data_dir) {
  if (!fs::is_directory(data_dir)) {
    base::throw_input("{}: is not a folder (expected one with databases)", data_dir.string());
  }
  // These hold hundreds of thousands of files and no databases.
  const std::set<std::string> passed_over = {"pdb_mmcif", "mmcif_files", "params", "obsolete", "divided"};
  std::vector<fs::path> files;
  const auto skip_unreadable = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(data_dir, skip_unreadable);
       it != fs::recursive_directory_iterator(); ++it) {
    if (it->is_directory() &&
        (it.depth() >= kDeepest || passed_over.contains(it->path().filename().string()))) {
      it.disable_recursion_pending();
    }
    if (it->is_regular_file()) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The usual name first, then the newest by name (mgy_clusters_2022_05 before mgy_clusters_2018_12), then by
// ending.
std::optional<std::string> find(const Known& known, const std::vector<fs::path>& files) {
  std::optional<Candidate> best;
  const auto is_better = [&](const Candidate& a, const Candidate& b) {
    const bool usual_a = a.stem == known.starts[0], usual_b = b.stem == known.starts[0];
    if (usual_a != usual_b) return usual_a;
    return a.stem != b.stem ? a.stem > b.stem : a.rank < b.rank;
  };
  for (const fs::path& file : files) {
    const std::optional<Candidate> found = candidate(file, known.is_hhsuite);
    if (!found || !(found->stem.starts_with(known.starts[0]) || found->stem.starts_with(known.starts[1])))
      continue;
    if (!best || is_better(*found, *best)) best = found;
  }
  if (!best) return std::nullopt;
  return best->path.string();
}

// The packed database made of a FASTA file, if it lies beside it and is not older.
fs::path packed_beside(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const std::string_view ending : kEndings) {
    if (ending == kPacked || !name.ends_with(ending)) continue;
    for (const std::string& stem : {name, name.substr(0, name.size() - ending.size())}) {
      const fs::path packed = path.parent_path() / (stem + std::string(kPacked));
      std::error_code error;
      if (!fs::is_regular_file(packed, error)) continue;
      if (fs::last_write_time(packed) >= fs::last_write_time(path)) return packed;
      base::log::warn("{}: is older than {} and not used", packed.string(), path.string());
    }
  }
  return path;
}

}  // namespace

Database parse_database(const std::string& text) {
  constexpr std::string_view kHhsuite = "hhsuite:";
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    base::throw_input("--db {}: expected NAME=PATH, for instance uniref90=uniref90.fmdb",
                      base::printable(text, 200));
  }
  Database database{text.substr(0, equals), text.substr(equals + 1), {}};
  std::string prefixes = database.path.string();
  if (!prefixes.starts_with(kHhsuite)) return database;
  prefixes.erase(0, kHhsuite.size());
  database.path.clear();
  for (size_t start = 0; start <= prefixes.size();) {
    const size_t end = std::min(prefixes.find(',', start), prefixes.size());
    if (end == start) {
      base::throw_input("--db {}: expected NAME=hhsuite:PREFIX[,PREFIX...]", base::printable(text, 200));
    }
    database.hhsuite.push_back(prefixes.substr(start, end - start));
    start = end + 1;
  }
  return database;
}

size_t max_rows(const std::string& database, RowLimits limits) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  if (limits == RowLimits::kNone) return kAll;
  const bool is_3 = limits == RowLimits::kAlphafold3;
  if (database == "uniref90") return 10'000;
  if (database == "uniprot") return 50'000;
  if (database == "mgnify") return is_3 ? 5'000 : 501;
  if (database == "small_bfd" && is_3) return 5'000;
  return kAll;
}

std::vector<Database> choose_databases(const DatabaseOptions& options) {
  std::map<std::string, std::string> paths = options.paths;
  if (!options.data_dir.empty()) {
    const std::vector<fs::path> files = files_in(options.data_dir);
    for (const Known& known : kKnown) {
      if (const auto path = find(known, files)) paths.emplace(known.name, *path);
    }
  }
  const std::string where = options.data_dir.empty() ? "the paths given" : options.data_dir.string();
  std::vector<Database> databases;
  const auto take = [&](const std::string& name) {
    const auto found = paths.find(name);
    if (found == paths.end()) return false;
    databases.push_back({name, packed_beside(found->second), {}});
    return true;
  };
  const auto take_or_warn = [&](const char* name) {
    if (!take(name)) base::log::warn("{}: no {} database there, so it is not searched", where, name);
  };
  const bool any_asked = !paths.empty() || !options.data_dir.empty();
  if (any_asked) {
    take_or_warn("uniref90");
    take_or_warn("mgnify");
    const bool full = options.bfd == BfdChoice::kFull ||
                      (options.bfd == BfdChoice::kWhatIsThere && !paths.contains("small_bfd"));
    if (!full && !take("small_bfd"))
      base::throw_input("{}: no small BFD there (expected bfd-first_non_consensus_sequences.fasta)", where);
    if (full) {
      Database bfd{"bfd_uniref", {}, {}};
      for (const char* name : {"bfd", "uniref30"}) {
        if (paths.contains(name)) bfd.hhsuite.push_back(paths[name]);
      }
      if (bfd.is_hhsuite()) {
        databases.push_back(bfd);
      } else if (options.bfd == BfdChoice::kFull) {
        base::throw_input("{}: no BFD or UniRef30 for HH-suite there (expected files named *{})", where,
                          kHhsuiteEnding);
      } else {
        base::log::warn("{}: neither small BFD nor BFD there, so neither is searched", where);
      }
    }
    if ((options.multimer || options.paths.contains("uniprot")) && !take("uniprot")) {
      base::throw_input("{}: no UniProt there (expected uniprot.fasta or uniprot_all_*.fa)", where);
    }
    if (databases.empty()) {
      base::throw_input(
          "{}: holds no database (expected files named like uniref90*.fmdb, mgy_clusters*.fa, "
          "bfd-first_non_consensus_sequences.fasta)",
          where);
    }
  }
  for (const Database& database : databases) {
    base::log::info("{}: {}", database.name,
                    database.is_hhsuite()
                        ? fmt::format("hhblits with {}", fmt::join(database.hhsuite, " and "))
                        : database.path.string());
  }
  for (const std::string& text : options.more) databases.push_back(parse_database(text));
  return databases;
}

}  // namespace foldmesh::pipeline
