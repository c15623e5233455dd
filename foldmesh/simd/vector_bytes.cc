#include "foldmesh/simd/fixed_width.h"
#include "foldmesh/simd/target.h"

// Highway compiles this file once for every instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "foldmesh/simd/vector_bytes.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace foldmesh::simd {
namespace HWY_NAMESPACE {

int VectorBytes() {
  return static_cast<int>(hwy::HWY_NAMESPACE::Lanes(hwy::HWY_NAMESPACE::ScalableTag<uint8_t>()));
}

}  // namespace HWY_NAMESPACE
}  // namespace foldmesh::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace foldmesh::simd {

HWY_EXPORT(VectorBytes);
int vector_bytes() { return HWY_DYNAMIC_DISPATCH(VectorBytes)(); }

}  // namespace foldmesh::simd
#endif  // HWY_ONCE
