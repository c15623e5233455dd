#include "foldmesh/relax/amber99sb_text.h"

#include "foldmesh/base/embed.h"

FOLDMESH_EMBED(foldmesh_amber99sb, FOLDMESH_AMBER99SB);

namespace foldmesh::relax {

std::string_view amber99sb_text() { return FOLDMESH_EMBEDDED(foldmesh_amber99sb); }

}  // namespace foldmesh::relax
