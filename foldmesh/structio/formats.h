// Internal to structure_reader: the two formats.
#ifndef FOLDMESH_STRUCTIO_FORMATS_H_
#define FOLDMESH_STRUCTIO_FORMATS_H_

#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::structio {

Entry parse_mmcif(std::string_view text, const std::string& path);
Entry parse_pdb(std::string_view text, const std::string& path);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_FORMATS_H_
