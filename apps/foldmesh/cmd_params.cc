#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/model/param_store.h"

namespace foldmesh::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file, model, output, salt;
  int cpu = 0;
  bool json = false;
};

int threads(const Options& options) { return options.cpu > 0 ? options.cpu : base::available_cores(); }

void print(const Json& report) {
  fmt::print("{}\n", report.dump(2, ' ', false, Json::error_handler_t::replace));
}

void generate(const Options& options) {
  const model::ModelConfig config = model::model_by_name(options.model);
  const std::string output =
      options.output.empty() ? fmt::format("params_{}.npz", config.name) : options.output;
  base::ThreadPool pool(threads(options));
  model::write_formula_file(output, config, options.salt, pool);
  int64_t elements = 0;
  const auto list = model::parameter_list(config);
  for (const model::ParamSpec& param : list) elements += tensor::num_elements(param.shape);
  if (options.json) {
    print({{"output", output},
           {"model", config.name},
           {"salt", options.salt},
           {"tensors", list.size()},
           {"elements", elements},
           {"untrained", true}});
  } else {
    fmt::print("{}: {} tensors, {} numbers for {}; UNTRAINED, predictions made with them mean nothing\n",
               output, list.size(), elements, config.name);
  }
}

void verify(const Options& options) {
  const model::ParamReport report = model::verify_params(options.file, options.model);
  if (options.json) {
    print({{"file", options.file},
           {"model", report.model},
           {"ok", report.ok()},
           {"missing", report.mismatch.missing},
           {"mis_shaped", report.mismatch.mis_shaped},
           {"not_finite", report.not_finite},
           {"unused", report.mismatch.unused},
           {"untrained", report.untrained}});
  } else {
    for (const std::string& name : report.mismatch.missing) fmt::print("missing: {}\n", name);
    for (const std::string& text : report.mismatch.mis_shaped) fmt::print("wrong: {}\n", text);
    for (const std::string& name : report.not_finite) fmt::print("not finite: {}\n", name);
    for (const std::string& name : report.mismatch.unused) fmt::print("unused: {}\n", name);
  }
  if (!report.ok()) {
    base::throw_input(
        "{}: not parameters of {} ({} tensors missing, {} of wrong shape or type, {} not finite)",
        options.file, report.model, report.mismatch.missing.size(), report.mismatch.mis_shaped.size(),
        report.not_finite.size());
  }
  if (!options.json) {
    fmt::print("{}: parameters of {}, complete and undamaged{}\n", options.file, report.model,
               report.untrained ? "; UNTRAINED" : "");
  }
}

void info(const Options& options) {
  const tensor::NpzReader file(options.file);
  int64_t elements = 0;
  Json tensors = Json::array();
  for (const std::string& name : file.names()) {
    const tensor::NpyHeader& header = file.header(name);
    elements += tensor::num_elements(header.shape);
    tensors.push_back({{"name", name}, {"type", name_of(header)}, {"shape", header.shape}});
  }
  const std::vector<std::string> models = model::models_of(file);
  const bool untrained = model::is_untrained(file);
  if (options.json) {
    print({{"file", options.file},
           {"models", models},
           {"untrained", untrained},
           {"elements", elements},
           {"tensors", tensors}});
    return;
  }
  for (const std::string& name : file.names()) {
    const tensor::NpyHeader& header = file.header(name);
    fmt::print("{} {} {}\n", base::printable(name, 300), name_of(header), tensor::to_string(header.shape));
  }
  fmt::print("{}: {} tensors, {} numbers; complete for: {}{}\n", options.file, file.names().size(), elements,
             models.empty() ? "no known model" : fmt::format("{}", fmt::join(models, ", ")),
             untrained ? "; UNTRAINED" : "");
}

void add_common(CLI::App& command, Options& options) {
  command
      .add_option("--cpu", options.cpu,
                  "Threads; 0 takes every core this process may use. Results do not depend on it")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command.add_flag("--json", options.json, "Print the facts as JSON");
}

}  // namespace

void setup_params(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.require_subcommand(1);
  const char* model_help =
      "Model whose parameters are meant: model_1 .. model_5, model_1_ptm .. model_5_ptm with a PAE head, or "
      "model_1_multimer_v3 .. for complexes (also _v2, and _multimer alone)";

  CLI::App* generate_command = command.add_subcommand(
      "generate",
      "write a full-size parameter file filled by a published formula (UNTRAINED: for tests only)");
  generate_command->add_option("--model", options->model, model_help)->required();
  generate_command->add_option("--output,-o", options->output,
                               "Where the file goes; default: params_MODEL.npz in the current folder");
  generate_command->add_option("--salt", options->salt, "Any text; gives other, equally meaningless values");
  add_common(*generate_command, *options);
  generate_command->callback([options] { generate(*options); });

  CLI::App* verify_command = command.add_subcommand(
      "verify", "check names, shapes, checksums and that every number is finite; exit code 2 if not");
  verify_command
      ->add_option("file", options->file, "Parameter file, as released by DeepMind: params_model_1.npz")
      ->required();
  verify_command->add_option("--model", options->model,
                             std::string(model_help) + "; default: the one that the file name says");
  add_common(*verify_command, *options);
  verify_command->callback([options] { verify(*options); });

  CLI::App* info_command =
      command.add_subcommand("info", "list the tensors of a file and the models it serves");
  info_command->add_option("file", options->file, "Parameter file (.npz)")->required();
  add_common(*info_command, *options);
  info_command->callback([options] { info(*options); });
}

}  // namespace foldmesh::apps
