// PDB format 3.3, and what other programs make of it.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "foldmesh/base/log.h"
#include "foldmesh/structio/entry_builder.h"
#include "foldmesh/structio/formats.h"
#include "foldmesh/structio/seqres.h"

namespace foldmesh::structio {
namespace {

// Columns of the format's description: counted from 1, both ends included.
std::string_view field(std::string_view line, size_t first, size_t last) {
  std::string_view text = line.size() < first ? std::string_view() : line.substr(first - 1, last - first + 1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}
char column(std::string_view line, size_t at) { return line.size() < at ? ' ' : line[at - 1]; }

// DD-MMM-YY as YYYY-MM-DD, empty if it is none. The PDB began in the seventies.
std::string iso_date(std::string_view date) {
  static const std::string kMonths = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
  int day = 0, year = 0;
  if (date.size() != 9 || date[2] != '-' || date[6] != '-') return {};
  const size_t month = kMonths.find(std::string(date.substr(3, 3)));
  if (month == std::string::npos || month % 3 != 0 || !parse_number(date.substr(0, 2), 0, &day) ||
      !parse_number(date.substr(7, 2), 0, &year) || day < 1 || day > 31 || year < 0) {
    return {};
  }
  return fmt::format("{}{:02}-{:02}-{:02}", year >= 70 ? "19" : "20", year, month / 3 + 1, day);
}

class PdbReader {
 public:
  PdbReader(std::string_view text, const std::string& path) : text_(text), at_{path, 0} {
    entry_.path = path;
  }

  Entry read() {
    while (!is_over_ && next_ < text_.size()) read_record(next_line());
    if (chains_.empty()) {
      base::throw_input("{}: has no atoms (expected a PDB file with ATOM records, or mmCIF)", at_.path);
    }
    name_blank_chain();
    for (const char id : order_) finish(id, chains_.at(id));
    return std::move(entry_);
  }

 private:
  struct Chain {
    std::vector<AtomRecord> atoms;
    std::set<ResidueKey> beside;  // residues behind the chain's end that are none of it
    bool ended = false;           // TER was there
    std::string id;
  };

  std::string_view next_line();
  void read_record(std::string_view line);
  void read_atom(std::string_view line, bool is_hetero);
  void read_seqres(std::string_view line);
  void read_facts(std::string_view record, std::string_view line);
  void name_blank_chain();
  void finish(char id, Chain& chain);

  std::string_view text_;
  size_t next_ = 0;
  base::Location at_;
  bool is_over_ = false;  // the first model is read
  Entry entry_;
  std::map<char, Chain> chains_;
  std::vector<char> order_;
  std::map<char, std::vector<std::string>> seqres_;
  Parents parents_;
};

std::string_view PdbReader::next_line() {
  const size_t end = std::min(text_.find('\n', next_), text_.size());
  std::string_view line = text_.substr(next_, end - next_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  next_ = end + 1;
  ++at_.line;
  return line;
}

void PdbReader::read_record(std::string_view line) {
  const std::string_view record = field(line, 1, 6);
  if (record == "ATOM" || record == "HETATM") {
    read_atom(line, record == "HETATM");
  } else if (record == "TER") {
    const auto chain = chains_.find(line.size() < 22 && !order_.empty() ? order_.back() : column(line, 22));
    if (chain != chains_.end()) chain->second.ended = true;
  } else if (record == "ENDMDL") {
    is_over_ = !chains_.empty();
  } else if (record == "END") {
    is_over_ = true;
  } else if (record == "SEQRES") {
    read_seqres(line);
  } else if (record == "MODRES") {
    parents_.emplace(field(line, 13, 15), field(line, 25, 27));
  } else {
    read_facts(record, line);
  }
}

void PdbReader::read_atom(std::string_view line, bool is_hetero) {
  constexpr size_t kEndOfCoordinates = 54;
  if (line.size() < kEndOfCoordinates) {
    base::throw_input(
        "{}: an atom's line ends before its coordinates (expected {} columns; is the file cut short?)",
        base::to_string(at_), kEndOfCoordinates);
  }
  AtomRecord atom;
  atom.name = field(line, 13, 16);
  atom.component = field(line, 18, 21);
  atom.insertion_code = column(line, 27);
  const auto fail = [&](std::string_view what, size_t first, size_t last) {
    base::throw_input("{}: '{}' in columns {}-{} is no {}", base::to_string(at_),
                      base::printable(field(line, first, last)), first, last, what);
  };
  if (!parse_number(field(line, 23, 26), 4, &atom.author_number)) fail("residue number", 23, 26);
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t first = 31 + 8 * axis;
    if (!parse_coordinate(field(line, first, first + 7), &atom.xyz[axis]))
      fail("coordinate", first, first + 7);
  }
  if (!parse_real(field(line, 55, 60), 1, &atom.occupancy)) fail("occupancy", 55, 60);
  if (!parse_real(field(line, 61, 66), 0, &atom.b_factor)) fail("B-factor", 61, 66);
  const char id = line[21];
  if (id < ' ' || id > '~') fail("chain", 22, 22);
  const auto [chain, is_new] = chains_.try_emplace(id);
  if (is_new) order_.push_back(id);
  if (is_hetero && chain->second.ended) chain->second.beside.insert(key_of(atom));
  chain->second.atoms.push_back(std::move(atom));
}

void PdbReader::read_seqres(std::string_view line) {
  for (size_t first = 20; first <= 68; first += 4) {
    const std::string_view name = field(line, first, first + 2);
    if (!name.empty()) seqres_[column(line, 12)].emplace_back(name);
  }
}

void PdbReader::read_facts(std::string_view record, std::string_view line) {
  const auto append = [&](std::string& to, std::string_view text) {
    to += (to.empty() || text.empty() ? "" : " ") + std::string(text);
  };
  if (record == "HEADER") {
    entry_.id = field(line, 63, 66);
    std::transform(entry_.id.begin(), entry_.id.end(), entry_.id.begin(),
                   [](unsigned char c) { return std::tolower(c); });
  } else if (record == "TITLE") {
    append(entry_.title, field(line, 11, 80));
  } else if (record == "EXPDTA") {
    append(entry_.method, field(line, 11, 79));
  } else if (record == "REVDAT") {
    const std::string date = iso_date(field(line, 14, 22));
    if (!date.empty() && (entry_.release_date.empty() || date < entry_.release_date))
      entry_.release_date = date;
  } else if (record == "REMARK" && field(line, 8, 10) == "2" && field(line, 12, 22) == "RESOLUTION.") {
    float value = 0;
    if (parse_real(field(line, 24, 30), 0, &value) && value > 0) entry_.resolution = value;
  }
}

// A chain without a name takes the first letter that is free.
void PdbReader::name_blank_chain() {
  for (auto& [id, chain] : chains_) chain.id = std::string(1, id);
  const auto blank = chains_.find(' ');
  if (blank == chains_.end()) return;
  for (char letter = 'A'; letter <= 'Z'; ++letter) {
    blank->second.id = std::string(1, letter);
    if (!chains_.contains(letter)) return;
  }
  blank->second.id = "_";
}

void PdbReader::finish(char id, Chain& chain) {
  const std::set<ResidueKey> protein = amino_acids(chain.atoms);
  ChainRecord record;
  record.author_id = record.label_id = chain.id;
  std::set<ResidueKey> others;
  for (AtomRecord& atom : chain.atoms) {
    const ResidueKey residue = key_of(atom);
    if (protein.contains(residue) && !chain.beside.contains(residue)) {
      record.atoms.push_back(std::move(atom));
    } else {
      others.insert(residue);
    }
  }
  entry_.n_other_residues += std::ssize(others);
  if (record.atoms.empty()) return;
  const auto sequence = seqres_.find(id);
  if (sequence != seqres_.end()) {
    if (place_in_sequence(sequence->second, record.atoms)) {
      for (const std::string& name : sequence->second) record.sequence.push_back({name});
    } else {
      base::log::warn("{}: chain {}: SEQRES does not agree with the atoms, whose residues are taken instead",
                      at_.path, base::printable(chain.id));
    }
  }
  add_chain(record, parents_, entry_);
}

}  // namespace

Entry parse_pdb(std::string_view text, const std::string& path) { return PdbReader(text, path).read(); }

}  // namespace foldmesh::structio
