// The parts of the page as they lie in the sources, embedded in the program.
#ifndef FOLDMESH_OUTPUT_REPORT_ASSETS_H_
#define FOLDMESH_OUTPUT_REPORT_ASSETS_H_

#include <string_view>

namespace foldmesh::output::report {

std::string_view page_body();
std::string_view page_style();
std::string_view plots_script();
std::string_view report_script();
std::string_view viewer_script();  // third_party/3dmol-2.5.5

}  // namespace foldmesh::output::report

#endif  // FOLDMESH_OUTPUT_REPORT_ASSETS_H_
