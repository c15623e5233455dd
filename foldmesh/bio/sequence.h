#ifndef FOLDMESH_BIO_SEQUENCE_H_
#define FOLDMESH_BIO_SEQUENCE_H_

#include <string>

namespace foldmesh::bio {

// One protein sequence as read: letters of bio/alphabet.h (gap and missing excluded), case as written.
struct Sequence {
  std::string name;         // first word of the header
  std::string accession;    // empty for FASTA
  std::string description;  // rest of the header, may be empty
  std::string residues;
};

}  // namespace foldmesh::bio

#endif  // FOLDMESH_BIO_SEQUENCE_H_
