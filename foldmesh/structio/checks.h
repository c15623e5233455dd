// What every writer asks of a structure first.
#ifndef FOLDMESH_STRUCTIO_CHECKS_H_
#define FOLDMESH_STRUCTIO_CHECKS_H_

#include <string_view>

#include "foldmesh/bio/structure.h"

namespace foldmesh::structio {

// Sizes that disagree or indices out of range are kInternal; numbers that are not finite are kInput, as they
// come from parameters or features.
void check(const bio::Structure& structure);

// Fits in one line of a PDB remark.
inline constexpr std::string_view kReplacementNote =
    "B-FACTORS COMPUTED FROM PLDDT FOR MOLECULAR REPLACEMENT";
inline constexpr std::string_view kUntrainedNote =
    "UNTRAINED: generated parameters, the coordinates mean nothing";

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_CHECKS_H_
