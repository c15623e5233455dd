#include "foldmesh/base/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "foldmesh/base/error.h"

namespace foldmesh::base {
namespace {

TEST(TempFolder, EveryoneHasOneOfTheirOwnAndItIsRemovedWithItsFiles) {
  std::filesystem::path path;
  {
    const TempFolder a("same"), b("same");
    EXPECT_NE(a.path(), b.path());
    path = a.path();
    std::filesystem::create_directories(path / "deep");
    std::ofstream(path / "deep" / "file") << "x";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TempFolder, AParentThatIsMissingIsTheMachinesFault) {
  const TempFolder parent("parent");
  EXPECT_THROW(TempFolder("x", parent.path() / "missing"), Error);
}

}  // namespace
}  // namespace foldmesh::base
