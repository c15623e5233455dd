#include "apps/foldmesh/template_options.h"

namespace foldmesh::apps {
namespace {

constexpr const char* kGroup = "Templates";

}  // namespace

void add_template_structure_options(CLI::App& command, pipeline::TemplateSettings& settings) {
  command
      .add_option(
          "--template-mmcif-dir,--template_mmcif_dir,--local-pdb-path", settings.mmcif_dir,
          "folder with the PDB's structures as mmCIF, 1abc.cif or 1abc.cif.gz, all in one or divided by "
          "the middle letters (ab/1abc.cif.gz)")
      ->type_name("FOLDER")
      ->group(kGroup);
  command
      .add_option("--max-template-date,--max_template_date", settings.max_date,
                  "no structures released later, as YYYY-MM-DD; default: all. Give it when you want the same "
                  "result again with newer data, or to judge a prediction by a known structure")
      ->type_name("DATE")
      ->group(kGroup);
  command
      .add_option("--obsolete-pdbs-path,--obsolete_pdbs_path", settings.obsolete_pdbs,
                  "the PDB's obsolete.dat: which entries took the place of which")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option(
          "--custom-template,--custom_template", settings.custom,
          "a structure of your own as template, PDB or mmCIF, also .gz; its sequence is aligned to the "
          "query, and without :CHAIN the chain that fits best is taken; before those found; may be repeated")
      ->type_name("FILE[:CHAIN]")
      ->allow_extra_args(false)
      ->take_all()
      ->group(kGroup);
}

void add_template_options(CLI::App& command, pipeline::TemplateSettings& settings) {
  command
      .add_option(
          "--pdb-seqres-database-path,--pdb_seqres_database_path", settings.pdb_seqres,
          "sequences of the PDB's chains (pdb_seqres.txt, or packed): searched with a profile made of the "
          "UniRef90 alignment, as AlphaFold's hmmbuild and hmmsearch do")
      ->type_name("PATH")
      ->group(kGroup);
  command
      .add_option(
          "--pdb70-database-path,--pdb70_database_path", settings.pdb70,
          "HH-suite's PDB70, named by what its files begin with: searched by hhsearch, as AlphaFold's "
          "monomer models had it")
      ->type_name("PREFIX")
      ->group(kGroup);
  add_template_structure_options(command, settings);
}

}  // namespace foldmesh::apps
