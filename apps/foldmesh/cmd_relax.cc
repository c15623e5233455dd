#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/relax_options.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/relax/prepare.h"
#include "foldmesh/relax/relax.h"
#include "foldmesh/structio/structure_file.h"
#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::apps {
namespace {

struct Arguments {
  std::filesystem::path input, output;
  relax::Options options = {};
  bool json = false;
};

bool is_mmcif(const std::filesystem::path& path) { return path.extension() == ".cif"; }

nlohmann::ordered_json facts(const relax::Relaxed& relaxed) {
  nlohmann::ordered_json rounds = nlohmann::ordered_json::array();
  for (const relax::Round& r : relaxed.rounds) {
    rounds.push_back({{"energy_before", r.energy_before},
                      {"energy_after", r.energy_after},
                      {"evaluations", r.n_evaluations},
                      {"ended", relax::to_string(r.stop)},
                      {"residues_unrestrained", r.n_free},
                      {"attempts", r.attempts},
                      {"violations", r.violations},
                      {"seconds", r.seconds}});
  }
  double before = 0;
  for (const double x : relaxed.violations_before) before += x;
  return {{"violations_before", before},
          {"remaining_violations_count", relaxed.n_violations()},
          {"remaining_violations", relaxed.violations},
          {"rmsd", relaxed.rmsd},
          {"rounds", rounds},
          {"platform", relaxed.platform},
          {"openmm_version", relax::openmm_version()},
          {"notes", relaxed.notes}};
}

void print(const relax::Relaxed& relaxed) {
  double before = 0;
  for (const double x : relaxed.violations_before) before += x;
  for (const std::string& line : relaxed.notes) fmt::print("{}\n", line);
  for (size_t k = 0; k < relaxed.rounds.size(); ++k) {
    const relax::Round& r = relaxed.rounds[k];
    fmt::print("round {}: energy {:.1f} to {:.1f} kcal/mol in {} evaluations ({}), {} residues violate\n",
               k + 1, r.energy_before, r.energy_after, r.n_evaluations, relax::to_string(r.stop),
               r.violations);
  }
  fmt::print("{} residues with violations before, {} after; heavy atoms moved by {:.3f} A (rms)\n", before,
             relaxed.n_violations(), relaxed.rmsd);
}

relax::Relaxed relaxed_of(const bio::Structure& structure, const Arguments& args) {
  try {
    return relax::relax(structure, args.options);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::kInput) throw;
    base::throw_input("{}: {}", args.input.string(), error.what());
  }
}

// Before the work rather than after it.
void check_fits_pdb(const bio::Structure& structure, const Arguments& args) {
  std::string why = structio::why_not_pdb(structure);
  if (why.empty()) {
    why =
        structio::why_not_pdb(relax::to_structure(relax::prepare(structure, relax::amber99sb()), structure));
  }
  if (!why.empty()) {
    base::throw_input("{}: {} does not fit in the PDB format (expected an output that ends in .cif)",
                      args.output.string(), why);
  }
}

void run(const Arguments& args) {
  if (!is_mmcif(args.output) && args.output.extension() != ".pdb") {
    base::throw_input("{}: unknown kind of file (expected .pdb or .cif)", args.output.string());
  }
  if (!relax::has_openmm()) base::throw_machine("{}", relax::kNoOpenMm);
  relax::check_platform(args.options.engine);
  const structio::Entry entry = structio::read_structure(args.input);
  if (entry.n_other_residues > 0) {
    base::log::info("{}: {} residues of ligands, water and nucleic acids left out", args.input.string(),
                    entry.n_other_residues);
  }
  for (const std::string& line : structio::changes(entry))
    base::log::info("{}: {}", args.input.string(), line);
  const bio::Structure structure = structio::to_structure(entry);
  if (structure.n_res() == 0) {
    base::throw_input("{}: there is no protein in it (expected residues with atoms)", args.input.string());
  }
  if (!is_mmcif(args.output)) check_fits_pdb(structure, args);
  const relax::Relaxed relaxed = relaxed_of(structure, args);
  const structio::Provenance provenance{.entry_id = args.output.stem().string(),
                                        .title = "Relaxed from " + args.input.filename().string(),
                                        .is_prediction = false,
                                        .untrained = entry.untrained};
  (is_mmcif(args.output) ? structio::write_mmcif : structio::write_pdb)(relaxed.structure, provenance,
                                                                        args.output);
  if (args.json) {
    fmt::print("{}\n", facts(relaxed).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    print(relaxed);
  }
}

}  // namespace

void setup_relax(CLI::App& command) {
  auto args = std::make_shared<Arguments>();
  command.add_option("structure", args->input, "PDB or mmCIF file, from any program; plain, .gz or .zst")
      ->required();
  command.add_option("-o,--output", args->output, "relaxed structure with hydrogens, .pdb or .cif")
      ->required();
  add_relax_options(command, args->options);
  command.add_flag("--json", args->json, "print energies and violations as JSON");
  command.footer(
      "Missing heavy atoms and hydrogens are added, then the structure is minimised in the force field AMBER "
      "ff99SB with\nrestraints on heavy atoms, as AlphaFold 2 does it. Ligands, water and chains of one "
      "residue are left out.");
  command.callback([args] { run(*args); });
}

}  // namespace foldmesh::apps
