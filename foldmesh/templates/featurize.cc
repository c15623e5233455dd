#include "foldmesh/templates/featurize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/templates/sequence_alignment.h"

namespace foldmesh::templates {
namespace {

namespace fs = std::filesystem;
using structio::Entry;
using structio::EntryChain;
using structio::EntryResidue;

constexpr int kCd = 11, kNh1 = 29, kNh2 = 30;  // atom37
constexpr int kFewestAtoms = 5;

double distance(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double d = static_cast<double>(a[axis]) - static_cast<double>(b[axis]);
    sum += d * d;
  }
  return std::sqrt(sum);
}

// Where a hit's residues are found.
struct Place {
  const EntryChain* chain = nullptr;
  std::string letters;  // of the chain
  Mapping pairs;        // hit residue -> chain residue
};

Place shifted(const EntryChain& chain, std::string letters, size_t offset, size_t length) {
  Place place{&chain, std::move(letters), {}};
  for (size_t i = 0; i < length; ++i) {
    place.pairs.emplace_back(static_cast<int>(i), static_cast<int>(offset + i));
  }
  return place;
}

// Like std::string::find, with X on either side equal to every letter.
size_t find_with_wildcards(const std::string& text, const std::string& pattern) {
  constexpr size_t kMostLooks = size_t{1} << 30;  // longer ones are aligned instead
  if (pattern.empty() || text.size() < pattern.size() || text.size() > kMostLooks / pattern.size()) {
    return std::string::npos;
  }
  const auto same = [](char a, char b) { return a == b || a == 'X' || b == 'X'; };
  const auto found = std::search(text.begin(), text.end(), pattern.begin(), pattern.end(), same);
  return found == text.end() ? std::string::npos : static_cast<size_t>(found - text.begin());
}

Place realigned(const Hit& hit, const Entry& entry) {
  const EntryChain* chain = structio::find_chain(entry, hit.chain_id);
  if (chain == nullptr && entry.chains.size() == 1) chain = &entry.chains.front();
  if (chain == nullptr) {
    base::throw_input("there is no chain {} among the {} of the file, and none has the hit's sequence",
                      base::printable(hit.chain_id), entry.chains.size());
  }
  constexpr double kLeastIdentity = 0.9;
  Place place{chain, chain->sequence(), {}};
  place.pairs = align(hit.sequence, place.letters);
  const auto shorter = static_cast<double>(std::min(hit.sequence.size(), place.letters.size()));
  const double identity = count_identical(hit.sequence, place.letters, place.pairs) / std::max(shorter, 1.0);
  if (identity < kLeastIdentity) {
    base::throw_input("its sequence is not that of chain {} ({:.0f} % identical, expected {:.0f} %)",
                      base::printable(chain->author_id), 100 * identity, 100 * kLeastIdentity);
  }
  return place;
}

Place find_hit(const Hit& hit, const Entry& entry) {
  std::vector<const EntryChain*> chains;
  const EntryChain* named = structio::find_chain(entry, hit.chain_id);
  if (named != nullptr) chains.push_back(named);
  for (const EntryChain& chain : entry.chains) {
    if (&chain != named) chains.push_back(&chain);
  }
  for (const EntryChain* chain : chains) {
    const std::string letters = chain->sequence();
    const size_t at = letters.find(hit.sequence);
    if (at != std::string::npos) return shifted(*chain, letters, at, hit.sequence.size());
  }
  for (const EntryChain* chain : chains) {
    const std::string letters = chain->sequence();
    const size_t at = find_with_wildcards(letters, hit.sequence);
    if (at != std::string::npos) return shifted(*chain, letters, at, hit.sequence.size());
  }
  return realigned(hit, entry);
}

void check_consecutive(const EntryChain& chain) {
  constexpr double kFarthest = 150;
  for (size_t i = 1; i < chain.residues.size(); ++i) {
    const EntryResidue &a = chain.residues[i - 1], &b = chain.residues[i];
    if (a.mask[bio::kAtom37Ca] == 0 || b.mask[bio::kAtom37Ca] == 0) continue;
    const double d = distance(a.position[bio::kAtom37Ca], b.position[bio::kAtom37Ca]);
    if (d > kFarthest) {
      base::throw_input("CA atoms of residues {} and {} are {:.0f} A apart (at most {:.0f})", i, i + 1, d,
                        kFarthest);
    }
  }
}

void put_atoms(const EntryResidue& from, size_t at, Template& out) {
  EntryResidue residue = from;
  // Which of the two nitrogens is the first is a matter of convention, and files differ.
  if (residue.name == "ARG" && residue.mask[kCd] != 0 && residue.mask[kNh1] != 0 && residue.mask[kNh2] != 0 &&
      distance(residue.position[kNh1], residue.position[kCd]) >
          distance(residue.position[kNh2], residue.position[kCd])) {
    std::swap(residue.position[kNh1], residue.position[kNh2]);
  }
  for (size_t a = 0; a < bio::kNumAtom37; ++a) {
    if (residue.mask[a] == 0) continue;
    out.masks[at * bio::kNumAtom37 + a] = 1;
    std::copy(residue.position[a].begin(), residue.position[a].end(),
              out.positions.begin() + static_cast<ptrdiff_t>((at * bio::kNumAtom37 + a) * 3));
  }
}

uint8_t hhblits_code(char letter) {
  const int id = bio::hhblits_id(letter);
  return static_cast<uint8_t>(id < 0 ? bio::kHhblitsX : id);
}

// `mapping` leads from the query to the chain's residues, `letters` are the chain's.
Template place_atoms(const EntryChain& chain, const std::string& letters, const Mapping& mapping,
                     size_t n_res) {
  check_consecutive(chain);
  Template out;
  out.sequence.assign(n_res, '-');
  out.aatype.assign(n_res, bio::kHhblitsGap);
  out.positions.assign(n_res * bio::kNumAtom37 * 3, 0);
  out.masks.assign(n_res * bio::kNumAtom37, 0);
  out.label_id = chain.label_id;
  out.chain_sequence = letters;
  for (const auto& [query, residue] : mapping) {
    if (out.residues.empty() || out.residues.back().second != residue) {
      out.residues.emplace_back(residue + 1, residue + 1);
    } else {
      out.residues.back().second = residue + 1;
    }
    const auto at = static_cast<size_t>(query), from = static_cast<size_t>(residue);
    out.sequence[at] = letters[from];
    out.aatype[at] = hhblits_code(letters[from]);
    put_atoms(chain.residues[from], at, out);
  }
  const auto n_atoms = std::count(out.masks.begin(), out.masks.end(), 1.0F);
  if (n_atoms < kFewestAtoms) {
    base::throw_input("only {} atoms are known (expected at least {})", n_atoms, kFewestAtoms);
  }
  return out;
}

// Why the entry is too new; empty if it is not.
std::string why_too_new(const Entry& entry, const std::string& latest) {
  if (latest.empty()) return {};
  if (entry.release_date.empty()) return "the file does not say when it was released";
  if (entry.release_date <= latest) return {};
  return fmt::format("released {}, after {}", base::printable(entry.release_date), latest);
}

// Ids to look for, the first one first.
std::vector<std::string> ids_of(const Hit& hit, const TemplateOptions& options) {
  const auto obsolete = options.obsolete.find(hit.pdb_id);
  if (obsolete == options.obsolete.end() || obsolete->second.empty()) return {hit.pdb_id};
  return {obsolete->second, hit.pdb_id};
}

std::optional<fs::path> file_of(const Hit& hit, const TemplateOptions& options, std::string* id) {
  for (const std::string& candidate : ids_of(hit, options)) {
    *id = candidate;
    if (const auto file = find_mmcif(options.mmcif_dir, candidate)) return file;
  }
  return std::nullopt;
}

Template open_and_make(const Hit& hit, const std::string& query, const TemplateOptions& options) {
  std::string id;
  const auto file = file_of(hit, options, &id);
  if (!file)
    base::throw_input("there is no {}.cif in {}", ids_of(hit, options).front(), options.mmcif_dir.string());
  const Entry entry = structio::read_structure(*file);
  const std::string too_new = why_too_new(entry, options.max_template_date);
  if (!too_new.empty()) base::throw_input("{}", too_new);
  Template out = make_template(hit, query, entry);
  out.domain_name = id + out.domain_name.substr(hit.pdb_id.size());
  return out;
}

// Without folder and endings: "model" of model.cif.gz.
std::string bare_name(const fs::path& file) {
  std::string name = file.filename().string();
  for (const char* ending : {".gz", ".zst", ".cif", ".mmcif", ".pdb", ".ent"}) {
    if (name.ends_with(ending)) name.resize(name.size() - std::string_view(ending).size());
  }
  return name;
}

// The chain that was named, or all of them; kInput when there is none.
std::vector<const EntryChain*> chains_of(const Entry& entry, const CustomTemplate& custom) {
  std::vector<const EntryChain*> chains;
  std::string names;
  for (const EntryChain& chain : entry.chains) {
    names += (names.empty() ? "" : ", ") + chain.author_id;
    if (custom.chain.empty()) chains.push_back(&chain);
  }
  const EntryChain* named = custom.chain.empty() ? nullptr : structio::find_chain(entry, custom.chain);
  if (named != nullptr) chains.push_back(named);
  if (chains.empty()) {
    base::throw_input("{}: has no protein chain {} (it has: {})", custom.file.string(),
                      base::printable(custom.chain), names.empty() ? "none" : base::printable(names, 200));
  }
  return chains;
}

}  // namespace

void check_date(const std::string& option, const std::string& date) {
  const auto digits = [&](size_t from, size_t n) {
    return std::all_of(date.begin() + static_cast<ptrdiff_t>(from),
                       date.begin() + static_cast<ptrdiff_t>(from + n),
                       [](unsigned char c) { return std::isdigit(c); });
  };
  if (date.size() != 10 || date[4] != '-' || date[7] != '-' || !digits(0, 4) || !digits(5, 2) ||
      !digits(8, 2)) {
    base::throw_input("{} {}: expected a date as YYYY-MM-DD", option, base::printable(date));
  }
}

Template all_zero_template(int64_t n_res) {
  const auto n = static_cast<size_t>(n_res);
  Template out;
  out.aatype.assign(n, 0);
  out.positions.assign(n * bio::kNumAtom37 * 3, 0);
  out.masks.assign(n * bio::kNumAtom37, 0);
  return out;
}

std::string why_not(const Hit& hit, const std::string& query) {
  constexpr double kLeastAligned = 0.1, kMostOfQuery = 0.95;
  constexpr size_t kShortest = 10;
  const auto n_res = static_cast<double>(query.size());
  if (hit.aligned_columns / n_res <= kLeastAligned) {
    return fmt::format("{} of {} residues aligned (expected more than a tenth)", hit.aligned_columns,
                       query.size());
  }
  if (static_cast<double>(hit.sequence.size()) / n_res > kMostOfQuery &&
      query.find(hit.sequence) != std::string::npos) {
    return "is the query itself";
  }
  if (hit.sequence.size() < kShortest) {
    return fmt::format("{} residues long (expected at least {})", hit.sequence.size(), kShortest);
  }
  return {};
}

Template make_template(const Hit& hit, const std::string& query, const Entry& entry) {
  if (entry.chains.empty()) base::throw_input("the file has no protein");
  const Place place = find_hit(hit, entry);
  Mapping mapping;
  auto pair = place.pairs.begin();
  for (const auto& [residue, in_hit] : hit.mapping) {
    while (pair != place.pairs.end() && pair->first < in_hit) ++pair;
    if (pair != place.pairs.end() && pair->first == in_hit) mapping.emplace_back(residue, pair->second);
  }
  Template out = place_atoms(*place.chain, place.letters, mapping, query.size());
  out.domain_name = hit.pdb_id + "_" + place.chain->author_id;
  out.sum_probs = static_cast<float>(hit.sum_probs.value_or(0));
  return out;
}

std::vector<Template> make_templates(const std::string& target, const std::string& query,
                                     std::vector<Hit> hits, const TemplateOptions& options) {
  const bool ranked =
      std::all_of(hits.begin(), hits.end(), [](const Hit& hit) { return hit.sum_probs.has_value(); });
  if (ranked) {
    std::stable_sort(hits.begin(), hits.end(),
                     [](const Hit& a, const Hit& b) { return *a.sum_probs > *b.sum_probs; });
  }
  std::vector<Template> out;
  std::set<std::string> seen;
  size_t n_skipped = 0;
  for (const Hit& hit : hits) {
    if (out.size() >= static_cast<size_t>(options.max_templates)) break;
    std::string reason = why_not(hit, query);
    if (reason.empty()) {
      try {
        Template made = open_and_make(hit, query, options);
        if (ranked || seen.insert(made.sequence).second) {
          out.push_back(std::move(made));
          continue;
        }
        reason = "same as a better one";
      } catch (const base::Error& error) {
        if (error.kind() == base::ErrorKind::kInternal) throw;
        reason = error.what();
      }
    }
    ++n_skipped;
    base::log::info("{}: template {} left out: {}", target, hit.name(), reason);
  }
  base::log::info("{}: {} templates of {} hits ({} left out)", target, out.size(), hits.size(), n_skipped);
  return out;
}

std::vector<fs::path> files_of(const std::string& query, std::span<const Hit> hits,
                               const TemplateOptions& options) {
  std::set<fs::path> files;
  std::string id;
  for (const Hit& hit : hits) {
    if (!why_not(hit, query).empty()) continue;
    if (const auto file = file_of(hit, options, &id)) files.insert(*file);
  }
  return {files.begin(), files.end()};
}

CustomTemplate parse_custom_template(const std::string& text) {
  std::error_code error;
  if (fs::is_regular_file(text, error)) return {text, ""};
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size() ||
      !fs::is_regular_file(text.substr(0, colon), error)) {
    base::throw_input("{}: there is no such file (expected FILE or FILE:CHAIN, PDB or mmCIF)", text);
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

void check_custom_template(const CustomTemplate& custom) {
  chains_of(structio::read_structure(custom.file), custom);
}

Template make_custom_template(const CustomTemplate& custom, const std::string& query) {
  constexpr double kByChance = 1;
  const Entry entry = structio::read_structure(custom.file);
  const EntryChain* best = nullptr;
  std::string letters;
  Mapping pairs;
  int most = -1;
  for (const EntryChain* chain : chains_of(entry, custom)) {
    const std::string candidate = chain->sequence();
    Mapping aligned = align(query, candidate);
    const int identical = count_identical(query, candidate, aligned);
    if (identical <= most) continue;
    best = chain;
    letters = candidate;
    pairs = std::move(aligned);
    most = identical;
  }
  const std::string aligned = fmt::format("{} residues aligned, {} of them identical", pairs.size(), most);
  if (e_value(query, letters, pairs) > kByChance) {
    base::throw_input("{}: chain {} does not resemble the query ({}, no more than by chance)",
                      custom.file.string(), base::printable(best->author_id), aligned);
  }
  try {
    Template out = place_atoms(*best, letters, pairs, query.size());
    out.domain_name = bare_name(custom.file) + "_" + best->author_id;
    base::log::info("template {}: {}", out.domain_name, aligned);
    return out;
  } catch (const base::Error& error) {
    base::throw_input("{}: {}", custom.file.string(), error.what());
  }
}

}  // namespace foldmesh::templates
