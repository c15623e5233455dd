#include "apps/foldmesh/database_options.h"

#include <map>
#include <string>
#include <vector>

namespace foldmesh::apps {

CLI::Option* add_database_options(CLI::App& app, pipeline::DatabaseOptions& options) {
  const char* kGroup = "Databases";
  CLI::Option* db =
      app.add_option(
             "--db", options.more,
             "a database: its name in outputs, and a packed database (foldmesh db build) or FASTA, also .gz "
             "and .zst; or NAME=hhsuite:PREFIX[,PREFIX...], what the files of HH-suite databases begin with, "
             "searched by hhblits; may be repeated")
          ->type_name("NAME=PATH")
          ->allow_extra_args(false)
          ->take_all()
          ->group(kGroup);
  app.add_option(
         "--data-dir,--data_dir,--db-dir,--db_dir", options.data_dir,
         "folder with AlphaFold's databases, laid out as AlphaFold 2's or 3's downloads; a packed *.fmdb "
         "beside a FASTA file is taken in its place")
      ->group(kGroup);
  const std::map<std::string, pipeline::BfdChoice> presets = {{"reduced_dbs", pipeline::BfdChoice::kReduced},
                                                              {"full_dbs", pipeline::BfdChoice::kFull}};
  app.add_option(
         "--db-preset,--db_preset", options.bfd,
         "reduced_dbs: small BFD; full_dbs: BFD and UniRef30 with hhblits; default: small BFD if it is there")
      ->transform(CLI::CheckedTransformer(presets))
      ->group(kGroup);
  app.add_flag("--multimer", options.multimer,
               "search UniProt, too, from which chains of complexes are paired")
      ->group(kGroup);
  struct Named {
    const char *name, *option;
    bool is_hhsuite;
  };
  for (const Named& database :
       std::vector<Named>{{"uniref90", "--uniref90_database_path,--uniref90-database-path", false},
                          {"mgnify", "--mgnify_database_path,--mgnify-database-path", false},
                          {"small_bfd", "--small_bfd_database_path,--small-bfd-database-path", false},
                          {"uniprot", "--uniprot_database_path,--uniprot-database-path", false},
                          {"bfd", "--bfd_database_path,--bfd-database-path", true},
                          {"uniref30", "--uniref30_database_path,--uniref30-database-path", true}}) {
    app.add_option_function<std::string>(
           database.option,
           [&options, name = database.name](const std::string& path) { options.paths[name] = path; },
           database.name + std::string(database.is_hhsuite ? ", searched by hhblits" : ""))
        ->type_name(database.is_hhsuite ? "PREFIX" : "PATH")
        ->group(kGroup);
  }
  return db;
}

}  // namespace foldmesh::apps
