// Included before any Highway header: which instruction sets the vector loops are compiled for. Vectors whose
// width is known only at run time (SVE, RISC-V) are left out because their types cannot be array elements,
// SSSE3 because no machine in use stops there.
#ifndef FOLDMESH_SIMD_FIXED_WIDTH_H_
#define FOLDMESH_SIMD_FIXED_WIDTH_H_

#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_WASM_EMU256)

#endif  // FOLDMESH_SIMD_FIXED_WIDTH_H_
