#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/output/replacement_model.h"

namespace foldmesh::apps {
namespace {

struct Options {
  std::filesystem::path input, output;
  double minimum_plddt = 0;
  bool json = false;
};

void run(const Options& options) {
  const output::ReplacementModel model =
      output::write_replacement_model(options.input, options.output, options.minimum_plddt);
  if (options.json) {
    const nlohmann::ordered_json facts = {{"output", options.output.string()},
                                          {"residues", model.n_res},
                                          {"left_out", model.n_left_out},
                                          {"mean_b_factor", model.mean_b_factor}};
    fmt::print("{}\n", facts.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    fmt::print("{}: {} residues, {} left out, mean B-factor {:.1f} A^2\n", options.output.string(),
               model.n_res, model.n_left_out, model.mean_b_factor);
  }
}

}  // namespace

void setup_bfactors(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command
      .add_option("structure", options->input,
                  "a predicted structure with pLDDT (0 to 100) as B-factor, PDB or mmCIF")
      ->required();
  command.add_option("-o,--output", options->output, "where the search model goes, .pdb or .cif")->required();
  command
      .add_option("--minimum-plddt", options->minimum_plddt,
                  "leave out residues below this; 70 is usual for molecular replacement")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command.add_flag("--json", options->json, "print the facts as JSON");
  command.footer(
      "pLDDT is high where a prediction is good, a B-factor low, so programs for molecular replacement and "
      "refinement want\nit converted: B = 8 pi^2 / 3 rmsd^2 with rmsd = 1.5 exp(4 (0.7 - pLDDT / 100)) A.");
  command.callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
