// The alignment with which templates are searched for.
#ifndef FOLDMESH_TEMPLATES_SEARCH_ALIGNMENT_H_
#define FOLDMESH_TEMPLATES_SEARCH_ALIGNMENT_H_

#include "foldmesh/bio/msa.h"

namespace foldmesh::templates {

// As AlphaFold 2 prepares its UniRef90 alignment: rows that equal an earlier one in the query's columns and
// columns of gaps are dropped, and the reference line marks the query's residues (row 0). Annotation of
// columns and posterior letters are dropped. `msa` must have a row.
bio::Msa search_alignment(const bio::Msa& msa);

}  // namespace foldmesh::templates

#endif  // FOLDMESH_TEMPLATES_SEARCH_ALIGNMENT_H_
