#include "foldmesh/seqio/byte_source.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>

#include "foldmesh/base/error.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::seqio {
namespace {

std::string gzip(std::string_view text) {
  std::string out(text.size() + 1000, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

std::string read_all(ByteSource& source, size_t step = 1000) {
  std::string all, piece(step, '\0');
  while (const size_t n = source.read(piece.data(), step)) all.append(piece, 0, n);
  EXPECT_EQ(source.read(piece.data(), step), 0u);  // the end stays the end
  return all;
}

std::string text_of(std::string_view bytes, size_t step = 1000) {
  return read_all(*open_memory(bytes, "m"), step);
}

std::string error_of(std::string_view bytes) {
  try {
    text_of(bytes);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "no error";
}

// Compresses badly enough to span several input blocks.
std::string long_text() {
  std::string text;
  uint32_t x = 1;
  while (text.size() < 900'000)
    text.push_back(static_cast<char>('A' + ((x = x * 1664525 + 1013904223) >> 24) % 26));
  return text;
}

TEST(ByteSource, PlainAndShort) {
  for (const char* text : {"", "a", "ab", "abc", "abcd", "abcdefgh"}) EXPECT_EQ(text_of(text, 3), text);
}

TEST(ByteSource, Decompresses) {
  const std::string text = long_text();
  for (size_t step : {size_t{7}, size_t{4096}, size_t{1} << 20}) {
    EXPECT_TRUE(text_of(gzip(text), step) == text);
    EXPECT_TRUE(text_of(zstd(text), step) == text);
  }
  EXPECT_EQ(text_of(gzip("")), "");
  EXPECT_EQ(text_of(zstd("")), "");
}

TEST(ByteSource, MembersAndFramesFollowOneAnother) {
  const std::string text = long_text();
  EXPECT_TRUE(text_of(gzip(text) + gzip("") + gzip("tail")) == text + "tail");
  EXPECT_TRUE(text_of(zstd(text) + zstd("") + zstd("tail")) == text + "tail");
  EXPECT_EQ(text_of(gzip("a") + std::string(600'000, '\0')), "a");  // padded with zeros
  const std::string skippable("\x53\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_EQ(text_of(skippable + zstd("a")), "a");
}

TEST(ByteSource, EveryTruncationIsNoticed) {
  for (const std::string& whole :
       {gzip("some text that is compressed"), zstd("some text that is compressed")}) {
    for (size_t n = 4; n < whole.size(); ++n) {
      EXPECT_NE(error_of(whole.substr(0, n)).find("ends in the middle (file cut short?)"), std::string::npos)
          << n;
    }
  }
}

TEST(ByteSource, DamageIsNoticed) {
  const std::string text = long_text();
  for (std::string whole : {gzip(text), zstd(text)}) {
    whole[whole.size() / 2] ^= 0x10;
    EXPECT_NE(error_of(whole).find("data is damaged near compressed byte"), std::string::npos);
  }
  std::string bad_crc = gzip("abc");
  bad_crc[bad_crc.size() - 6] ^= 1;
  EXPECT_EQ(error_of(bad_crc), "m: the gzip data is damaged near compressed byte 19 (incorrect data check)");
  EXPECT_NE(error_of(gzip("abc") + "garbage").find("damaged"), std::string::npos);
  EXPECT_EQ(error_of(gzip("abc") + std::string(3, '\0') + "x"),
            "m: bytes that are not gzip follow the gzip data");
  EXPECT_NE(error_of(zstd("abc") + "garbage").find("damaged"), std::string::npos);
}

TEST(ByteSource, FilesAndTheirAbsence) {
  const base::TempFolder folder("byte_source_test");
  const std::string path = folder.path() / "misnamed.zst";  // the name does not matter
  std::ofstream(path, std::ios::binary) << gzip("hello");
  auto source = open_bytes(path);
  EXPECT_EQ(read_all(*source), "hello");
  EXPECT_EQ(source->consumed(), gzip("hello").size());
  EXPECT_EQ(source->name(), path);
  EXPECT_THROW(open_bytes(folder.path() / "missing"), base::Error);
  EXPECT_THROW(open_bytes(folder.path()), base::Error);
}

}  // namespace
}  // namespace foldmesh::seqio
