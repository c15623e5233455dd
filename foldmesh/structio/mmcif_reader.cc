// mmCIF (PDBx dictionary v5, also files that have nothing but _atom_site).
#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "foldmesh/structio/cif_tokens.h"
#include "foldmesh/structio/entry_builder.h"
#include "foldmesh/structio/formats.h"

namespace foldmesh::structio {
namespace {

enum Categories : size_t {
  kAtomSite,
  kEntityPoly,
  kPolySeq,
  kStructAsym,
  kChemComp,
  kModified,
  kPolyScheme,
  kHistory,
  kExptl,
  kRefine,
  kMicroscopy,
  kStruct,
  kEntry
};
enum AtomColumns : size_t {
  kLabelAsym,
  kAuthAsym,
  kLabelSeq,
  kAuthSeq,
  kInsertion,
  kLabelComp,
  kAuthComp,
  kLabelAtom,
  kAuthAtom,
  kX,
  kY,
  kZ,
  kOccupancy,
  kBFactor,
  kModel,
  kEntityId,
  kGroup
};

const std::vector<WantedCategory>& wanted() {
  static const std::vector<WantedCategory> categories = {
      {"_atom_site",
       {"label_asym_id", "auth_asym_id", "label_seq_id", "auth_seq_id", "pdbx_pdb_ins_code", "label_comp_id",
        "auth_comp_id", "label_atom_id", "auth_atom_id", "cartn_x", "cartn_y", "cartn_z", "occupancy",
        "b_iso_or_equiv", "pdbx_pdb_model_num", "label_entity_id", "group_pdb"}},
      {"_entity_poly", {"entity_id", "type"}},
      {"_entity_poly_seq", {"entity_id", "num", "mon_id"}},
      {"_struct_asym", {"id", "entity_id"}},
      {"_chem_comp", {"id", "type"}},
      {"_pdbx_struct_mod_residue", {"label_comp_id", "parent_comp_id"}},
      {"_pdbx_poly_seq_scheme", {"asym_id", "seq_id", "pdb_seq_num", "pdb_ins_code"}},
      {"_pdbx_audit_revision_history", {"revision_date"}},
      {"_exptl", {"method"}},
      {"_refine", {"ls_d_res_high"}},
      {"_em_3d_reconstruction", {"resolution"}},
      {"_struct", {"title"}},
      {"_entry", {"id"}}};
  return categories;
}

// Text fields in one line.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_break = c == '\n' || c == '\r' || c == '\t';
    if (!is_break) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

class MmcifReader {
 public:
  MmcifReader(std::string_view text, const std::string& path)
      : path_(path), tables_(read_cif_block(text, path, wanted())) {}

  Entry read() {
    if (table(kAtomSite).n_rows() == 0) {
      base::throw_input("{}: has no atoms (expected _atom_site)", path_);
    }
    for (const size_t column : {kX, kY, kZ}) {
      if (!table(kAtomSite).has(column)) base::throw_input("{}: _atom_site has no coordinates", path_);
    }
    read_entities();
    read_atoms();
    Entry entry;
    entry.path = path_;
    read_facts(entry);
    for (Asym& asym : asyms_) {
      entry.n_other_residues += drop_others(asym);
      if (!asym.chain.atoms.empty()) add_protein(asym, entry);
    }
    number_unobserved(entry);
    return entry;
  }

 private:
  struct Entity {
    std::string type;  // _entity_poly.type; empty: not a polymer, or not said
    std::vector<std::vector<std::string>> sequence;
  };
  // A chain as mmCIF counts them: one molecule.
  struct Asym {
    ChainRecord chain;
    std::string entity;
    bool has_positions = true;  // all of its atoms say their place in the sequence
  };

  const CifTable& table(Categories which) const { return tables_[which]; }
  base::Location at(const CifTable& table, size_t row) const { return {path_, table.line(row)}; }

  void read_entities();
  void read_atoms();
  AtomRecord read_atom(size_t row) const;
  Asym& asym_of(size_t row);
  int64_t drop_others(Asym& asym) const;
  void add_protein(Asym& asym, Entry& entry) const;
  void number_unobserved(Entry& entry) const;
  void read_facts(Entry& entry) const;

  std::string path_;
  std::vector<CifTable> tables_;
  std::map<std::string, Entity, std::less<>> entities_;
  std::vector<Asym> asyms_;
  std::unordered_map<std::string, size_t> asym_index_;
  Parents parents_;
};

void MmcifReader::read_entities() {
  const CifTable& poly = table(kEntityPoly);
  for (size_t row = 0; row < poly.n_rows(); ++row) {
    entities_[std::string(poly.at(row, 0))].type = poly.at(row, 1);
  }
  const CifTable& seq = table(kPolySeq);
  for (size_t row = 0; row < seq.n_rows(); ++row) {
    auto& sequence = entities_[std::string(seq.at(row, 0))].sequence;
    int number = 0;
    if (!parse_number(seq.at(row, 1), 0, &number) || number < 1 ||
        number > static_cast<int>(sequence.size()) + 1) {
      base::throw_input("{}: '{}' in _entity_poly_seq.num (expected 1, 2, 3, ...)",
                        base::to_string(at(seq, row)), base::printable(seq.at(row, 1)));
    }
    if (number > static_cast<int>(sequence.size())) sequence.emplace_back();
    sequence[static_cast<size_t>(number) - 1].push_back(std::string(seq.at(row, 2)));
  }
  const CifTable& modified = table(kModified);
  for (size_t row = 0; row < modified.n_rows(); ++row) {
    parents_.emplace(modified.at(row, 0), modified.at(row, 1));
  }
}

AtomRecord MmcifReader::read_atom(size_t row) const {
  const CifTable& atoms = table(kAtomSite);
  const auto fail = [&](std::string_view what, size_t column) {
    base::throw_input("{}: '{}' is no {}", base::to_string(at(atoms, row)),
                      base::printable(atoms.at(row, column)), what);
  };
  const auto first_of = [&](size_t label, size_t author) {
    return std::string(atoms.at(row, label).empty() ? atoms.at(row, author) : atoms.at(row, label));
  };
  AtomRecord atom;
  atom.component = first_of(kLabelComp, kAuthComp);
  atom.name = first_of(kLabelAtom, kAuthAtom);
  for (size_t axis = 0; axis < 3; ++axis) {
    if (!parse_coordinate(atoms.at(row, kX + axis), &atom.xyz[axis])) fail("coordinate", kX + axis);
  }
  if (!parse_real(atoms.at(row, kOccupancy), 1, &atom.occupancy)) fail("occupancy", kOccupancy);
  if (!parse_real(atoms.at(row, kBFactor), 0, &atom.b_factor)) fail("B-factor", kBFactor);
  if (!atoms.at(row, kLabelSeq).empty() &&
      (!parse_number(atoms.at(row, kLabelSeq), 0, &atom.position) || atom.position < 1)) {
    fail("place in a sequence (expected 1 or more)", kLabelSeq);
  }
  if (atoms.at(row, kAuthSeq).empty()) {
    atom.author_number = atom.position;
  } else if (!parse_number(atoms.at(row, kAuthSeq), 0, &atom.author_number)) {
    fail("residue number", kAuthSeq);
  }
  const std::string_view code = atoms.at(row, kInsertion);
  if (!code.empty()) atom.insertion_code = code.front();
  return atom;
}

MmcifReader::Asym& MmcifReader::asym_of(size_t row) {
  const CifTable& atoms = table(kAtomSite);
  const std::string_view author = atoms.at(row, kAuthAsym);
  const std::string label(atoms.at(row, kLabelAsym).empty() ? author : atoms.at(row, kLabelAsym));
  const auto [found, is_new] = asym_index_.try_emplace(label, asyms_.size());
  if (!is_new) return asyms_[found->second];
  if (!is_chain_id(label) || (!author.empty() && !is_chain_id(author))) {
    base::throw_input("{}: an atom without a chain (expected label_asym_id or auth_asym_id)",
                      base::to_string(at(atoms, row)));
  }
  Asym& asym = asyms_.emplace_back();
  asym.chain.label_id = label;
  asym.chain.author_id = author.empty() ? label : author;
  asym.entity = atoms.at(row, kEntityId);
  return asym;
}

// Of the first model.
void MmcifReader::read_atoms() {
  const CifTable& atoms = table(kAtomSite);
  for (size_t row = 0; row < atoms.n_rows(); ++row) {
    if (atoms.at(row, kModel) != atoms.at(0, kModel)) continue;
    Asym& asym = asym_of(row);
    asym.chain.atoms.push_back(read_atom(row));
    asym.has_positions &= asym.chain.atoms.back().position > 0;
  }
  if (!table(kAtomSite).has(kEntityId)) {
    const CifTable& chains = table(kStructAsym);
    for (size_t row = 0; row < chains.n_rows(); ++row) {
      const auto found = asym_index_.find(std::string(chains.at(row, 0)));
      if (found != asym_index_.end()) asyms_[found->second].entity = chains.at(row, 1);
    }
  }
}

// Leaves a chain's amino acids and says how many other residues there were. A file that describes its
// polymers is believed; else residues are told by what they look like.
int64_t MmcifReader::drop_others(Asym& asym) const {
  std::vector<AtomRecord>& atoms = asym.chain.atoms;
  std::set<ResidueKey> keep;
  const auto entity = entities_.find(asym.entity);
  if (entity != entities_.end() && !entity->second.type.empty()) {
    std::string type = entity->second.type;
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
    if (type.find("peptide") != std::string::npos && type.find("nucleic") == std::string::npos) return 0;
  } else if (entities_.empty() || entity != entities_.end()) {
    keep = amino_acids(atoms);
  }
  std::set<ResidueKey> others;
  std::erase_if(atoms, [&](const AtomRecord& atom) {
    if (keep.contains(key_of(atom))) return false;
    others.insert(key_of(atom));
    return true;
  });
  return std::ssize(others);
}

void MmcifReader::add_protein(Asym& asym, Entry& entry) const {
  const auto entity = entities_.find(asym.entity);
  if (entity != entities_.end() && asym.has_positions) {
    asym.chain.sequence = entity->second.sequence;
  } else {
    for (AtomRecord& atom : asym.chain.atoms) atom.position = 0;
  }
  add_chain(asym.chain, parents_, entry);
}

// Numbers of residues without atoms, where the file says them.
void MmcifReader::number_unobserved(Entry& entry) const {
  std::map<std::string, EntryChain*, std::less<>> chains;
  for (EntryChain& chain : entry.chains) chains.emplace(chain.label_id, &chain);
  const CifTable& scheme = table(kPolyScheme);
  for (size_t row = 0; row < scheme.n_rows(); ++row) {
    const auto chain = chains.find(scheme.at(row, 0));
    int position = 0, number = 0;
    if (chain == chains.end() || !parse_number(scheme.at(row, 1), 0, &position) ||
        !parse_number(scheme.at(row, 2), 0, &number) || position < 1 ||
        position > static_cast<int>(chain->second->residues.size())) {
      continue;
    }
    EntryResidue& residue = chain->second->residues[static_cast<size_t>(position) - 1];
    if (residue.observed) continue;
    residue.author_number = number;
    if (!scheme.at(row, 3).empty()) residue.insertion_code = scheme.at(row, 3).front();
  }
}

void MmcifReader::read_facts(Entry& entry) const {
  const auto first = [&](Categories which) {
    return table(which).n_rows() == 0 ? std::string() : one_line(table(which).at(0, 0));
  };
  entry.id = first(kEntry);
  std::transform(entry.id.begin(), entry.id.end(), entry.id.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  entry.title = first(kStruct);
  entry.method = first(kExptl);
  const CifTable& history = table(kHistory);
  for (size_t row = 0; row < history.n_rows(); ++row) {
    const std::string date(history.at(row, 0));
    if (!date.empty() && (entry.release_date.empty() || date < entry.release_date)) entry.release_date = date;
  }
  for (const Categories which : {kRefine, kMicroscopy}) {
    float value = 0;
    if (!entry.resolution && !first(which).empty() && parse_real(first(which), 0, &value) && value > 0) {
      entry.resolution = value;
    }
  }
}

}  // namespace

Entry parse_mmcif(std::string_view text, const std::string& path) { return MmcifReader(text, path).read(); }

}  // namespace foldmesh::structio
