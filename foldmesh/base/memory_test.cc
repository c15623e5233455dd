#include "foldmesh/base/memory.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"

namespace foldmesh::base {
namespace {

TEST(Memory, ParseBytes) {
  EXPECT_EQ(parse_bytes("16G"), size_t{16} << 30);
  EXPECT_EQ(parse_bytes("1.5M"), size_t{3} << 19);
  EXPECT_EQ(parse_bytes("2TiB"), size_t{2} << 40);
  EXPECT_EQ(parse_bytes("3KB"), 3072);
  EXPECT_EQ(parse_bytes("77"), 77);
  for (const char* bad : {"", "G", "-1G", "0", "1X", "1GG", "1iB", "nan", "inf", "1e30T", "16 G"}) {
    EXPECT_THROW(parse_bytes(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace foldmesh::base
