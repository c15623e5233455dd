#include "foldmesh/output/report/assets.h"

#include <cstddef>

// Half a megabyte as a C++ literal would cost every compiler seconds; the assembler takes the file as it is.
#define FOLDMESH_EMBED(name, path)                                                 \
  __asm__(".section .rodata\n.balign 16\n" #name ":\n.incbin \"" path "\"\n" #name \
          "_end:\n.byte 0\n.previous\n");                                          \
  extern "C" const char name[] __asm__(#name);                                     \
  extern "C" const char name##_end[] __asm__(#name "_end")

FOLDMESH_EMBED(foldmesh_page_body, FOLDMESH_PAGE "/body.html");
FOLDMESH_EMBED(foldmesh_page_style, FOLDMESH_PAGE "/report.css");
FOLDMESH_EMBED(foldmesh_plots_script, FOLDMESH_PAGE "/plots.js");
FOLDMESH_EMBED(foldmesh_report_script, FOLDMESH_PAGE "/report.js");
FOLDMESH_EMBED(foldmesh_viewer_script, FOLDMESH_THIRD_PARTY "/3dmol-2.5.5/3Dmol-min.js");

namespace foldmesh::output::report {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view page_body() { return between(foldmesh_page_body, foldmesh_page_body_end); }
std::string_view page_style() { return between(foldmesh_page_style, foldmesh_page_style_end); }
std::string_view plots_script() { return between(foldmesh_plots_script, foldmesh_plots_script_end); }
std::string_view report_script() { return between(foldmesh_report_script, foldmesh_report_script_end); }
std::string_view viewer_script() { return between(foldmesh_viewer_script, foldmesh_viewer_script_end); }

}  // namespace foldmesh::output::report
