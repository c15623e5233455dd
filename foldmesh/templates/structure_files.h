// Where the structures of PDB entries lie.
#ifndef FOLDMESH_TEMPLATES_STRUCTURE_FILES_H_
#define FOLDMESH_TEMPLATES_STRUCTURE_FILES_H_

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace foldmesh::templates {

// Old id -> the entry that took its place; empty when there is none. Ids in lower case.
using ObsoleteEntries = std::map<std::string, std::string>;
// From the PDB's obsolete.dat: lines `OBSLTE 31-JUL-94 116L 216L`. Throws kInput for a damaged line.
ObsoleteEntries read_obsolete(const std::filesystem::path& path);

// <folder>/1abc.cif, or <folder>/ab/1abc.cif (the PDB's divided layout); also .cif.gz and .cif.zst, and ids
// in upper case. Nothing if there is none.
std::optional<std::filesystem::path> find_mmcif(const std::filesystem::path& folder,
                                                const std::string& pdb_id);

}  // namespace foldmesh::templates

#endif  // FOLDMESH_TEMPLATES_STRUCTURE_FILES_H_
