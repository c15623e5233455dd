#include "foldmesh/base/hash.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "foldmesh/base/error.h"

namespace foldmesh::base {
namespace {

TEST(Hash, KnownAnswers) {
  // XXH3 of nothing, seed 0, as its documentation and every implementation give it.
  EXPECT_EQ(hash64("", 0), 0x2d06800538d394c2u);
  EXPECT_EQ(Hasher().hex(), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, EveryByteCounts) {
  std::string bytes(1000, 'a');
  const uint64_t whole = hash64(bytes.data(), bytes.size());
  EXPECT_NE(whole, hash64(bytes.data(), bytes.size() - 1));
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = 'b';
    EXPECT_NE(hash64(bytes.data(), bytes.size()), whole);
    bytes[i] = 'a';
  }
  EXPECT_EQ(hash64(std::as_bytes(std::span(bytes))), whole);
}

TEST(Hasher, PiecesAreKeptApart) {
  const auto hex = [](std::initializer_list<std::string_view> pieces) {
    Hasher hasher;
    for (std::string_view piece : pieces) hasher.add(piece);
    return hasher.hex();
  };
  EXPECT_EQ(hex({"ab", "c"}), hex({"ab", "c"}));
  EXPECT_NE(hex({"ab", "c"}), hex({"a", "bc"}));
  EXPECT_NE(hex({"abc"}), hex({"a", "bc"}));
  EXPECT_NE(hex({""}), hex({}));
  EXPECT_EQ(hex({"x"}).size(), 32u);
}

TEST(Hasher, FileIsItsBytes) {
  const auto path = std::filesystem::path(testing::TempDir()) / fmt::format("hash_{}", ::getpid());
  std::ofstream(path) << "contents";
  EXPECT_EQ(Hasher().add_file(path).hex(), Hasher().add("contents").hex());
  std::ofstream(path, std::ios::trunc);
  EXPECT_EQ(Hasher().add_file(path).hex(), Hasher().add("").hex());
  std::filesystem::remove(path);
  EXPECT_THROW(Hasher().add_file(path), Error);
}

}  // namespace
}  // namespace foldmesh::base
