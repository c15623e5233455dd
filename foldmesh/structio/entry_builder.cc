#include "foldmesh/structio/entry_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "foldmesh/structio/residue_names.h"

namespace foldmesh::structio {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Of an atom37 name; -1 for every other atom.
int atom_slot(const std::string& name) {
  static const auto* slots = [] {
    auto* map = new std::unordered_map<std::string, int>;
    for (int a = 0; a < bio::kNumAtom37; ++a) map->emplace(std::string(bio::kAtom37Names[a]), a);
    return map;
  }();
  const auto found = slots->find(name);
  return found == slots->end() ? -1 : found->second;
}

int slot_in(const std::string& component, const std::string& name) {
  const bool is_selenium = name == "SE";
  if (is_selenium && component == "MSE") return atom_slot("SD");
  if (is_selenium && component == "SEC") return atom_slot("SG");
  return atom_slot(name);
}

// Atoms of one position, whatever component they say they belong to.
struct Site {
  std::vector<size_t> atoms;  // of the chain
  int position = 0;
};

// The component that most of the molecules have.
std::string choose_component(const ChainRecord& chain, const Site& site) {
  std::string best = chain.atoms[site.atoms.front()].component;
  float highest = -1;
  for (const size_t a : site.atoms) {
    const AtomRecord& atom = chain.atoms[a];
    if (atom.occupancy <= highest) continue;
    best = atom.component;
    highest = atom.occupancy;
  }
  return best;
}

void place_atoms(const ChainRecord& chain, const Site& site, EntryResidue& residue) {
  std::array<float, bio::kNumAtom37> occupancy = {};
  for (const size_t a : site.atoms) {
    const AtomRecord& atom = chain.atoms[a];
    if (atom.component != residue.name) continue;
    const int slot = slot_in(atom.component, atom.name);
    if (slot < 0 || (residue.mask[slot] != 0 && atom.occupancy <= occupancy[slot])) continue;
    if (!residue.observed || slot == bio::kAtom37Ca) residue.b_factor = atom.b_factor;
    residue.mask[slot] = 1;
    residue.position[slot] = atom.xyz;
    residue.observed = true;
    occupancy[slot] = atom.occupancy;
  }
}

class LetterTable {
 public:
  explicit LetterTable(const Parents& parents) : parents_(parents) {}

  char letter(const std::string& component) {
    const auto known = letters_.find(component);
    if (known != letters_.end()) return known->second;
    char letter = find_component(component).letter;
    const auto parent = parents_.find(component);
    if (letter == 'X' && parent != parents_.end()) letter = find_component(parent->second).letter;
    letters_.emplace(component, letter);
    return letter;
  }

 private:
  const Parents& parents_;
  std::map<std::string, char> letters_;
};

std::vector<Site> group_atoms(const ChainRecord& chain) {
  std::vector<Site> sites;
  std::map<std::pair<int, int>, size_t> by_key;  // (position, 0), or (author number, insertion code + 1)
  for (size_t a = 0; a < chain.atoms.size(); ++a) {
    const AtomRecord& atom = chain.atoms[a];
    const std::pair<int, int> key = atom.position > 0
                                        ? std::pair(atom.position, 0)
                                        : std::pair(atom.author_number, atom.insertion_code + 1000);
    const auto [at, is_new] = by_key.try_emplace(key, sites.size());
    if (is_new) sites.push_back({{}, atom.position});
    sites[at->second].atoms.push_back(a);
  }
  return sites;
}

EntryResidue make_residue(const ChainRecord& chain, const Site& site, LetterTable& letters) {
  const AtomRecord& first = chain.atoms[site.atoms.front()];
  EntryResidue residue;
  residue.name = choose_component(chain, site);
  residue.letter = letters.letter(residue.name);
  residue.author_number = first.author_number;
  residue.insertion_code = first.insertion_code;
  place_atoms(chain, site, residue);
  return residue;
}

// A plain number, nothing behind it.
template <typename T>
bool parse_all(std::string_view text, T* value) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

// Two ranges of numbers follow the decimal ones: upper-case and then lower-case base-36 numbers that begin
// with a letter.
bool parse_hybrid36(std::string_view text, size_t width, int* value) {
  if (text.empty() || text.size() != width || width > 5) return false;
  const bool is_upper = text.front() >= 'A' && text.front() <= 'Z';
  const bool is_lower = text.front() >= 'a' && text.front() <= 'z';
  if (!is_upper && !is_lower) return false;
  int64_t number = 0, decimals = 1, first = 10, letters = 26;
  for (const char c : text) {
    const char letter = is_upper ? 'A' : 'a';
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= letter && c < letter + 26 ? c - letter + 10 : -1;
    if (digit < 0) return false;
    number = number * 36 + digit;
  }
  for (size_t i = 0; i < width; ++i) decimals *= 10;
  for (size_t i = 1; i < width; ++i) {
    first *= 36;
    letters *= 36;
  }
  *value = static_cast<int>(number - first + decimals + (is_upper ? 0 : letters));
  return true;
}

}  // namespace

bool parse_number(std::string_view text, size_t width, int* value) {
  const std::string_view digits = trimmed(text);
  constexpr int kLargest = 100'000'000;  // far beyond every residue; sums and differences must not overflow
  const bool is_number = parse_all(digits, value) || parse_hybrid36(digits, width, value);
  return is_number && *value >= -kLargest && *value <= kLargest;
}

bool parse_coordinate(std::string_view text, float* value) {
  constexpr float kFarthest = 1e6F;
  return parse_all(trimmed(text), value) && std::abs(*value) <= kFarthest;
}

bool parse_real(std::string_view text, float fallback, float* value) {
  *value = fallback;
  const std::string_view number = trimmed(text);
  return number.empty() || (parse_all(number, value) && std::isfinite(*value));
}

bool is_chain_id(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::set<ResidueKey> amino_acids(const std::vector<AtomRecord>& atoms) {
  std::map<ResidueKey, int> residues;  // backbone atoms seen
  for (const AtomRecord& atom : atoms) {
    residues[key_of(atom)] += atom.name == "N" || atom.name == "CA" || atom.name == "C" ? 1 : 0;
  }
  std::set<ResidueKey> out;
  for (const auto& [key, n_backbone] : residues) {
    const ComponentKind kind = find_component(std::get<std::string>(key)).kind;
    const bool has_backbone = n_backbone >= 3;
    if (kind == ComponentKind::kAminoAcid || (kind == ComponentKind::kUnknown && has_backbone))
      out.insert(key);
  }
  return out;
}

void add_chain(const ChainRecord& chain, const Parents& parents, Entry& entry) {
  LetterTable letters(parents);
  const std::vector<Site> sites = group_atoms(chain);
  size_t n_residues = std::max(sites.size(), chain.sequence.size());
  for (const EntryChain& other : entry.chains) n_residues += other.residues.size();
  if (n_residues > kMostResidues) {
    base::throw_input("{}: more than {} residues", entry.path, kMostResidues);
  }
  EntryChain& out = entry.chains.emplace_back(EntryChain{chain.author_id, chain.label_id, {}});
  if (chain.sequence.empty()) {
    for (const Site& site : sites) out.residues.push_back(make_residue(chain, site, letters));
    return;
  }
  for (const std::vector<std::string>& choices : chain.sequence) {
    EntryResidue& residue = out.residues.emplace_back();
    residue.name = choices.front();
    residue.letter = letters.letter(residue.name);
  }
  for (const Site& site : sites) {
    if (site.position < 1 || site.position > static_cast<int>(chain.sequence.size())) {
      base::throw_input("{}: chain {}: an atom of residue {} is none of the sequence's {} residues",
                        entry.path, base::printable(chain.author_id), site.position, chain.sequence.size());
    }
    out.residues[static_cast<size_t>(site.position) - 1] = make_residue(chain, site, letters);
  }
}

std::string EntryChain::sequence() const {
  std::string letters;
  for (const EntryResidue& residue : residues) letters += residue.letter;
  return letters;
}

}  // namespace foldmesh::structio
