// ModelCIF's tables of templates: what they are, which residues of which chains they were aligned to.
#ifndef FOLDMESH_STRUCTIO_MMCIF_TEMPLATES_H_
#define FOLDMESH_STRUCTIO_MMCIF_TEMPLATES_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/structio/cif_text.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::structio {

// An entity of the file, as far as templates are concerned.
struct TemplateTarget {
  std::string letters;
  std::vector<std::string> asym_ids;  // its chains
};

// A template of two entities counts as two, because their alignments differ.
class TemplateTables {
 public:
  // Templates whose query is none of the targets are left out. Entries in _ma_data get numbers from
  // `first_data_id` on: the templates, then the alignments.
  TemplateTables(std::span<const UsedTemplate> templates, std::span<const TemplateTarget> targets,
                 size_t first_data_id);

  bool empty() const { return used_.empty(); }
  // Rows within the loops of _ma_data and _ma_data_group.
  void write_data(CifText& cif) const;
  void write_data_group(CifText& cif, const std::string& group_id) const;
  // _ma_template_* and _ma_target_template_poly_mapping, and where alignments are known _ma_alignment_*.
  void write(CifText& cif) const;

 private:
  struct Used {
    const UsedTemplate* made_of;
    const TemplateTarget* target;
    size_t begin = 0,
           end = 0;        // the residues from the first to the last aligned one, 0-based; equal: unknown
    size_t alignment = 0;  // its number, from 1 on; 0: none
    // The alignment with gaps. Residues of the template between aligned ones are in it if they are known.
    std::string target_row = {}, template_row = {};
    int first = 0, last = 0;  // of the template's own residues, from 1 on; 0: unknown
  };
  static void align(Used& used);
  std::string data_of_template(size_t t) const { return std::to_string(first_data_id_ + t); }
  std::string data_of_alignment(size_t alignment) const {
    return std::to_string(first_data_id_ + used_.size() + alignment - 1);
  }
  void write_details(CifText& cif) const;
  void write_sequences(CifText& cif) const;
  void write_origins(CifText& cif) const;
  void write_mapping(CifText& cif) const;
  void write_alignments(CifText& cif) const;
  void write_alignment_details(CifText& cif) const;

  std::vector<Used> used_;
  size_t first_data_id_, n_alignments_ = 0;
};

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_MMCIF_TEMPLATES_H_
