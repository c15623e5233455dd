#include "foldmesh/tensor/npz.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>

#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/tensor/zip.h"

namespace foldmesh::tensor {
namespace {

class NpzTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::temp_directory_path() / fmt::format("foldmesh_npz_{}_{}", name, ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  std::filesystem::path put(const std::string& bytes) const {
    std::ofstream(file("x.npz"), std::ios::binary) << bytes;
    return file("x.npz");
  }
  // The message of the kInput error that opening and reading everything must raise; empty when there was
  // none.
  static std::string error_of(const std::filesystem::path& path) {
    try {
      const NpzReader reader(path);
      for (const std::string& name : reader.names()) {
        if (reader.header(name).type == NpyType::kBytes) {
          reader.read_strings(name);
        } else {
          reader.view(name);
          reader.read(name);
        }
      }
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
      return error.what();
    }
    return "";
  }

  std::filesystem::path folder_;
};

Tensor numbers(DType dtype, Shape shape) {
  Tensor counting(DType::kI64, std::move(shape));
  for (int64_t i = 0; i < counting.size(); ++i) counting.as<int64_t>()[i] = i * 37 % 101;
  return counting.cast(dtype);
}

void write_sample(const std::filesystem::path& path, NpzCompression compression) {
  NpzWriter writer(path, compression);
  writer.add("f", numbers(DType::kF32, {3, 5, 7}).view());
  writer.add("scope/~x//weights", numbers(DType::kF64, {4}).view());
  writer.add("i", numbers(DType::kI32, {2, 2}).view());
  writer.add("l", numbers(DType::kI64, {1}).view());
  writer.add("u", numbers(DType::kU8, {300}).view());
  writer.add("scalar", numbers(DType::kF32, {}).view());
  writer.add("empty", numbers(DType::kF32, {0, 3}).view());
  const std::vector<std::string> names = {"GLY", "", "alanine"};
  writer.add_strings("names", names);
  const std::byte signed_bytes[] = {std::byte{0xff}, std::byte{5}};
  writer.add_raw("i1", NpyType::kI8, 1, {2}, signed_bytes);
  const std::byte flags[] = {std::byte{1}, std::byte{0}};
  writer.add_raw("b1", NpyType::kBool, 1, {2, 1}, flags);
  writer.commit();
}

void expect_equal(const ConstView& a, const ConstView& b) {
  ASSERT_EQ(a.dtype, b.dtype);
  ASSERT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.bytes() == 0 ? 0 : std::memcmp(a.data, b.data, a.bytes()), 0);
}

TEST_F(NpzTest, RoundTripStoredAndDeflated) {
  for (const NpzCompression compression : {NpzCompression::kStored, NpzCompression::kDeflated}) {
    write_sample(file("a.npz"), compression);
    const NpzReader reader(file("a.npz"));
    EXPECT_EQ(reader.names().size(), 10);
    expect_equal(reader.view("f"), numbers(DType::kF32, {3, 5, 7}).view());
    expect_equal(reader.read("scope/~x//weights").view(), numbers(DType::kF64, {4}).view());
    expect_equal(reader.view("i"), numbers(DType::kI32, {2, 2}).view());
    expect_equal(reader.view("l"), numbers(DType::kI64, {1}).view());
    expect_equal(reader.view("u"), numbers(DType::kU8, {300}).view());
    expect_equal(reader.view("scalar"), numbers(DType::kF32, {}).view());
    expect_equal(reader.view("empty"), numbers(DType::kF32, {0, 3}).view());
    EXPECT_EQ(reader.read_strings("names"), (std::vector<std::string>{"GLY", "", "alanine"}));
    EXPECT_EQ(reader.view("i1").as<int32_t>()[0], -1);
    EXPECT_EQ(reader.view("i1").as<int32_t>()[1], 5);
    EXPECT_EQ(reader.view("b1").as<uint8_t>()[0], 1);
    EXPECT_EQ(reader.is_mapped("f"), compression == NpzCompression::kStored);
    EXPECT_THROW(reader.view("missing"), base::Error);
    EXPECT_THROW(reader.view("names"), base::Error);
    EXPECT_THROW(reader.read_strings("f"), base::Error);
  }
}

TEST_F(NpzTest, StoredDataIsAlignedAndBytesRepeat) {
  write_sample(file("a.npz"), NpzCompression::kStored);
  write_sample(file("b.npz"), NpzCompression::kStored);
  EXPECT_EQ(base::read_file(file("a.npz")), base::read_file(file("b.npz")));
  const NpzReader reader(file("a.npz"));
  for (const char* name : {"f", "scope/~x//weights", "i", "l", "u"}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(reader.view(name).data) % 64, 0) << name;
    EXPECT_EQ(reader.view(name).data, reader.view(name).data);
  }
}

TEST_F(NpzTest, ReadsWhatNumpyWrote) {
  const NpzReader reader(std::string(FOLDMESH_TESTS_DIR) + "/golden/af2/modules/heads.npz");
  EXPECT_EQ(reader.view("in_pair").dtype, DType::kF32);
  EXPECT_EQ(reader.view("in_pair").shape, (Shape{23, 23, 128}));
}

TEST_F(NpzTest, EveryTruncationIsRefused) {
  write_sample(file("a.npz"), NpzCompression::kDeflated);
  const std::string whole = base::read_file(file("a.npz"));
  for (size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(error_of(put(whole.substr(0, size))).empty()) << size;
  }
}

TEST_F(NpzTest, FlippedBytesNeverCrashAndFlippedDataIsNoticed) {
  write_sample(file("a.npz"), NpzCompression::kStored);
  const std::string whole = base::read_file(file("a.npz"));
  base::Rng rng(1);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = whole;
    damaged[rng.below(damaged.size())] ^= static_cast<char>(1 << rng.below(8));
    error_of(put(damaged));
  }
  std::string damaged = whole;
  const NpzReader reader(file("a.npz"));
  const auto* data = static_cast<const char*>(reader.view("f").data);
  const size_t at = whole.find(std::string(data, 12));
  damaged[at + 100] ^= 1;
  EXPECT_NE(error_of(put(damaged)).find("member 'f.npy': checksum"), std::string::npos);
}

// A zip64 archive: sizes and offset of the only member, and the directory's place, moved to 64-bit fields.
TEST_F(NpzTest, Zip64Fields) {
  NpzWriter writer(file("a.npz"));
  writer.add("x", numbers(DType::kI32, {9}).view());
  writer.commit();
  std::string bytes = base::read_file(file("a.npz"));
  const auto le = [](uint64_t v, int n) {
    std::string s;
    for (int i = 0; i < n; ++i) s += static_cast<char>(v >> (8 * i) & 0xff);
    return s;
  };
  const size_t central = bytes.find("PK\x01\x02");
  const auto size = static_cast<uint64_t>(static_cast<unsigned char>(bytes[central + 24]));
  std::string entry = bytes.substr(central, zip::kCentralBytes) + "x.npy";
  entry.replace(20, 8, std::string(8, '\xff'));
  entry.replace(42, 4, std::string(4, '\xff'));
  entry.replace(30, 2, le(4 + 24 + 5, 2));
  entry += le(0x7777, 2) + le(1, 2) + "?";  // a field of another kind comes first
  entry += le(zip::kZip64Extra, 2) + le(24, 2) + le(size, 8) + le(size, 8) + le(0, 8);
  std::string tail = le(zip::kEnd64Signature, 4) + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 8) + le(1, 8) +
                     le(1, 8) + le(entry.size(), 8) + le(central, 8);
  tail += le(zip::kEnd64LocatorSignature, 4) + le(0, 4) + le(central + entry.size(), 8) + le(1, 4);
  tail += le(zip::kEndSignature, 4) + le(0, 4) + le(0xffff, 2) + le(0xffff, 2) + le(0xffffffff, 4) +
          le(0xffffffff, 4) + le(0, 2);
  const auto path = put(bytes.substr(0, central) + entry + tail);
  expect_equal(NpzReader(path).view("x"), numbers(DType::kI32, {9}).view());

  std::string lying = bytes.substr(0, central) + entry + tail;
  lying.replace(lying.size() - zip::kEndBytes - 12, 8, le(uint64_t{1} << 62, 8));
  EXPECT_FALSE(error_of(put(lying)).empty());
}

TEST_F(NpzTest, ImpossibleClaimsAreRefused) {
  NpzWriter writer(file("a.npz"), NpzCompression::kDeflated);
  writer.add("x", numbers(DType::kI32, {9}).view());
  writer.commit();
  std::string bytes = base::read_file(file("a.npz"));
  bytes.replace(bytes.find("PK\x01\x02") + 24, 4, "\xf0\xff\xff\x7f");
  EXPECT_NE(error_of(put(bytes)).find("impossible sizes"), std::string::npos);
  EXPECT_NE(error_of(put("just text, not an archive at all")).find("not a zip archive"), std::string::npos);
}

NpyHeader parse(const std::string& dict, char version = 1) {
  std::string bytes = std::string("\x93NUMPY") + version + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes += static_cast<char>(dict.size() >> (8 * i) & 0xff);
  bytes += dict;
  return parse_npy_header(std::as_bytes(std::span(bytes)), "f.npz: member 'x'");
}

TEST(NpyHeaderTest, Versions) {
  for (char version = 1; version <= 3; ++version) {
    const NpyHeader header =
        parse("{\"shape\": (3L, 4,), 'fortran_order':False, 'descr': '<f8'}  \n", version);
    EXPECT_EQ(header.shape, (Shape{3, 4}));
    EXPECT_EQ(header.type, NpyType::kF64);
  }
  EXPECT_EQ(parse("{'descr': '|S12', 'fortran_order': True, 'shape': (5,), }").item_bytes, 12);
}

TEST(NpyHeaderTest, WrittenHeadersParseBack) {
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{2, 3}, Shape(30, 1)}) {
    const std::string bytes = make_npy_header(NpyType::kF32, 4, shape);
    EXPECT_EQ(bytes.size() % 64, 0);
    EXPECT_EQ(parse_npy_header(std::as_bytes(std::span(bytes)), "x").shape, shape);
  }
  EXPECT_EQ(make_npy_header(NpyType::kI32, 4, {2, 3}).substr(10, 59),
            "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }");
}

TEST(NpyHeaderTest, Refusals) {
  const std::pair<const char*, const char*> cases[] = {
      {"{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }", "Fortran order"},
      {"{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }", "big-endian"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "pickled"},
      {"{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }", "Unicode"},
      {"{'descr': '|S99999999999', 'fortran_order': False, 'shape': (3,), }", "not supported"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", "structured"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", "extents"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", "impossible"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,), }", "impossible"},
      {"{'descr': '<f4', 'shape': (3,), }", "incomplete"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } x", "text after"},
      {"{'descr': '<f4", "string without end"},
      {"    ", "expected '{'"},
  };
  for (const auto& [dict, expected] : cases) {
    try {
      parse(dict);
      ADD_FAILURE() << dict;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace foldmesh::tensor
