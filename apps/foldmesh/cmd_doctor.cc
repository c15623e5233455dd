#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/database_options.h"
#include "apps/foldmesh/template_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/pipeline/doctor.h"
#include "foldmesh/pipeline/environment.h"
#include "foldmesh/pipeline/model_presets.h"

namespace foldmesh::apps {
namespace {

struct Options {
  pipeline::DoctorOptions doctor;
  bool json = false;
};

void print(const std::vector<pipeline::Finding>& findings, bool json) {
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const pipeline::Finding& finding : findings) {
      list.push_back({{"area", finding.area},
                      {"what", finding.what},
                      {"health", name_of(finding.health)},
                      {"text", finding.text},
                      {"advice", finding.advice}});
    }
    fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  for (const pipeline::Finding& finding : findings) {
    fmt::print("{:<8} {:<11} {:<12} {}\n", name_of(finding.health), finding.area, finding.what, finding.text);
    if (!finding.advice.empty()) fmt::print("{:34}-> {}\n", "", finding.advice);
  }
}

void run(Options& options) {
  pipeline::take_environment(options.doctor.databases, &options.doctor.params_dir);
  const std::vector<pipeline::Finding> findings = pipeline::examine(options.doctor);
  print(findings, options.json);
  size_t n_missing = 0;
  for (const pipeline::Finding& finding : findings)
    n_missing += finding.health == pipeline::Health::kMissing ? 1 : 0;
  if (n_missing > 0)
    base::throw_input("{} of {} things looked at are missing or damaged", n_missing, findings.size());
}

}  // namespace

void setup_doctor(CLI::App& command) {
  auto options = std::make_shared<Options>();
  pipeline::DoctorOptions& doctor = options->doctor;
  add_database_options(command, doctor.databases);
  add_template_options(command, doctor.templates);
  command.add_option("--params-dir", doctor.params_dir,
                     "folder with params_<model>.npz; default: params/ in the data folder");
  command.add_option("--model-preset", doctor.model_preset, "whose parameters to look for")
      ->check(CLI::IsMember(pipeline::model_presets()))
      ->capture_default_str();
  command.add_option("--models", doctor.models, "which of the five models are to run")
      ->delimiter(',')
      ->check(CLI::Range(1, 5))
      ->capture_default_str();
  command.add_option("-o,--output-dir", doctor.output_dir, "where results are to go");
  command.add_flag("--thorough", doctor.thorough,
                   "read all parameters, too: checksums, and that every number is finite");
  command.add_flag("--json", options->json, "print the findings as JSON");
  command.footer(
      "Takes the options that `foldmesh fold` is to be given, and looks instead of folding. Exit code 2 when "
      "something is missing.");
  command.callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
