#include "foldmesh/base/version.h"

namespace foldmesh::base {

const char* version() { return FOLDMESH_VERSION; }
const char* commit() { return FOLDMESH_COMMIT; }

std::string version_string() { return std::string(version()) + " (commit " + commit() + ")"; }

const char* instruction_set() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return "avx512";
  if (__builtin_cpu_supports("avx2")) return "avx2";
  if (__builtin_cpu_supports("sse4.1")) return "sse4";
#endif
  return "baseline";
}

}  // namespace foldmesh::base
