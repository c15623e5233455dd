// The options that say where templates come from, as AlphaFold names them.
#ifndef FOLDMESH_APPS_TEMPLATE_OPTIONS_H_
#define FOLDMESH_APPS_TEMPLATE_OPTIONS_H_

#include <CLI/CLI.hpp>

#include "foldmesh/pipeline/template_options.h"

namespace foldmesh::apps {

void add_template_options(CLI::App& command, pipeline::TemplateSettings& settings);
// The part of them that does not search.
void add_template_structure_options(CLI::App& command, pipeline::TemplateSettings& settings);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_TEMPLATE_OPTIONS_H_
