#include "foldmesh/output/report/assets.h"

#include "foldmesh/base/embed.h"

FOLDMESH_EMBED(foldmesh_page_body, FOLDMESH_PAGE "/body.html");
FOLDMESH_EMBED(foldmesh_page_style, FOLDMESH_PAGE "/report.css");
FOLDMESH_EMBED(foldmesh_plots_script, FOLDMESH_PAGE "/plots.js");
FOLDMESH_EMBED(foldmesh_report_script, FOLDMESH_PAGE "/report.js");
FOLDMESH_EMBED(foldmesh_viewer_script, FOLDMESH_THIRD_PARTY "/3dmol-2.5.5/3Dmol-min.js");

namespace foldmesh::output::report {

std::string_view page_body() { return FOLDMESH_EMBEDDED(foldmesh_page_body); }
std::string_view page_style() { return FOLDMESH_EMBEDDED(foldmesh_page_style); }
std::string_view plots_script() { return FOLDMESH_EMBEDDED(foldmesh_plots_script); }
std::string_view report_script() { return FOLDMESH_EMBEDDED(foldmesh_report_script); }
std::string_view viewer_script() { return FOLDMESH_EMBEDDED(foldmesh_viewer_script); }

}  // namespace foldmesh::output::report
