// Bad input to every command: one clear line that names file and place, the right exit code, and nothing left
// behind.
//
// To cover a new reader or command, add rows to a table below. In `arguments` and `message`, IN stands for
// the input file, OUT for an output file, FOLDER for the folder that holds them, MISSING for a file that is
// not there.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "foldmesh/base/file.h"
#include "foldmesh/seqdb/writer.h"
#include "tests/cli/run_program.h"

namespace foldmesh::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

struct Case {
  std::string name;      // of the test
  std::string file;      // name of the input file
  std::string contents;  // of the input file
  std::vector<std::string> arguments;
  int exit_code = 2;
  std::string message;  // the one line on standard error, after `foldmesh: `; empty for a success
  RunOptions options = {};
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::string replaced(std::string text, const fs::path& folder, const std::string& file) {
  for (const auto& [word, path] : {std::pair{"MISSING"s, folder / "missing"}, std::pair{"FOLDER"s, folder},
                                   std::pair{"OUT"s, folder / "out"}, std::pair{"IN"s, folder / file}}) {
    for (size_t at = text.find(word); at != std::string::npos;
         at = text.find(word, at + path.string().size())) {
      text.replace(at, word.size(), path.string());
    }
  }
  return text;
}

class HostileInput : public testing::TestWithParam<Case> {
 protected:
  // Lower case throughout, so that no placeholder can be part of it.
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename().string());
    return names;
  }
  fs::path folder_ = fs::temp_directory_path() / fmt::format("hostile_{}", ::getpid());
};

TEST_P(HostileInput, IsAnsweredWell) {
  const Case& c = GetParam();
  std::ofstream(folder_ / c.file, std::ios::binary) << c.contents;
  std::vector<std::string> arguments;
  for (const std::string& argument : c.arguments) arguments.push_back(replaced(argument, folder_, c.file));
  const RunResult result = run_program(arguments, c.options);
  EXPECT_EQ(result.exit_code, c.exit_code) << result.err;
  if (c.exit_code == 0) {
    EXPECT_EQ(files(), (std::set<std::string>{c.file, "out"}));
  } else {
    EXPECT_EQ(result.err, "foldmesh: " + replaced(c.message, folder_, c.file) + "\n");
    EXPECT_EQ(files(), std::set<std::string>{c.file});
  }
}

std::string gzip(const std::string& text) {
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

// Begins like a program file.
std::string garbage() {
  std::string bytes =
      "\x7f"
      "ELF\n";
  for (uint32_t i = 0, x = 1; i < 5000; ++i) {
    bytes.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  }
  return bytes;
}

std::string long_sequence(size_t n) { return ">long\n" + std::string(n, 'M') + "\n"; }

std::string database() {
  const fs::path path = fs::temp_directory_path() / fmt::format("hostile_{}.fmdb", ::getpid());
  seqdb::DatabaseWriter writer(path);
  writer.add("a", "one", "MKV");
  writer.add("b", "", std::string(5000, 'A'));
  writer.commit();
  const std::string bytes = base::read_file(path);
  fs::remove(path);
  return bytes;
}

std::string flipped(std::string bytes, size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

std::vector<Case> db_build_cases() {
  const std::vector<std::string> build = {"db", "build", "IN", "-o", "OUT"};
  const std::string good = ">a\nMKV\n>b\nACDEF\n";
  std::string many;
  for (int i = 0; i < 20000; ++i) many += fmt::format(">s{}\n{}\n", i, std::string(200, 'A'));
  return {
      {"empty", "in.fasta", "", build, 2, "IN: is empty (expected at least one FASTA record)"},
      {"garbage", "in.fasta", garbage(), build, 2,
       "IN:1: expected FASTA, a line that starts with '>', but found '\\x7fELF'"},
      {"text_before_first_record", "in.fasta", "MKV\n" + good, build, 2,
       "IN:1: expected FASTA, a line that starts with '>', but found 'MKV'"},
      {"truncated_gzip", "in.fasta.gz", gzip(good).substr(0, 20), build, 2,
       "IN: the gzip data ends in the middle (file cut short?)"},
      {"damaged_gzip", "in.fasta.gz", flipped(gzip(good), gzip(good).size() - 6), build, 2,
       fmt::format("IN: the gzip data is damaged near compressed byte {} (incorrect data check)",
                   gzip(good).size() - 4)},
      {"record_without_sequence", "in.fasta", good + ">c\n", build, 2,
       "IN:5: the record 'c' has no sequence"},
      {"record_without_sequence_kept",
       "in.fasta",
       good + ">c\n",
       {"db", "build", "IN", "-o", "OUT", "--keep-empty"},
       0,
       ""},
      {"record_without_name", "in.fasta", good + ">\nMKV\n", build, 2,
       "IN:5: the header has no name (expected '>NAME description')"},
      {"digit_in_sequence", "in.fasta", good + ">c\nMK\nM1V\n", build, 2,
       "IN:7: illegal character '1' in the sequence of 'c' (expected amino acid letters or '*')"},
      {"gap_in_sequence", "in.fasta", good + ">c\nM-V\n", build, 2,
       "IN:6: illegal character '-' in the sequence of 'c' (expected amino acid letters or '*')"},
      {"nul_in_sequence", "in.fasta", good + ">c\nM\0V\n"s, build, 2,
       "IN:6: illegal character '\\x00' in the sequence of 'c' (expected amino acid letters or '*')"},
      {"escape_in_header", "in.fasta", ">a\x1b[31m\nMKV\n", build, 2,
       "IN:1: the header holds the control character '\\x1b' (is this a text file?)"},
      {"duplicate_names", "in.fasta", good + good, build, 0, ""},
      {"longest_sequence", "in.fasta", long_sequence(100'000), build, 0, ""},
      {"sequence_too_long", "in.fasta", good + long_sequence(100'001), build, 2,
       "IN:5: the sequence 'long' is longer than the limit of 100000 residues"},
      {"crlf", "in.fasta", ">a b\r\nMKV\r\n>c\r\nMKV\r\n", build, 0, ""},
      {"no_final_newline", "in.fasta", ">a\nMKV", build, 0, ""},
      {"folder_as_input",
       "in.fasta",
       good,
       {"db", "build", "IN", "FOLDER", "-o", "OUT"},
       2,
       "FOLDER: is a folder (expected a file)"},
      {"missing_input",
       "in.fasta",
       good,
       {"db", "build", "IN", "MISSING", "-o", "OUT"},
       2,
       "MISSING: cannot be opened for reading: No such file or directory"},
      {"empty_standard_input",
       "in.fasta",
       good,
       {"db", "build", "IN", "-", "-o", "OUT"},
       2,
       "<stdin>: is empty (expected at least one FASTA record)"},
      {"standard_input_twice",
       "in.fasta",
       good,
       {"db", "build", "-", "-", "-o", "OUT"},
       2,
       "db build: standard input ('-') can be read only once"},
      {"folder_as_output",
       "in.fasta",
       good,
       {"db", "build", "IN", "-o", "FOLDER"},
       2,
       "FOLDER: is a folder (expected a file name)"},
      {"output_in_missing_folder",
       "in.fasta",
       good,
       {"db", "build", "IN", "-o", "MISSING/out"},
       1,
       "MISSING/out: cannot be created: No such file or directory"},
      {"full_disk", "in.fasta", many, build, 1, "OUT: cannot be written: File too large", {"", "", 1 << 20}},
      {"full_device",
       "in.fasta",
       good,
       {"db", "build", "IN", "-o", "/dev/full"},
       1,
       "/dev/full: cannot be written: No space left on device"},
      {"output_cannot_be_a_device",
       "in.fasta",
       good,
       {"db", "build", "IN", "-o", "/dev/null"},
       2,
       "/dev/null: is not a regular file, which this output must be"},
  };
}

std::vector<Case> db_reader_cases() {
  const std::string good = database();
  const std::string not_ours =
      "IN: damaged at byte 0: this is not a foldmesh sequence database (make one with `foldmesh db build`)";
  std::vector<Case> cases;
  for (const std::string command : {"info", "verify", "extract"}) {
    std::vector<std::string> arguments = {"db", command, "IN"};
    if (command == "extract") arguments = {"db", "extract", "IN", "--all", "-o", "OUT"};
    const auto add = [&](const std::string& name, const std::string& contents, const std::string& message) {
      cases.push_back({command + "_" + name, "in.fmdb", contents, arguments, 2, message});
    };
    add("empty", "", not_ours);
    add("garbage", garbage(), not_ours);
    add("fasta", ">a\nMKV\n", not_ours);
    add("cut_in_header", good.substr(0, 1000),
        "IN: damaged at byte 1000: the file ends inside its header page of 4096 bytes");
    add("cut_in_block", good.substr(0, 5000),
        fmt::format("IN: damaged at byte 5000: the file ends here, cut short from {} bytes", good.size()));
    add("trailing_bytes", good + "x",
        fmt::format("IN: damaged at byte {}: 1 bytes follow the end of the database", good.size()));
    add("flipped_header", flipped(good, 24), "IN: damaged at byte 0: the header's checksum does not match");
    add("flipped_directory", flipped(good, good.size() - 1),
        fmt::format("IN: damaged at byte {}: the directory's checksum does not match", good.size() - 48));
    add("newer", flipped(good, 9),
        "IN: damaged at byte 8: format version 258 (this program reads version 2)");
    if (command != "info") {  // which looks at no block
      add("flipped_block", flipped(good, 4200),
          "IN: damaged at byte 4096: the checksum of the block in bytes 4096 to 12287 does not match");
    }
    for (std::string& argument : arguments) {
      if (argument == "IN") argument = "FOLDER";
    }
    add("folder", good, "FOLDER: is a folder (expected a file)");
  }
  const auto extract = [&](const std::string& name, std::vector<std::string> options, int code,
                           const std::string& message, const RunOptions& run = {}) {
    std::vector<std::string> arguments = {"db", "extract", "IN"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    cases.push_back({"extract_" + name, "in.fmdb", good, arguments, code, message, run});
  };
  extract("unknown_name", {"--name", "a", "--name", "c\x1b", "-o", "OUT"}, 2,
          "IN: there is no sequence named 'c\\x1b'");
  extract("range_beyond", {"--range", "2-3", "-o", "OUT"}, 2,
          "IN: the range 2-3 reaches beyond the 2 sequences");
  for (const std::string bad : {"0", "2-1", "a", "1-", "-1", "1-2-3", "99999999999999999999"}) {
    extract("range_" + std::to_string(cases.size()), {"--range=" + bad, "-o", "OUT"}, 2,
            "'" + bad + "' is no range of sequences (expected N or FROM-TO, counted from 1)");
  }
  extract("full_disk", {"--all", "-o", "OUT"}, 1, "OUT: cannot be written: File too large", {"", "", 4096});
  extract("full_standard_output", {"--all"}, 1, "<stdout>: cannot be written: No space left on device",
          {"", "/dev/full", 0});
  return cases;
}

std::vector<Case> alignment_cases() {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, const std::string& file, const std::string& contents,
                       const std::string& message) {
    cases.push_back({name, file, contents, {"features", "IN", "--output", "OUT"}, 2, message});
  };
  const std::string sto = "# STOCKHOLM 1.0\n";
  add("a3m_empty", "in.a3m", "", "IN: is empty (expected an A3M alignment)");
  add("a3m_garbage", "in.a3m", garbage(),
      "IN:1: expected A3M, a line that starts with '>', but found '\\x7fELF'");
  add("a3m_uneven", "in.a3m", ">q\nMKV\n>h\nMaK\n",
      "IN:3: the row 'h' has 2 columns, the first row 3 (upper-case letters and '-' count)");
  add("a3m_row_without_text", "in.a3m", ">q\nMKV\n>h\n", "IN:3: the row 'h' has no sequence");
  add("a3m_query_with_gap", "in.a3m", ">q\nM-V\n>h\nMKV\n",
      "IN: the first row, the query, holds '-' (expected upper-case letters only)");
  add("a3m_several", "in.a3m", ">q\nMKV\n\0>r\nMK\n"s, "IN: holds several alignments (expected one)");
  add("a3m_truncated_gzip", "in.a3m.gz", gzip(">q\nMKV\n").substr(0, 20),
      "IN: the gzip data ends in the middle (file cut short?)");
  add("stockholm_garbage", "in.sto", garbage(), "IN:1: expected '# STOCKHOLM 1.0', but found '\\x7fELF'");
  add("stockholm_cut_short", "in.sto", sto + "q MKV\nh MKV\n",
      "IN:3: the alignment does not end with '//' (file cut short?)");
  add("stockholm_uneven", "in.sto", sto + "q MKV\nh MKVA\n//\n",
      "IN:3: the row 'h' has 4 columns in this block, the rows before it 3");
  add("stockholm_duplicate_names", "in.sto", sto + "q MKV\nq MKV\n//\n",
      "IN:3: the row 'q' stands twice in this block (names must differ)");
  add("stockholm_digit", "in.sto", sto + "q MKV\nh M1V\n//\n",
      "IN:3: illegal character '1' in row 'h' (expected letters and gaps)");
  return cases;
}

// The sequence is long enough to find itself.
std::string findable(int copies) {
  std::string fasta;
  for (int i = 0; i < copies; ++i) {
    fasta += fmt::format(">s{}\nMKVLAWTGHRECDNPQYIFSMKVLAWTGHRECDNPQYIFS\n", i);
  }
  return fasta;
}

std::vector<Case> search_cases() {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, const std::string& contents,
                       std::vector<std::string> arguments, const std::string& message, int exit_code = 2,
                       const RunOptions& options = {}) {
    cases.push_back(
        {"search_" + name, "in.txt", contents, std::move(arguments), exit_code, message, options});
  };
  const std::vector<std::string> jackhmmer = {"jackhmmer", "-o", "OUT", "IN", "IN"};
  add("empty_query", "", jackhmmer, "IN: is empty (expected at least one FASTA record)");
  add("garbage", garbage(), jackhmmer,
      "IN:1: expected FASTA, a line that starts with '>', but found '\\x7fELF'");
  add("digit_in_last_record", findable(3) + ">bad\nMK1V\n", jackhmmer,
      "IN:8: illegal character '1' in the sequence of 'bad' (expected amino acid letters or '*')");
  add("damaged_database", flipped(database(), 5000), {"jackhmmer", "-o", "OUT", "IN", "IN"},
      "IN:1: expected FASTA, a line that starts with '>', but found 'FMDB'");
  add("missing_database", findable(1), {"phmmer", "-o", "OUT", "IN", "MISSING"},
      "MISSING: no such file (expected a sequence database)");
  add("missing_query", findable(1), {"phmmer", "-o", "OUT", "MISSING", "IN"},
      "MISSING: cannot be opened for reading: No such file or directory");
  add("database_on_standard_input", findable(1), {"jackhmmer", "-o", "OUT", "IN", "-"},
      "jackhmmer reads the database once per round (expected a file, not standard input)");
  add("one_output_only", findable(1), {"phmmer", "-o", "OUT", "IN", "IN"}, "", 0);
  // --quiet: on a slow machine these searches live long enough to show progress.
  add("full_disk", findable(300), {"phmmer", "--quiet", "-o", "/dev/null", "-A", "OUT", "IN", "IN"},
      "OUT: cannot be written: File too large", 1, {"", "", 4096});
  add("full_standard_output", findable(300), {"phmmer", "--quiet", "IN", "IN"},
      "standard output cannot be written", 1, {"", "/dev/full", 0});
  add("no_folder_for_output", findable(1), {"phmmer", "-o", "/nonexistent/out", "IN", "IN"},
      "/nonexistent/out: cannot be created: No such file or directory", 1);

  const std::vector<std::string> hmmsearch = {"hmmsearch", "-o", "OUT", "IN", "IN"};
  add("model_is_fasta", findable(1), hmmsearch,
      "IN:1: starts with '>s0', which is not a profile HMM we read (expected 'HMMER3/f'; hmmconvert converts "
      "older "
      "HMMER files)");
  add("model_cut_short", "HMMER3/f [x]\nNAME  x\n", hmmsearch,
      "IN:2: the file ends inside a model (expected '//')");
  add("model_length", "HMMER3/f [x]\nNAME  x\nLENG  4000000000\n", hmmsearch,
      "IN:3: LENG is '4000000000' (expected a number between 1 and 100000)");
  add("model_empty", "", hmmsearch, "IN: is empty (expected at least one profile HMM)");

  const std::vector<std::string> hmmbuild = {"hmmbuild", "OUT", "IN"};
  add("alignment_is_garbage", garbage(), hmmbuild,
      "IN:1: expected an alignment (Stockholm, or FASTA with '>'), but found '\\x7fELF'");
  add("alignment_empty", "", hmmbuild, "IN: is empty (expected an alignment)");
  add("alignment_without_reference", "# STOCKHOLM 1.0\n#=GF ID x\na MKVLAW\n//\n",
      {"hmmbuild", "--hand", "OUT", "IN"},
      "IN: alignment x: has no reference annotation (#=GC RF), which a hand architecture needs");

  add("same_folder", ">a|b\nMKV\n>a/b\nMKV\n", {"search", "IN", "--db", "x=IN", "--output-dir", "FOLDER"},
      "the queries a|b and a/b would both be written to the folder a_b");
  add("duplicate_queries", ">a\nMKV\n>a\nMKV\n", {"search", "IN", "--db", "x=IN", "--output-dir", "FOLDER"},
      "IN:3: the name 'a' was used before, in line 1 (query names must differ)");
  add("database_without_name", findable(1), {"search", "IN", "--db", "IN", "--output-dir", "FOLDER"},
      "--db IN: expected NAME=PATH, for instance uniref90=uniref90.fmdb");
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(DbBuild, HostileInput, testing::ValuesIn(db_build_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Alignments, HostileInput, testing::ValuesIn(alignment_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Search, HostileInput, testing::ValuesIn(search_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(DbReaders, HostileInput, testing::ValuesIn(db_reader_cases()), name_of);

}  // namespace
}  // namespace foldmesh::tests
