#include "foldmesh/base/error.h"

#include <gtest/gtest.h>

namespace foldmesh::base {
namespace {

TEST(Error, KindsAndExitCodes) {
  const auto thrown = [](auto&& f) {
    try {
      f();
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorKind::kInternal, "nothing was thrown");
  };
  const Error input = thrown([] { throw_input("{}:{}: bad", "f", 3); });
  EXPECT_STREQ(input.what(), "f:3: bad");
  EXPECT_EQ(input.exit_code(), 2);
  EXPECT_EQ(thrown([] { throw_machine("m"); }).exit_code(), 1);
  EXPECT_EQ(thrown([] { throw_internal("i"); }).kind(), ErrorKind::kInternal);
}

TEST(Error, LocationAndQuoting) {
  EXPECT_EQ(to_string(Location{"f", 7}), "f:7");
  EXPECT_EQ(to_string(Location{"f", 0}), "f");
  EXPECT_EQ(printable("plain text"), "plain text");
  EXPECT_EQ(printable("a\nb\x1b\x7f\xff"), "a\\x0ab\\x1b\\x7f\\xff");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("0123456789", 4), "0123...");
  EXPECT_EQ(printable("0123", 4), "0123");
}

}  // namespace
}  // namespace foldmesh::base
