// What this build is: enters every stage's identity, every output's provenance and `--version`.
#ifndef FOLDMESH_BASE_VERSION_H_
#define FOLDMESH_BASE_VERSION_H_

#include <string>

namespace foldmesh::base {

const char* version();         // "0.1.0"
const char* commit();          // short git hash of the sources when configured, or "unknown"
std::string version_string();  // "0.1.0 (commit 1a2b3c4)"
// Widest vector extension of the CPU we run on: "avx512", "avx2", "sse4", "baseline".
const char* instruction_set();

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_VERSION_H_
