// What a run would miss, before it starts.
#ifndef FOLDMESH_PIPELINE_DOCTOR_H_
#define FOLDMESH_PIPELINE_DOCTOR_H_

#include <filesystem>
#include <string>
#include <vector>

#include "foldmesh/pipeline/databases.h"
#include "foldmesh/pipeline/template_options.h"

namespace foldmesh::pipeline {

enum class Health {
  kGood,
  kRemark,   // a run works, but could do better or with less
  kMissing,  // a run would fail or lack something that was asked for
};
const char* name_of(Health health);  // "ok", "note", "MISSING"

struct Finding {
  std::string area;  // "program", "machine", "helpers", "databases", "templates", "parameters", "output"
  std::string what;  // "uniref90"
  Health health = Health::kGood;
  std::string text;         // what was found
  std::string advice = {};  // how to mend it; may be empty
};

struct DoctorOptions {
  DatabaseOptions databases;
  TemplateSettings templates;  // what is empty is looked for in the data folder
  std::filesystem::path params_dir;
  std::string model_preset = "monomer_ptm";
  std::vector<int> models = {1, 2, 3, 4, 5};
  std::filesystem::path output_dir;  // empty: not looked at
  bool thorough = false;             // reads all parameters, too: names, shapes, checksums, finite numbers
};

// Never throws for what it looks for.
std::vector<Finding> examine(const DoctorOptions& options);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_DOCTOR_H_
