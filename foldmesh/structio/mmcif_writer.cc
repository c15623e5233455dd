// mmCIF with the ModelCIF extension. Category and item names are those of mmcif_pdbx_v50.dic and
// mmcif_ma.dic 1.4.9.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "foldmesh/base/file.h"
#include "foldmesh/base/version.h"
#include "foldmesh/structio/atoms.h"
#include "foldmesh/structio/checks.h"
#include "foldmesh/structio/cif_text.h"
#include "foldmesh/structio/mmcif_templates.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::structio {
namespace {

using Names = std::initializer_list<std::string_view>;
using Values = std::initializer_list<std::string>;

// What a header of UniProt's says: "sp|P69905|HBA_HUMAN ...".
struct UniProtNames {
  std::string accession, name;
};
std::optional<UniProtNames> uniprot_names(std::string_view header) {
  if (!header.starts_with("sp|") && !header.starts_with("tr|")) return std::nullopt;
  const std::string_view rest = header.substr(3, header.find_first_of(" \t", 3) - 3);
  const size_t bar = rest.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  const auto fits = [](std::string_view text, std::string_view others) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
    });
  };
  const std::string_view accession = rest.substr(0, bar), name = rest.substr(bar + 1);
  if (!fits(accession, "") || !fits(name, "_")) return std::nullopt;
  return UniProtNames{std::string(accession), std::string(name)};
}

// Chains as ranges of residues, and entities (distinct sequences) as sets of chains.
struct Chain {
  std::string id;
  size_t begin = 0, end = 0;
  size_t entity = 0;
};
struct Entity {
  std::string letters;
  std::vector<size_t> chains;
};
struct Assembly {
  std::vector<Chain> chains;
  std::vector<Entity> entities;
};

std::string letters_of(const bio::Structure& structure, size_t begin, size_t end) {
  std::string letters;
  for (size_t i = begin; i < end; ++i)
    letters += bio::kRestypeLetters[static_cast<size_t>(structure.aatype[i])];
  return letters;
}

Assembly assemble(const bio::Structure& structure) {
  Assembly out;
  for (size_t begin = 0, end = 0; begin < structure.n_res(); begin = end) {
    const int index = structure.chain_index[begin];
    for (end = begin; end < structure.n_res() && structure.chain_index[end] == index;) ++end;
    const std::string letters = letters_of(structure, begin, end);
    size_t entity = 0;
    while (entity < out.entities.size() && out.entities[entity].letters != letters) ++entity;
    if (entity == out.entities.size()) out.entities.push_back({letters, {}});
    out.entities[entity].chains.push_back(out.chains.size());
    out.chains.push_back({structure.chain_ids[static_cast<size_t>(index)], begin, end, entity});
  }
  return out;
}

std::vector<TemplateTarget> targets_of(const Assembly& assembly) {
  std::vector<TemplateTarget> out;
  for (const Entity& entity : assembly.entities) {
    TemplateTarget& target = out.emplace_back();
    target.letters = entity.letters;
    for (const size_t chain : entity.chains) target.asym_ids.push_back(assembly.chains[chain].id);
  }
  return out;
}

class Writer {
 public:
  Writer(const bio::Structure& structure, const Provenance& provenance)
      : structure_(structure),
        provenance_(provenance),
        assembly_(assemble(structure)),
        targets_(targets_of(assembly_)),
        templates_(provenance.templates, targets_, assembly_.entities.size() + 2),
        cif_(provenance.entry_id) {}

  std::string text() {
    head();
    polymers();
    if (provenance_.is_prediction) provenance_of_model();
    if (provenance_.is_prediction) quality();
    atoms();
    return cif_.take();
  }

 private:
  void category(std::string_view name, std::initializer_list<CifText::Item> items) {
    cif_.category(name, {items.begin(), items.size()});
  }
  void begin(std::string_view name, Names names) { cif_.begin_loop(name, {names.begin(), names.size()}); }
  void row(Values values) { cif_.row({values.begin(), values.size()}); }

  std::string comp(size_t residue) const {
    return std::string(bio::kRestypeNames3[static_cast<size_t>(structure_.aatype[residue])]);
  }
  // That of its first chain which has one.
  std::string description_of(const Entity& entity) const {
    for (const size_t chain : entity.chains) {
      if (chain < provenance_.chain_descriptions.size() && !provenance_.chain_descriptions[chain].empty()) {
        return provenance_.chain_descriptions[chain];
      }
    }
    return "";
  }
  static std::string entity_id(size_t entity) { return std::to_string(entity + 1); }
  // Residue numbers of authors and PDB.
  std::string number(size_t residue) const { return std::to_string(structure_.residue_index[residue] + 1); }

  void head() {
    if (provenance_.untrained) cif_.comment(kUntrainedNote);
    if (provenance_.replacement_b_factors) cif_.comment(kReplacementNote);
    category("_entry", {{"id", cif_value(provenance_.entry_id)}});
    if (provenance_.is_prediction) {
      begin("_audit_conform", {"dict_name", "dict_version", "dict_location"});
      row({"mmcif_ma.dic", "1.4.9",
           "https://raw.githubusercontent.com/ihmwg/ModelCIF/master/dist/mmcif_ma.dic"});
      cif_.end_loop();
    }
    const std::string title =
        provenance_.untrained ? fmt::format("{} ({})", provenance_.title, kUntrainedNote) : provenance_.title;
    category("_struct", {{"entry_id", cif_value(provenance_.entry_id)},
                         {"title", cif_value(title)},
                         {"pdbx_model_details", provenance_.untrained ? cif_value(kUntrainedNote) : "."}});
  }

  void polymers() {
    begin("_entity", {"id", "type", "src_method", "pdbx_description", "pdbx_number_of_molecules"});
    for (size_t e = 0; e < assembly_.entities.size(); ++e) {
      row({entity_id(e), "polymer", ".", cif_value(description_of(assembly_.entities[e])),
           std::to_string(assembly_.entities[e].chains.size())});
    }
    cif_.end_loop();
    entity_poly();
    begin("_entity_poly_seq", {"entity_id", "num", "mon_id", "hetero"});
    for (size_t e = 0; e < assembly_.entities.size(); ++e) {
      const Chain& chain = assembly_.chains[assembly_.entities[e].chains.front()];
      for (size_t i = chain.begin; i < chain.end; ++i) {
        row({entity_id(e), std::to_string(i - chain.begin + 1), comp(i), "n"});
      }
    }
    cif_.end_loop();
    chem_comp();
    begin("_struct_asym", {"id", "entity_id", "details"});
    for (const Chain& chain : assembly_.chains) row({chain.id, entity_id(chain.entity), "."});
    cif_.end_loop();
    begin("_pdbx_poly_seq_scheme", {"asym_id", "entity_id", "seq_id", "mon_id", "pdb_seq_num", "auth_seq_num",
                                    "pdb_mon_id", "auth_mon_id", "pdb_strand_id", "pdb_ins_code", "hetero"});
    for (const Chain& chain : assembly_.chains) {
      for (size_t i = chain.begin; i < chain.end; ++i) {
        row({chain.id, entity_id(chain.entity), std::to_string(i - chain.begin + 1), comp(i), number(i),
             number(i), comp(i), comp(i), chain.id, ".", "n"});
      }
    }
    cif_.end_loop();
  }

  void entity_poly() {
    begin("_entity_poly", {"entity_id", "type", "nstd_linkage", "nstd_monomer", "pdbx_strand_id",
                           "pdbx_seq_one_letter_code", "pdbx_seq_one_letter_code_can"});
    for (size_t e = 0; e < assembly_.entities.size(); ++e) {
      const Entity& entity = assembly_.entities[e];
      std::string strands, letters;
      for (const size_t c : entity.chains) {
        const std::string& id = structure_.chain_ids[structure_.chain_index[assembly_.chains[c].begin]];
        strands += (strands.empty() ? "" : ",") + id;
      }
      for (const char letter : entity.letters) letters += letter == 'X' ? "(UNK)" : std::string(1, letter);
      row({entity_id(e), "polypeptide(L)", "no", "no", cif_value(strands), cif_folded(letters),
           cif_folded(entity.letters)});
    }
    cif_.end_loop();
  }

  void chem_comp() {
    std::array<bool, bio::kNumRestypes> used{};
    for (const int type : structure_.aatype) used[static_cast<size_t>(type)] = true;
    begin("_chem_comp", {"id", "type", "mon_nstd_flag"});
    for (size_t type = 0; type < used.size(); ++type) {
      if (!used[type]) continue;
      row({std::string(bio::kRestypeNames3[type]),
           type == bio::kRestypeGly ? "'peptide linking'" : "'L-peptide linking'",
           type == bio::kRestypeX ? "." : "y"});
    }
    cif_.end_loop();
  }

  void provenance_of_model() {
    software();
    data();
    targets_and_templates();
    const std::string model_data = std::to_string(assembly_.entities.size() + 1);
    category("_ma_model_list", {{"ordinal_id", "1"},
                                {"model_id", "1"},
                                {"model_group_id", "1"},
                                {"model_group_name", "."},
                                {"model_name", cif_value(provenance_.model_name)},
                                {"data_id", model_data},
                                {"model_type", "'Ab initio model'"},
                                {"model_type_other_details", "."}});
    protocol();
    if (provenance_.pae_file.empty()) return;
    category("_ma_entry_associated_files",
             {{"id", "1"},
              {"entry_id", cif_value(provenance_.entry_id)},
              {"file_url", cif_value(provenance_.pae_file)},
              {"file_type", "other"},
              {"file_format", "json"},
              {"file_content", "'QA metrics'"},
              {"details", "'Predicted aligned error of every pair of residues'"}});
  }

  void software() {
    category("_citation", {{"id", "1"},
                           {"title", "'Highly accurate protein structure prediction with AlphaFold'"},
                           {"journal_abbrev", "Nature"},
                           {"journal_volume", "596"},
                           {"page_first", "583"},
                           {"page_last", "589"},
                           {"year", "2021"},
                           {"pdbx_database_id_PubMed", "34265844"},
                           {"pdbx_database_id_DOI", "10.1038/s41586-021-03819-2"}});
    category("_software", {{"pdbx_ordinal", "1"},
                           {"name", "foldmesh"},
                           {"classification", "'model building'"},
                           {"description", "'Structure prediction with the AlphaFold 2 network'"},
                           {"version", cif_value(base::version())},
                           {"type", "program"},
                           {"citation_id", "1"}});
    category("_ma_software_group", {{"ordinal_id", "1"}, {"group_id", "1"}, {"software_id", "1"}});
  }

  // Data 1 to n are the target sequences, n + 1 the model, the next ones the templates and their alignments.
  // Group 1 is what goes into the network, group 2 the model.
  void data() {
    const size_t n_targets = assembly_.entities.size();
    begin("_ma_data", {"id", "name", "content_type", "content_type_other_details"});
    for (size_t e = 0; e < n_targets; ++e) row({entity_id(e), "'Target sequence'", "target", "."});
    row({std::to_string(n_targets + 1), "'Predicted structure'", "'model coordinates'", "."});
    templates_.write_data(cif_);
    cif_.end_loop();
    begin("_ma_data_group", {"ordinal_id", "group_id", "data_id"});
    for (size_t e = 0; e < n_targets; ++e) row({entity_id(e), "1", entity_id(e)});
    row({std::to_string(n_targets + 1), "2", std::to_string(n_targets + 1)});
    templates_.write_data_group(cif_, "1");
    cif_.end_loop();
  }

  void targets_and_templates() {
    std::vector<std::optional<UniProtNames>> names;
    for (const Entity& entity : assembly_.entities) names.push_back(uniprot_names(description_of(entity)));
    // ModelCIF knows no third origin.
    begin("_ma_target_entity", {"entity_id", "data_id", "origin"});
    for (size_t e = 0; e < names.size(); ++e) {
      row({entity_id(e), entity_id(e), names[e] ? "'reference database'" : "designed"});
    }
    cif_.end_loop();
    if (std::any_of(names.begin(), names.end(), [](const auto& name) { return name.has_value(); })) {
      begin("_ma_target_ref_db_details", {"target_entity_id", "db_name", "db_code", "db_accession"});
      for (size_t e = 0; e < names.size(); ++e) {
        if (names[e]) row({entity_id(e), "UNP", names[e]->name, names[e]->accession});
      }
      cif_.end_loop();
    }
    begin("_ma_target_entity_instance", {"asym_id", "entity_id", "details"});
    for (const Chain& chain : assembly_.chains) row({chain.id, entity_id(chain.entity), "."});
    cif_.end_loop();
    templates_.write(cif_);
  }

  void protocol() {
    begin("_ma_protocol_step", {"ordinal_id", "protocol_id", "step_id", "method_type", "step_name", "details",
                                "software_group_id", "input_data_group_id", "output_data_group_id"});
    int step = 0;
    const auto add = [&](const std::string& method, const std::string& name, const std::string& input,
                         const std::string& output, const std::string& details = ".") {
      const std::string number = std::to_string(++step);
      row({number, "1", number, method, name, details, "1", input, output});
    };
    add("'coevolution MSA'", "'search for homologous sequences'", "1", "1");
    if (!templates_.empty()) add("'template search'", "'search for templates'", "1", "1");
    add("modeling", "'network inference'", "1", "2", provenance_.untrained ? cif_value(kUntrainedNote) : ".");
    if (provenance_.relaxed) add("other", "'restrained energy minimization'", "2", "2");
    cif_.end_loop();
  }

  void quality() {
    begin("_ma_qa_metric",
          {"id", "name", "description", "type", "mode", "type_other_details", "software_group_id"});
    row({"1", "pLDDT", "'Predicted lDDT, mean over residues, 0 to 100'", "pLDDT", "global", ".", "1"});
    row({"2", "pLDDT", "'Predicted lDDT of a residue, 0 to 100'", "pLDDT", "local", ".", "1"});
    if (provenance_.ptm) row({"3", "pTM", "'Predicted TM-score, 0 to 1'", "pTM", "global", ".", "1"});
    if (provenance_.iptm)
      row({"4", "ipTM", "'Predicted TM-score of interfaces, 0 to 1'", "ipTM", "global", ".", "1"});
    cif_.end_loop();

    double sum = 0;
    for (const float value : structure_.plddt) sum += static_cast<double>(value);
    begin("_ma_qa_metric_global", {"ordinal_id", "model_id", "metric_id", "metric_value"});
    int ordinal = 0;
    const auto global = [&](const char* metric, double value, int digits) {
      row({std::to_string(++ordinal), "1", metric, fmt::format("{:.{}f}", value, digits)});
    };
    global("1", sum / static_cast<double>(structure_.n_res()), 2);
    if (provenance_.ptm) global("3", *provenance_.ptm, 4);
    if (provenance_.iptm) global("4", *provenance_.iptm, 4);
    cif_.end_loop();

    begin("_ma_qa_metric_local", {"ordinal_id", "model_id", "label_asym_id", "label_seq_id", "label_comp_id",
                                  "metric_id", "metric_value"});
    for (const Chain& chain : assembly_.chains) {
      for (size_t i = chain.begin; i < chain.end; ++i) {
        row({std::to_string(i + 1), "1", chain.id, std::to_string(i - chain.begin + 1), comp(i), "2",
             fmt::format("{:.2f}", structure_.plddt[i])});
      }
    }
    cif_.end_loop();
  }

  void atoms() {
    begin("_atom_type", {"symbol"});
    for (const char* symbol : {"C", "N", "O", "S"}) row({symbol});
    if (!structure_.hydrogens.empty()) row({"H"});
    cif_.end_loop();
    begin("_atom_site", {"group_PDB",      "id",
                         "type_symbol",    "label_atom_id",
                         "label_alt_id",   "label_comp_id",
                         "label_asym_id",  "label_entity_id",
                         "label_seq_id",   "pdbx_PDB_ins_code",
                         "Cartn_x",        "Cartn_y",
                         "Cartn_z",        "occupancy",
                         "B_iso_or_equiv", "auth_seq_id",
                         "auth_comp_id",   "auth_asym_id",
                         "auth_atom_id",   "pdbx_PDB_model_num"});
    int64_t serial = 0;
    for (const Chain& chain : assembly_.chains) {
      for (size_t i = chain.begin; i < chain.end; ++i) serial = residue_atoms(chain, i, serial);
    }
    cif_.end_loop();
  }

  // Returns the last serial number used.
  int64_t residue_atoms(const Chain& chain, size_t i, int64_t serial) {
    const std::string name3 = comp(i);
    const auto plddt = static_cast<double>(structure_.plddt[i]);
    const double b_factor = provenance_.replacement_b_factors ? replacement_b_factor(plddt) : plddt;
    for_each_atom(structure_, i, [&](std::string_view atom, const std::array<float, 3>& position) {
      const auto& [x, y, z] = position;
      line_.clear();
      fmt::format_to(
          std::back_inserter(line_),
          "ATOM {0:<5} {1} {2:<3} . {3} {4} {5} {6:<4} ? {7:>8.3f} {8:>8.3f} {9:>8.3f} 1.00 {10:>6.2f} "
          "{11:<4} {3} {4} {2:<3} 1",
          ++serial, atom.substr(0, 1), atom, name3, chain.id, entity_id(chain.entity), i - chain.begin + 1, x,
          y, z, b_factor, structure_.residue_index[i] + 1);
      cif_.row_text(line_);
    });
    return serial;
  }

  const bio::Structure& structure_;
  const Provenance& provenance_;
  Assembly assembly_;
  std::vector<TemplateTarget> targets_;
  TemplateTables templates_;
  CifText cif_;
  std::string line_;
};

}  // namespace

std::string to_mmcif(const bio::Structure& structure, const Provenance& provenance) {
  check(structure);
  return Writer(structure, provenance).text();
}

void write_mmcif(const bio::Structure& structure, const Provenance& provenance,
                 const std::filesystem::path& path) {
  base::write_file_atomically(path, to_mmcif(structure, provenance));
}

}  // namespace foldmesh::structio
