#ifndef FOLDMESH_RELAX_AMBER99SB_TEXT_H_
#define FOLDMESH_RELAX_AMBER99SB_TEXT_H_

#include <string_view>

namespace foldmesh::relax {

// amber99sb.txt, embedded in the program.
std::string_view amber99sb_text();

}  // namespace foldmesh::relax

#endif  // FOLDMESH_RELAX_AMBER99SB_TEXT_H_
