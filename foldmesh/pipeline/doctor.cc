#include "foldmesh/pipeline/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "foldmesh/base/error.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/base/version.h"
#include "foldmesh/calibrate/host.h"
#include "foldmesh/comm/launch.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/pipeline/doctor_templates.h"
#include "foldmesh/pipeline/model_presets.h"
#include "foldmesh/relax/engine.h"
#include "foldmesh/seqdb/reader.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr size_t kModestMemory = size_t{16} << 30;  // less is short for long chains
constexpr size_t kModestDisk = size_t{10} << 30;

class Examination {
 public:
  explicit Examination(const DoctorOptions& options) : options_(options) {}

  std::vector<Finding> run() {
    look_at_program();
    look_at_machine();
    look_at_helpers();
    look_at_databases();
    for (Finding& finding : examine_templates(options_)) findings_.push_back(std::move(finding));
    look_at_parameters();
    if (!options_.output_dir.empty()) look_at_output();
    return std::move(findings_);
  }

 private:
  void add(const char* area, const std::string& what, Health health, const std::string& text,
           const std::string& advice = {}) {
    findings_.push_back({area, what, health, text, advice});
  }
  void look_at_program();
  void look_at_machine();
  void look_at_helpers();
  void look_at_databases();
  void look_at_database(const Database& database);
  void look_at_parameters();
  void look_at_model(const std::string& name);
  void look_at_output();

  const DoctorOptions& options_;
  std::vector<Finding> findings_;
};

void Examination::look_at_program() {
  add("program", "foldmesh", Health::kGood, base::version_string());
  add("program", "MPI", comm::built_with_mpi() ? Health::kGood : Health::kRemark,
      comm::built_with_mpi() ? "built in" : "not built in: runs on one machine only",
      comm::built_with_mpi() ? "" : "install libopenmpi-dev and build again");
  const std::vector<std::string> platforms = relax::list_platforms();
  const bool is_slow = platforms == std::vector<std::string>{"Reference"};
  if (relax::has_openmm()) {
    add("program", "OpenMM", is_slow ? Health::kRemark : Health::kGood,
        fmt::format("{}, for relaxation; platforms {}", relax::openmm_version(), fmt::join(platforms, ", ")),
        is_slow ? "relaxation is slow without libopenmm-plugins (apt install libopenmm-plugins)" : "");
  } else {
    add("program", "OpenMM", Health::kRemark, "not built in: structures stay unrelaxed",
        "install libopenmm-dev and libopenmm-plugins and build again");
  }
}

void Examination::look_at_machine() {
  const int cores = base::available_cores();
  const char* slurm = std::getenv("SLURM_CPUS_PER_TASK");
  add("machine", "cores", Health::kGood,
      fmt::format("{}, instruction set {}{}", cores, base::instruction_set(),
                  slurm == nullptr ? "" : fmt::format(", SLURM_CPUS_PER_TASK={}", slurm)));
  try {
    add("machine", "bf16", Health::kGood, "multiplied by " + calibrate::fingerprint().at("bf16"));
  } catch (const base::Error& error) {
    add("machine", "bf16", Health::kMissing, error.what(), "unset FOLDMESH_BF16");
  }
  const size_t memory = base::available_memory();
  add("machine", "memory", memory >= kModestMemory ? Health::kGood : Health::kRemark,
      base::format_bytes(memory) + " free",
      memory >= kModestMemory ? "" : "`foldmesh plan --n-res N` says what a chain of N residues needs");
  add("machine", "devices", Health::kGood, "CPU (predictions run on the CPU)");
}

void Examination::look_at_helpers() {
  try {
    hhsuite::check_hhblits_installed();
    add("helpers", "hhblits", Health::kGood, "installed");
  } catch (const base::Error&) {
    add("helpers", "hhblits", Health::kRemark, "not installed; needed for BFD and UniRef30 only",
        "install hhsuite (Debian), or take --db-preset reduced_dbs");
  }
}

void Examination::look_at_database(const Database& database) {
  try {
    if (database.is_hhsuite()) {
      for (const std::string& prefix : database.hhsuite) hhsuite::check_database(prefix);
      hhsuite::check_hhblits_installed();
      add("databases", database.name, Health::kGood,
          fmt::format("{}, searched by hhblits", database.hhsuite.front()));
    } else if (database.path.extension() == ".fmdb") {
      const seqdb::Database packed(database.path);
      add("databases", database.name, Health::kGood,
          fmt::format("{}: {} sequences, packed", database.path.string(), packed.n_sequences()));
    } else if (::access(database.path.c_str(), R_OK) == 0) {
      add("databases", database.name, Health::kRemark,
          fmt::format("{}: not packed, so every search parses it", database.path.string()),
          fmt::format("foldmesh db build {} -o {}", database.path.string(),
                      (database.path.parent_path() / (database.name + ".fmdb")).string()));
    } else {
      add("databases", database.name, Health::kMissing,
          fmt::format("{}: cannot be read", database.path.string()), "check the path and its permissions");
    }
  } catch (const base::Error& error) {
    add("databases", database.name, Health::kMissing, error.what(), "mend or name another one");
  }
}

void Examination::look_at_databases() {
  const DatabaseOptions& asked = options_.databases;
  if (asked.data_dir.empty() && asked.paths.empty() && asked.more.empty()) {
    add("databases", "databases", Health::kMissing, "none is named",
        "--data-dir FOLDER or ALPHAFOLD_DATA_DIR, with what AlphaFold's scripts/download_all_data.sh "
        "fetches, or --db NAME=PATH; "
        "without databases only alignments can be folded");
    return;
  }
  std::vector<Database> found;
  try {
    found = choose_databases(asked);
  } catch (const base::Error& error) {
    add("databases", "databases", Health::kMissing, error.what(),
        "AlphaFold's scripts/download_all_data.sh fetches them");
    return;
  }
  const auto has = [&](std::string_view name) {
    for (const Database& database : found) {
      if (database.name == name) return true;
    }
    return false;
  };
  for (const Database& database : found) look_at_database(database);
  if (asked.data_dir.empty()) return;
  struct Expected {
    const char *name, *instead, *script;
  };
  for (const Expected& database : {Expected{"uniref90", "uniref90", "download_uniref90.sh"},
                                   Expected{"mgnify", "mgnify", "download_mgnify.sh"},
                                   Expected{"small_bfd", "bfd_uniref", "download_small_bfd.sh"}}) {
    if (has(database.name) || has(database.instead)) continue;
    add("databases", database.name, Health::kMissing, fmt::format("not in {}", asked.data_dir.string()),
        fmt::format("AlphaFold's scripts/{} {}", database.script, asked.data_dir.string()));
  }
}

void Examination::look_at_model(const std::string& name) {
  const fs::path path = options_.params_dir / fmt::format("params_{}.npz", name);
  try {
    const model::ModelConfig config = model::model_by_name(name);
    const tensor::NpzReader file(path);
    const model::ParamMismatch mismatch = model::compare_params(file, model::parameter_list(config));
    const bool is_whole = mismatch.ok() && (!options_.thorough || model::verify_params(path, name).ok());
    if (!is_whole) {
      add("parameters", name, Health::kMissing,
          fmt::format("{}: {} tensors missing, {} of wrong shape or type{}", path.string(),
                      mismatch.missing.size(), mismatch.mis_shaped.size(),
                      mismatch.ok() ? ", some not finite" : ""),
          "unpack alphafold_params_2022-12-06.tar again");
    } else if (model::is_untrained(file)) {
      add("parameters", name, Health::kRemark,
          path.string() + ": UNTRAINED, made by a formula: structures mean nothing",
          "AlphaFold's scripts/download_alphafold_params.sh fetches trained ones");
    } else {
      add("parameters", name, Health::kGood,
          path.string() + (options_.thorough ? ": complete and undamaged" : ": complete"));
    }
  } catch (const base::Error& error) {
    add("parameters", name, Health::kMissing, error.what(),
        "AlphaFold's scripts/download_alphafold_params.sh fetches it");
  }
}

void Examination::look_at_parameters() {
  if (options_.params_dir.empty()) {
    add("parameters", "parameters", Health::kMissing, "no folder is named, and no data folder has params/",
        "--params-dir FOLDER, with alphafold_params_2022-12-06.tar unpacked in it");
    return;
  }
  const std::string suffix = model_suffix(options_.model_preset);
  for (const int number : options_.models) look_at_model(fmt::format("model_{}{}", number, suffix));
}

void Examination::look_at_output() {
  // The nearest folder that is there decides.
  fs::path folder = fs::absolute(options_.output_dir);
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path())
    folder = folder.parent_path();
  if (!fs::is_directory(folder, error) || ::access(folder.c_str(), W_OK) != 0) {
    add("output", "folder", Health::kMissing, folder.string() + ": cannot be written to",
        "choose another --output-dir");
    return;
  }
  const fs::space_info space = fs::space(folder, error);
  const bool is_enough = !error && space.available >= kModestDisk;
  add("output", "folder", is_enough ? Health::kGood : Health::kRemark,
      fmt::format("{}: {} free", folder.string(), error ? "?" : base::format_bytes(space.available)));
}

}  // namespace

const char* name_of(Health health) {
  switch (health) {
    case Health::kGood:
      return "ok";
    case Health::kRemark:
      return "note";
    case Health::kMissing:
      return "MISSING";
  }
  base::throw_internal("health {}", static_cast<int>(health));
}

std::vector<Finding> examine(const DoctorOptions& options) { return Examination(options).run(); }

}  // namespace foldmesh::pipeline
