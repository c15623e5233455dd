#ifndef FOLDMESH_SEARCH_ALIGNMENT_BLOCKS_H_
#define FOLDMESH_SEARCH_ALIGNMENT_BLOCKS_H_

#include <string>
#include <string_view>

#include "foldmesh/hmm/hit.h"

namespace foldmesh::search {

// Profile, match line, target and posterior letters of one domain, wrapped into blocks of lines at most
// `text_width` wide (0: one block; never under 40 alignment columns), each block followed by an empty line.
void append_alignment_blocks(std::string& out, const hmm::DomainAlignment& alignment,
                             std::string_view model_name, std::string_view target_name, int text_width);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_ALIGNMENT_BLOCKS_H_
