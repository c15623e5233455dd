#include "foldmesh/structio/mmcif_templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace foldmesh::structio {
namespace {

void begin(CifText& cif, std::string_view category, std::initializer_list<std::string_view> names) {
  cif.begin_loop(category, {names.begin(), names.size()});
}
void row(CifText& cif, std::initializer_list<std::string> values) {
  cif.row({values.begin(), values.size()});
}

// "1abc_A"
bool is_of_pdb(const std::string& name) {
  return name.size() > 5 && name[0] >= '1' && name[0] <= '9' && name[4] == '_' &&
         name.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == 4;
}

// Coordinates of templates are used as they stand.
void write_identity(CifText& cif) {
  std::vector<std::string> names;
  for (int i = 1; i <= 3; ++i) {
    for (int j = 1; j <= 3; ++j) names.push_back(fmt::format("rot_matrix[{}][{}]", i, j));
  }
  for (int i = 1; i <= 3; ++i) names.push_back(fmt::format("tr_vector[{}]", i));
  std::vector<CifText::Item> items = {{"id", "1"}};
  for (size_t k = 0; k < names.size(); ++k) items.push_back({names[k], k < 9 && k % 4 == 0 ? "1.0" : "0.0"});
  cif.category("_ma_template_trans_matrix", items);
}

// The numbers of the template's residues at the query's, 0 where it has none; empty when the runs do not fit.
std::vector<int> numbers_of(const UsedTemplate& one) {
  std::vector<int> numbers(one.aligned.size());
  size_t at = 0;
  int last = 0;
  for (const auto& [from, to] : one.residues) {
    if (from <= last || to < from || static_cast<size_t>(to) > one.chain_sequence.size()) return {};
    for (int number = from; number <= to; ++number, ++at) {
      at = std::min(one.aligned.find_first_not_of('-', at), one.aligned.size());
      if (at == one.aligned.size() ||
          one.aligned[at] != one.chain_sequence[static_cast<size_t>(number) - 1]) {
        return {};
      }
      numbers[at] = number;
    }
    last = to;
  }
  const bool is_all = one.aligned.find_first_not_of('-', at) == std::string::npos;
  return last > 0 && is_all ? numbers : std::vector<int>();
}

}  // namespace

void TemplateTables::align(Used& used) {
  const UsedTemplate& one = *used.made_of;
  const std::vector<int> numbers = numbers_of(one);
  for (size_t i = used.begin; i < used.end; ++i) {
    const int number = numbers.empty() ? 0 : numbers[i];
    if (number > 0) {
      if (used.first == 0) used.first = number;
      const auto n_between = static_cast<size_t>(used.last > 0 ? number - used.last - 1 : 0);
      used.target_row.append(n_between, '-');
      used.template_row += one.chain_sequence.substr(static_cast<size_t>(used.last), n_between);
      used.last = number;
    }
    used.target_row += used.target->letters[i];
    used.template_row += one.aligned[i];
  }
}

TemplateTables::TemplateTables(std::span<const UsedTemplate> templates,
                               std::span<const TemplateTarget> targets, size_t first_data_id)
    : first_data_id_(first_data_id) {
  for (const TemplateTarget& target : targets) {
    for (const UsedTemplate& one : templates) {
      if (one.query != target.letters) continue;
      Used used{&one, &target};
      if (one.aligned.size() == target.letters.size()) {
        const size_t first = one.aligned.find_first_not_of('-');
        if (first != std::string::npos) {
          used.begin = first;
          used.end = one.aligned.find_last_not_of('-') + 1;
          used.alignment = ++n_alignments_;
          align(used);
        }
      }
      used_.push_back(used);
    }
  }
}

void TemplateTables::write_data(CifText& cif) const {
  for (size_t t = 0; t < used_.size(); ++t) {
    row(cif, {data_of_template(t), cif_value(used_[t].made_of->name), "'template structure'", "."});
  }
  for (const Used& used : used_) {
    if (used.alignment == 0) continue;
    row(cif, {data_of_alignment(used.alignment), cif_value("Alignment to " + used.made_of->name),
              "'target-template alignment'", "."});
  }
}

void TemplateTables::write_data_group(CifText& cif, const std::string& group_id) const {
  for (size_t k = 0; k < used_.size() + n_alignments_; ++k) {
    row(cif, {data_of_template(k), group_id, data_of_template(k)});
  }
}

void TemplateTables::write(CifText& cif) const {
  if (empty()) return;
  write_identity(cif);
  write_details(cif);
  write_sequences(cif);
  write_origins(cif);
  if (n_alignments_ == 0) return;
  write_mapping(cif);
  write_alignments(cif);
  write_alignment_details(cif);
}

void TemplateTables::write_details(CifText& cif) const {
  begin(cif, "_ma_template_details",
        {"ordinal_id", "template_id", "template_origin", "template_entity_type", "template_trans_matrix_id",
         "template_data_id", "target_asym_id", "template_label_asym_id", "template_label_entity_id",
         "template_model_num", "template_auth_asym_id", "template_name"});
  size_t n_rows = 0;
  for (size_t t = 0; t < used_.size(); ++t) {
    const std::string& name = used_[t].made_of->name;
    const size_t underscore = name.rfind('_');
    for (const std::string& asym : used_[t].target->asym_ids) {
      row(cif,
          {std::to_string(++n_rows), std::to_string(t + 1),
           is_of_pdb(name) ? "'reference database'" : "customized", "polymer", "1", data_of_template(t), asym,
           cif_value(used_[t].made_of->label_id), ".", "1",
           cif_value(underscore == std::string::npos ? "" : name.substr(underscore + 1)), cif_value(name)});
    }
  }
  cif.end_loop();
}

void TemplateTables::write_sequences(CifText& cif) const {
  begin(cif, "_ma_template_poly", {"template_id", "seq_one_letter_code_can"});
  for (size_t t = 0; t < used_.size(); ++t) {
    row(cif, {std::to_string(t + 1), cif_folded(used_[t].made_of->chain_sequence)});
  }
  cif.end_loop();
}

void TemplateTables::write_origins(CifText& cif) const {
  for (const bool of_pdb : {true, false}) {
    bool is_begun = false;
    for (size_t t = 0; t < used_.size(); ++t) {
      const std::string& name = used_[t].made_of->name;
      if (is_of_pdb(name) != of_pdb) continue;
      if (!is_begun && of_pdb) {
        begin(cif, "_ma_template_ref_db_details", {"template_id", "db_name", "db_accession_code"});
      } else if (!is_begun) {
        begin(cif, "_ma_template_customized", {"template_id", "details"});
      }
      is_begun = true;
      if (of_pdb) {
        row(cif, {std::to_string(t + 1), "PDB", cif_value(name.substr(0, 4))});
      } else {
        row(cif, {std::to_string(t + 1), cif_value(name)});
      }
    }
    if (is_begun) cif.end_loop();
  }
}

// A template is one segment, from its first aligned residue to its last.
void TemplateTables::write_mapping(CifText& cif) const {
  begin(cif, "_ma_template_poly_segment",
        {"id", "template_id", "residue_number_begin", "residue_number_end"});
  const auto number = [](int n) { return n > 0 ? std::to_string(n) : "."; };
  for (size_t t = 0; t < used_.size(); ++t) {
    const Used& used = used_[t];
    if (used.alignment == 0) continue;
    row(cif, {std::to_string(used.alignment), std::to_string(t + 1), number(used.first), number(used.last)});
  }
  cif.end_loop();
  begin(cif, "_ma_target_template_poly_mapping",
        {"id", "template_segment_id", "target_asym_id", "target_seq_id_begin", "target_seq_id_end"});
  size_t n_rows = 0;
  for (const Used& used : used_) {
    if (used.alignment == 0) continue;
    for (const std::string& asym : used.target->asym_ids) {
      row(cif, {std::to_string(++n_rows), std::to_string(used.alignment), asym,
                std::to_string(used.begin + 1), std::to_string(used.end)});
    }
  }
  cif.end_loop();
}

void TemplateTables::write_alignments(CifText& cif) const {
  begin(cif, "_ma_alignment_info",
        {"alignment_id", "data_id", "software_group_id", "alignment_length", "alignment_type",
         "alignment_mode"});
  for (const Used& used : used_) {
    if (used.alignment == 0) continue;
    row(cif, {std::to_string(used.alignment), data_of_alignment(used.alignment), "1",
              std::to_string(used.target_row.size()), "'target-template pairwise alignment'", "local"});
  }
  cif.end_loop();
  begin(cif, "_ma_alignment", {"ordinal_id", "alignment_id", "target_template_flag", "sequence"});
  size_t n_rows = 0;
  for (const Used& used : used_) {
    if (used.alignment == 0) continue;
    for (const auto& [flag, letters] :
         {std::pair<const char*, std::string_view>{"1", used.target_row}, {"2", used.template_row}}) {
      row(cif, {std::to_string(++n_rows), std::to_string(used.alignment), flag, cif_folded(letters)});
    }
  }
  cif.end_loop();
}

void TemplateTables::write_alignment_details(CifText& cif) const {
  begin(cif, "_ma_alignment_details",
        {"ordinal_id", "alignment_id", "template_segment_id", "target_asym_id", "percent_sequence_identity",
         "sequence_identity_denominator"});
  size_t n_rows = 0;
  for (const Used& used : used_) {
    if (used.alignment == 0) continue;
    size_t n_aligned = 0, n_identical = 0;
    for (size_t i = used.begin; i < used.end; ++i) {
      n_aligned += used.made_of->aligned[i] != '-' ? 1 : 0;
      n_identical += used.made_of->aligned[i] == used.target->letters[i] ? 1 : 0;
    }
    const double percent = 100 * static_cast<double>(n_identical) / static_cast<double>(n_aligned);
    for (const std::string& asym : used.target->asym_ids) {
      row(cif,
          {std::to_string(++n_rows), std::to_string(used.alignment), std::to_string(used.alignment), asym,
           fmt::format("{:.1f}", percent), "'Number of aligned residue pairs (not including the gaps)'"});
    }
  }
  cif.end_loop();
}

}  // namespace foldmesh::structio
