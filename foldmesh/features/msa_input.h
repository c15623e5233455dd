// Alignment files as inputs of raw features.
#ifndef FOLDMESH_FEATURES_MSA_INPUT_H_
#define FOLDMESH_FEATURES_MSA_INPUT_H_

#include <string>

#include "foldmesh/bio/sequence.h"
#include "foldmesh/features/raw_features.h"

namespace foldmesh::features {

// Reads `PATH` or `NAME=PATH`, where NAME says which database the alignment came from (see msa_source);
// without a NAME the file name says it. The format follows the extension: .sto or .a3m, possibly with .gz or
// .zst behind it. Rows beyond the source's limit are left out. An empty Stockholm file gives no rows. Throws
// kInput.
MsaInput read_msa(const std::string& argument);

// The query that an alignment shows in its first row; its name is the first word of the row's description.
// Throws kInput when there is no row.
bio::Sequence query_of(const MsaInput& input);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_MSA_INPUT_H_
