// The options that say which databases to search, under the names that run_alphafold.py gave them.
#ifndef FOLDMESH_APPS_DATABASE_OPTIONS_H_
#define FOLDMESH_APPS_DATABASE_OPTIONS_H_

#include <CLI/CLI.hpp>

#include "foldmesh/pipeline/databases.h"

namespace foldmesh::apps {

// --db, --data-dir, --db-preset, --multimer, --<name>_database_path; `options` must outlive the parsing.
// Returns --db.
CLI::Option* add_database_options(CLI::App& app, pipeline::DatabaseOptions& options);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_DATABASE_OPTIONS_H_
