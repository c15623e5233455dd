// Where templates come from.
#ifndef FOLDMESH_PIPELINE_TEMPLATE_OPTIONS_H_
#define FOLDMESH_PIPELINE_TEMPLATE_OPTIONS_H_

#include <filesystem>
#include <string>
#include <vector>

namespace foldmesh::pipeline {

struct TemplateSettings {
  std::filesystem::path pdb_seqres;     // sequences of the PDB's chains: packed or FASTA; may be empty
  std::string pdb70;                    // what the files of HH-suite's PDB70 begin with; may be empty
  std::filesystem::path mmcif_dir;      // structures of the hits
  std::filesystem::path obsolete_pdbs;  // obsolete.dat; may be empty
  std::string max_date;                 // YYYY-MM-DD: no later releases; empty: all
  std::vector<std::string> custom;      // FILE[:CHAIN], before those that are found

  bool searches() const { return !pdb_seqres.empty() || !pdb70.empty(); }
};

// Fills what is empty with the paths that a data folder has, whether or not a run could use them.
void find_template_paths(const std::filesystem::path& data_dir, TemplateSettings* settings);

// Fills what is empty with what a data folder laid out like AlphaFold 2's or 3's download holds. PDB70 only
// where there are no pdb_seqres sequences. Where something is missing (structures, hhsearch), nothing is
// searched, and a warning says so.
void find_template_data(const std::filesystem::path& data_dir, TemplateSettings* settings);

// Throws kInput, before any work, for a date that is none and for files and folders that are not there;
// hits without a folder of structures are searched for in vain, so that is an error, too.
void check_template_settings(const TemplateSettings& settings);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_TEMPLATE_OPTIONS_H_
