#include "foldmesh/simd/target.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "foldmesh/simd/aligned_vector.h"

namespace foldmesh::simd {
namespace {

TEST(Target, ForcedOneIsInUseUntilTheEnd) {
  const Target widest = current_target();
  for (const Target target : available_targets()) {
    const ForcedTarget forced(target);
    EXPECT_EQ(current_target(), target);
    const std::string name = target_name(target);
    if (name == "SCALAR") {
      EXPECT_EQ(vector_bytes(), 1);
    }
    if (name == "SSE4" || name == "NEON") {
      EXPECT_EQ(vector_bytes(), 16);
    }
    if (name == "AVX2") {
      EXPECT_EQ(vector_bytes(), 32);
    }
    if (name == "AVX3") {
      EXPECT_EQ(vector_bytes(), 64);
    }
    EXPECT_NE(name, "Unknown");
  }
  EXPECT_EQ(current_target(), widest);
  EXPECT_EQ(available_targets().front(), widest);
}

TEST(AlignedVector, StartsOnACacheLine) {
  for (size_t n : {1, 7, 1000}) {
    AlignedVector<int8_t> values(n, int8_t{3});
    EXPECT_EQ(reinterpret_cast<uintptr_t>(values.data()) % kAlignment, 0u);
    const AlignedVector<int8_t> copy = values;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(copy.data()) % kAlignment, 0u);
    EXPECT_EQ(copy, values);
  }
}

}  // namespace
}  // namespace foldmesh::simd
