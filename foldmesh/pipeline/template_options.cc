#include "foldmesh/pipeline/template_options.h"

#include <algorithm>
#include <system_error>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/hhsuite/hhsearch.h"
#include "foldmesh/templates/featurize.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}
bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// Packed before FASTA, the newest by name first.
fs::path find_seqres(const fs::path& folder) {
  std::vector<fs::path> packed, text;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file(error) || !name.starts_with("pdb_seqres")) continue;
    (name.ends_with(".fmdb") ? packed : text).push_back(entry.path());
  }
  std::vector<fs::path>& found = packed.empty() ? text : packed;
  return found.empty() ? fs::path() : *std::max_element(found.begin(), found.end());
}

}  // namespace

void find_template_paths(const fs::path& data_dir, TemplateSettings* settings) {
  for (const fs::path& folder : {data_dir / "pdb_mmcif" / "mmcif_files", data_dir / "mmcif_files"}) {
    if (settings->mmcif_dir.empty() && is_folder(folder)) settings->mmcif_dir = folder;
  }
  for (const fs::path& file : {data_dir / "pdb_mmcif" / "obsolete.dat", data_dir / "obsolete.dat"}) {
    if (settings->obsolete_pdbs.empty() && is_file(file)) settings->obsolete_pdbs = file;
  }
  for (const fs::path& folder : {data_dir / "pdb_seqres", data_dir}) {
    if (settings->pdb_seqres.empty()) settings->pdb_seqres = find_seqres(folder);
  }
  for (const fs::path& prefix : {data_dir / "pdb70" / "pdb70", data_dir / "pdb70"}) {
    if (settings->pdb70.empty() && is_file(prefix.string() + "_hhm.ffdata"))
      settings->pdb70 = prefix.string();
  }
}

void find_template_data(const fs::path& data_dir, TemplateSettings* settings) {
  if (data_dir.empty()) return;
  TemplateSettings found = *settings;
  find_template_paths(data_dir, &found);
  settings->mmcif_dir = found.mmcif_dir;
  settings->obsolete_pdbs = found.obsolete_pdbs;
  if (settings->searches()) return;
  settings->pdb_seqres = found.pdb_seqres;
  if (settings->pdb_seqres.empty()) settings->pdb70 = found.pdb70;
  std::string obstacle;
  if (settings->searches() && settings->mmcif_dir.empty()) obstacle = "no folder mmcif_files there";
  if (!settings->pdb70.empty() && obstacle.empty()) {
    try {
      hhsuite::check_hhsearch_installed();
      hhsuite::check_database(settings->pdb70);
    } catch (const base::Error& error) {
      obstacle = error.what();
    }
  }
  if (obstacle.empty()) return;
  base::log::warn("{}: templates are not searched: {}", data_dir.string(), obstacle);
  settings->pdb_seqres.clear();
  settings->pdb70.clear();
}

void check_template_settings(const TemplateSettings& settings) {
  if (!settings.max_date.empty()) templates::check_date("--max-template-date", settings.max_date);
  if (!settings.pdb_seqres.empty() && !settings.pdb70.empty()) {
    base::throw_input("--pdb-seqres-database-path and --pdb70-database-path: expected one of them");
  }
  if (!settings.pdb70.empty()) {
    hhsuite::check_hhsearch_installed();
    hhsuite::check_database(settings.pdb70);
  }
  if (!settings.pdb_seqres.empty() && !is_file(settings.pdb_seqres)) {
    base::throw_input("{}: there is no such file (--pdb-seqres-database-path)", settings.pdb_seqres.string());
  }
  if (settings.searches() && settings.mmcif_dir.empty()) {
    base::throw_input("no --template-mmcif-dir (expected the folder with the structures of template hits)");
  }
  if (!settings.mmcif_dir.empty() && !is_folder(settings.mmcif_dir)) {
    base::throw_input("{}: is not a folder (--template-mmcif-dir)", settings.mmcif_dir.string());
  }
  if (!settings.obsolete_pdbs.empty()) templates::read_obsolete(settings.obsolete_pdbs);
  for (const std::string& custom : settings.custom) {
    templates::check_custom_template(templates::parse_custom_template(custom));
  }
}

}  // namespace foldmesh::pipeline
