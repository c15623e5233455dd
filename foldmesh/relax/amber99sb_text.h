// The bytes of amber99sb.txt; the source file is made from it at build time (cmake/EmbedText.cmake).
#ifndef FOLDMESH_RELAX_AMBER99SB_TEXT_H_
#define FOLDMESH_RELAX_AMBER99SB_TEXT_H_

#include <string_view>

namespace foldmesh::relax {

std::string_view amber99sb_text();

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_AMBER99SB_TEXT_H_
