#include "foldmesh/pipeline/doctor_templates.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/hhsuite/hhsearch.h"
#include "foldmesh/model/config.h"
#include "foldmesh/pipeline/model_presets.h"
#include "foldmesh/seqdb/reader.h"
#include "foldmesh/structio/structure_reader.h"
#include "foldmesh/templates/featurize.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr const char* kArea = "templates";
constexpr size_t kCountedEntries = 200'000;  // of a folder: enough to say that it is full
constexpr size_t kSampledFiles = 3;
constexpr size_t kFewStructures = 100'000;  // the PDB has more than 200,000

bool is_mmcif_name(const std::string& name) {
  return name.ends_with(".cif") || name.ends_with(".cif.gz") || name.ends_with(".cif.zst");
}

class TemplateExamination {
 public:
  explicit TemplateExamination(const DoctorOptions& options)
      : options_(options), settings_(options.templates), is_multimer_(is_multimer(options.model_preset)) {
    look_in_data_folder();
  }

  std::vector<Finding> run() {
    if (!any_model_takes_templates()) {
      add("templates", Health::kGood, "not needed: models 3, 4 and 5 of a monomer preset take none");
      return std::move(findings_);
    }
    for (const std::string& custom : settings_.custom) look_at_custom(custom);
    if (settings_.pdb_seqres.empty() && settings_.pdb70.empty()) {
      add("templates", settings_.custom.empty() ? Health::kRemark : Health::kGood,
          settings_.custom.empty() ? "none are searched: neither pdb_seqres nor PDB70 is there"
                                   : "only those of your own: neither pdb_seqres nor PDB70 is there",
          is_multimer_
              ? "for multimer models AlphaFold's scripts/download_pdb_seqres.sh and download_pdb_mmcif.sh"
              : "AlphaFold's scripts/download_pdb_seqres.sh (or download_pdb70.sh) and "
                "download_pdb_mmcif.sh");
      if (settings_.mmcif_dir.empty()) return std::move(findings_);
    }
    if (!settings_.pdb_seqres.empty()) look_at_seqres();
    if (!settings_.pdb70.empty()) look_at_pdb70();
    look_at_structures();
    look_at_obsolete();
    return std::move(findings_);
  }

 private:
  void add(const std::string& what, Health health, const std::string& text, const std::string& advice = {}) {
    findings_.push_back({kArea, what, health, text, advice});
  }
  // Both kinds of search data are looked at, whichever a run would take.
  void look_in_data_folder() {
    const fs::path& data = options_.databases.data_dir;
    if (data.empty()) return;
    TemplateSettings found = settings_;
    find_template_paths(data, &found);
    settings_ = found;
  }
  bool any_model_takes_templates() const {
    return std::any_of(options_.models.begin(), options_.models.end(), [&](int number) {
      return model::model_by_name(fmt::format("model_{}{}", number, model_suffix(options_.model_preset)))
          .uses_templates;
    });
  }
  void look_at_custom(const std::string& custom);
  void look_at_seqres();
  void look_at_pdb70();
  void look_at_structures();
  void look_at_obsolete();

  const DoctorOptions& options_;
  TemplateSettings settings_;
  const bool is_multimer_;
  std::vector<Finding> findings_;
};

void TemplateExamination::look_at_custom(const std::string& custom) {
  try {
    templates::check_custom_template(templates::parse_custom_template(custom));
    add("own", Health::kGood, custom + ": can be read");
  } catch (const base::Error& error) {
    add("own", Health::kMissing, error.what(), "PDB or mmCIF, FILE or FILE:CHAIN");
  }
}

void TemplateExamination::look_at_seqres() {
  const fs::path& path = settings_.pdb_seqres;
  try {
    if (path.extension() == ".fmdb") {
      const seqdb::Database packed(path);
      add("pdb_seqres", Health::kGood,
          fmt::format("{}: {} sequences, packed", path.string(), packed.n_sequences()));
    } else if (::access(path.c_str(), R_OK) == 0 && fs::file_size(path) > 0) {
      add("pdb_seqres", Health::kGood, path.string() + ": searched by hmmsearch, in this program");
    } else {
      add("pdb_seqres", Health::kMissing, path.string() + ": cannot be read, or is empty",
          "AlphaFold's scripts/download_pdb_seqres.sh fetches it");
    }
  } catch (const std::exception& error) {
    add("pdb_seqres", Health::kMissing, error.what(),
        "AlphaFold's scripts/download_pdb_seqres.sh fetches it");
  }
}

void TemplateExamination::look_at_pdb70() {
  const bool is_second_choice = !settings_.pdb_seqres.empty();
  const Health broken = is_second_choice ? Health::kRemark : Health::kMissing;
  try {
    hhsuite::check_database(settings_.pdb70);
  } catch (const base::Error& error) {
    add("pdb70", broken, error.what(), "AlphaFold's scripts/download_pdb70.sh fetches it");
    return;
  }
  try {
    hhsuite::check_hhsearch_installed();
    add("pdb70", Health::kGood,
        settings_.pdb70 +
            (is_second_choice ? ": not used, as pdb_seqres is there" : ": searched by hhsearch"));
  } catch (const base::Error& error) {
    add("pdb70", broken, error.what(),
        "install hhsuite (Debian), or get pdb_seqres, which needs no other program");
  }
}

// Counts files, up to a bound; reads a few that are spread over the folder.
void TemplateExamination::look_at_structures() {
  const std::string advice = "AlphaFold's scripts/download_pdb_mmcif.sh fetches them";
  const fs::path& folder = settings_.mmcif_dir;
  if (folder.empty()) {
    add("structures", Health::kMissing, "no folder of mmCIF files is named, so hits cannot be used",
        "--template-mmcif-dir FOLDER; " + advice);
    return;
  }
  std::error_code error;
  std::vector<fs::path> files;
  size_t n_entries = 0;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end && n_entries < kCountedEntries; at.increment(error), ++n_entries) {
    if (at.depth() > 1) at.disable_recursion_pending();
    if (is_mmcif_name(at->path().filename().string())) files.push_back(at->path());
  }
  if (files.empty()) {
    add("structures", Health::kMissing,
        fmt::format("{}: {}", folder.string(),
                    error ? error.message() : "holds no .cif, .cif.gz or .cif.zst files"),
        advice);
    return;
  }
  std::sort(files.begin(), files.end());
  std::string damage;
  const size_t n_sampled = std::min(kSampledFiles, files.size());
  for (size_t k = 0; k < n_sampled; ++k) {
    const fs::path& file = files[k * (files.size() - 1) / std::max<size_t>(n_sampled - 1, 1)];
    try {
      if (structio::read_structure(file).chains.empty()) damage = file.string() + ": has no protein";
    } catch (const base::Error& e) {
      damage = e.what();
    }
  }
  const std::string count =
      fmt::format("{}: {}{} files, {} of them read", folder.string(),
                  n_entries < kCountedEntries ? "" : "more than ", files.size(), n_sampled);
  if (!damage.empty()) {
    add("structures", Health::kRemark, fmt::format("{}; {}", count, damage),
        "hits in damaged files are left out; fetch them again");
  } else if (files.size() < kFewStructures) {
    add("structures", Health::kRemark, count + "; the PDB has more than 200,000",
        "hits without a file are left out");
  } else {
    add("structures", Health::kGood, count);
  }
}

void TemplateExamination::look_at_obsolete() {
  if (settings_.obsolete_pdbs.empty()) {
    add("obsolete", Health::kRemark, "no obsolete.dat: entries that were replaced are not looked for",
        "AlphaFold's scripts/download_pdb_mmcif.sh fetches it");
    return;
  }
  try {
    const size_t n = templates::read_obsolete(settings_.obsolete_pdbs).size();
    add("obsolete", Health::kGood, fmt::format("{}: {} entries", settings_.obsolete_pdbs.string(), n));
  } catch (const base::Error& error) {
    add("obsolete", Health::kMissing, error.what(), "AlphaFold's scripts/download_pdb_mmcif.sh fetches it");
  }
}

}  // namespace

std::vector<Finding> examine_templates(const DoctorOptions& options) {
  return TemplateExamination(options).run();
}

}  // namespace foldmesh::pipeline
