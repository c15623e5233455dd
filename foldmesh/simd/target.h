// The instruction set that vector loops run on: the widest that this machine has, unless a test forces one.
#ifndef FOLDMESH_SIMD_TARGET_H_
#define FOLDMESH_SIMD_TARGET_H_

#include <cstdint>
#include <string>
#include <vector>

namespace foldmesh::simd {

// Highway's bit of an instruction set.
using Target = int64_t;

// All that this machine can run and this program was compiled for, widest first. The last one is plain code
// that needs no vector instructions.
std::vector<Target> available_targets();
// "AVX3" (AVX-512), "AVX2", "SSE4", "NEON", "EMU128" (plain code)
std::string target_name(Target target);
Target current_target();
// Bytes of its vectors; 1 for plain code without vectors.
int vector_bytes();

// While it lives, all threads run on this instruction set. Not for use while other threads compute.
class ForcedTarget {
 public:
  explicit ForcedTarget(Target target);
  ~ForcedTarget();
  ForcedTarget(const ForcedTarget&) = delete;
  ForcedTarget& operator=(const ForcedTarget&) = delete;
};

}  // namespace foldmesh::simd

#endif  // FOLDMESH_SIMD_TARGET_H_
