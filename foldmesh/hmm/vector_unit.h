// What the vectorised code does on a processor without a vector unit that it knows.
#ifndef FOLDMESH_HMM_VECTOR_UNIT_H_
#define FOLDMESH_HMM_VECTOR_UNIT_H_

#include "foldmesh/base/error.h"

namespace foldmesh::hmm {

[[noreturn]] inline void no_vector_unit() {
  base::throw_machine(
      "this processor has none of the vector instructions that a search needs (SSSE3 or NEON)");
}

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_VECTOR_UNIT_H_
