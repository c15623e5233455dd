#include "foldmesh/seqio/fasta_chunks.h"

#include <gtest/gtest.h>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"

namespace foldmesh::seqio {
namespace {

const FastaOptions kOptions = {100, true};

std::vector<FastaChunk> chunks_of(const std::string& text, size_t chunk_bytes) {
  FastaChunkReader reader(open_memory(text, "in"), chunk_bytes);
  std::vector<FastaChunk> chunks;
  for (FastaChunk chunk; reader.next(chunk);) chunks.push_back(chunk);
  return chunks;
}

// Name, description and residues of all records, one per line.
std::string read_whole(const std::string& text) {
  FastaReader reader(open_memory(text, "in"), kOptions);
  std::string lines;
  for (bio::Sequence record; reader.next(record);) {
    lines += record.name + "|" + record.description + "|" +
             bio::textize(bio::digitize(record.residues).data(), record.residues.size()) + "\n";
  }
  return lines;
}

std::string read_in_chunks(const std::string& text, size_t chunk_bytes) {
  std::string lines;
  int64_t n_records = 0;
  uint64_t offset = 0;
  for (const FastaChunk& chunk : chunks_of(text, chunk_bytes)) {
    EXPECT_EQ(chunk.first_record, n_records);
    EXPECT_EQ(chunk.offset, offset);
    const ParsedFasta parsed = parse(chunk, "in", kOptions);
    EXPECT_EQ(std::ssize(parsed.records), chunk.n_records);
    size_t at_text = 0, at_code = 0;
    for (const ParsedFasta::Record& record : parsed.records) {
      lines += parsed.text.substr(at_text, record.name_bytes) + "|";
      lines += parsed.text.substr(at_text + record.name_bytes, record.description_bytes) + "|";
      lines += bio::textize(parsed.codes.data() + at_code, record.n_residues) + "\n";
      at_text += record.name_bytes + record.description_bytes;
      at_code += record.n_residues;
    }
    n_records += chunk.n_records;
    offset += chunk.text.size();
  }
  EXPECT_EQ(offset, text.size());
  return lines;
}

std::string error_of(const std::string& text, size_t chunk_bytes) {
  try {
    read_in_chunks(text, chunk_bytes);
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(FastaChunks, AnySizeGivesTheRecordsOfTheWhole) {
  const std::vector<std::string> texts = {">a one\nMKV\n>b\nAC\nDE\n>c >x\n\n>d\n>e\nKL",
                                          "\n\n>a\r\nMKV\r\n>b x>y\r\nAC\r\n",
                                          ">a\rMK\r>b\rAC\r>c\r\n>d\rA\n\r",
                                          ">a\nMKV",
                                          ">a\n",
                                          "\n>a\nM\n\n\n"};
  for (const std::string& text : texts) {
    const std::string expected = read_whole(text);
    for (size_t bytes = 1; bytes <= text.size() + 1; ++bytes) {
      EXPECT_EQ(read_in_chunks(text, bytes), expected) << bytes;
    }
  }
}

TEST(FastaChunks, RandomTexts) {
  base::Rng rng(5);
  const std::string pieces[] = {">", "\n",  "\r",  "\r\n", "A",          "KLM",
                                " ", "x y", ">n ", "\n>r", "\n>s d\nACD"};
  for (int i = 0; i < 2000; ++i) {
    std::string text = ">first\n";
    for (uint64_t n = rng.below(30); n > 0; --n) text += pieces[rng.below(std::size(pieces))];
    std::string expected;
    try {
      expected = read_whole(text);
    } catch (const base::Error&) {
      EXPECT_NE(error_of(text, 1 + rng.below(20)), "") << text;
      continue;
    }
    EXPECT_EQ(read_in_chunks(text, 1 + rng.below(20)), expected) << text;
  }
}

TEST(FastaChunks, ErrorsNameTheLineInTheWholeInput) {
  const std::string text = ">a\r\nMK\r\n>b\nAC\r>c\nM1\n>d\nA\n";
  for (size_t bytes : {1u, 5u, 12u, 100u}) {
    EXPECT_EQ(error_of(text, bytes).substr(0, 5), "in:6:") << error_of(text, bytes);
  }
  EXPECT_EQ(error_of("", 5), "in: is empty (expected at least one FASTA record)");
  EXPECT_EQ(error_of("\n\n", 1), "in: is empty (expected at least one FASTA record)");
  EXPECT_EQ(error_of("MKV\n>a\nA\n", 1).substr(0, 5), "in:1:");
}

}  // namespace
}  // namespace foldmesh::seqio
