// HHsearch's report: a header, a table of hits, and a block for each hit:
//
//   No 1
//   >1abc_A Name of the protein
//   Probab=99.96 E-value=1.1e-34 Score=200.61 Aligned_cols=97 Identities=100% ... Sum_probs=94.5 ...
//
//   Q query             1 MKT--LLILAV   9 (97)
//   Q Consensus         1 mkt--llilav   9 (97)
//   T Consensus         2 ...
//   T 1abc_A            2 MKTAALLI-AV  11 (110)
#include <algorithm>
#include <charconv>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/line_reader.h"
#include "foldmesh/templates/hit.h"

namespace foldmesh::templates {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t i = 0; i < line.size();) {
    const size_t start = line.find_first_not_of(" \t", i);
    if (start == std::string_view::npos) break;
    i = std::min(line.find_first_of(" \t", start), line.size());
    words.push_back(line.substr(start, i - start));
  }
  return words;
}

template <typename T>
bool parse(std::string_view text, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

// One side of an alignment, put together from its lines.
struct Side {
  std::string aligned;
  int first = 0, next = 0;  // residues' numbers, from 1
};

class HhrReader {
 public:
  HhrReader(const std::filesystem::path& path, const std::string& query)
      : lines_(seqio::open_bytes(path)), query_(query) {}

  std::vector<Hit> read() {
    std::string_view line;
    bool is_report = false;
    while (lines_.next(line)) {
      is_report |= line.starts_with("Query ");
      if (line.starts_with("No ")) {
        end_block();
        in_block_ = true;
      } else if (in_block_) {
        read_block_line(line);
      }
    }
    end_block();
    if (!is_report) {
      base::throw_input("{}: is no report of HHsearch (expected a line that begins with 'Query')",
                        lines_.location().path);
    }
    return std::move(hits_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    base::throw_input("{}: {}", base::to_string(lines_.location()), what);
  }
  void read_block_line(std::string_view line);
  void read_summary(std::string_view line);
  void add_piece(std::string_view line, Side& side) const;
  void end_block();

  seqio::LineReader lines_;
  const std::string& query_;
  std::vector<Hit> hits_;
  bool in_block_ = false, has_summary_ = false;
  Hit hit_;
  Side q_, t_;
};

void HhrReader::read_block_line(std::string_view line) {
  if (line.starts_with('>')) {
    const auto name = parse_name(line.substr(1));
    if (!name) {
      fail(fmt::format("'{}' is not named after a chain of the PDB (expected for instance >1abc_A)",
                       base::printable(line)));
    }
    std::tie(hit_.pdb_id, hit_.chain_id) = *name;
    return;
  }
  if (line.starts_with("Probab=")) return read_summary(line);
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() < 3 || (words[0] != "Q" && words[0] != "T") || words[0].data() != line.data()) return;
  for (const std::string_view other : {"ss_dssp", "ss_pred", "ss_conf", "Consensus"}) {
    if (words[1] == other) return;
  }
  add_piece(line, words[0] == "Q" ? q_ : t_);
}

void HhrReader::read_summary(std::string_view line) {
  for (const std::string_view word : words_of(line)) {
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (equals == std::string_view::npos) continue;
    const std::string_view value = word.substr(equals + 1);
    double sum = 0;
    if (name == "Aligned_cols" && !parse(value, &hit_.aligned_columns)) fail("Aligned_cols is no number");
    if (name != "Sum_probs") continue;
    if (!parse(value, &sum)) fail("Sum_probs is no number");
    hit_.sum_probs = sum;
  }
  if (!hit_.sum_probs) fail("a hit without Sum_probs");
  has_summary_ = true;
}

// "Q name    5 ACD-EF  9 (120)": names may hold blanks, so it is read from its end.
void HhrReader::add_piece(std::string_view line, Side& side) const {
  const std::vector<std::string_view> words = words_of(line);
  const size_t n = words.size();
  int first = 0, last = 0;
  if (n < 6 || !words[n - 1].starts_with('(') || !parse(words[n - 2], &last) ||
      !parse(words[n - 4], &first)) {
    fail("a line of an alignment is damaged (expected: Q name first residues last (length))");
  }
  const std::string_view residues = words[n - 3];
  int n_residues = 0;
  for (const char c : residues) {
    if (c != '-' && !(c >= 'A' && c <= 'Z')) fail("an alignment holds something else than letters and '-'");
    n_residues += c != '-' ? 1 : 0;
  }
  if (first < 1 || last != first + n_residues - 1 || (!side.aligned.empty() && first != side.next)) {
    fail("the numbers of an alignment's line do not fit its residues");
  }
  if (side.aligned.empty()) side.first = first;
  side.next = last + 1;
  side.aligned += residues;
}

void HhrReader::end_block() {
  if (!in_block_) return;
  if (!has_summary_ || hit_.pdb_id.empty() || q_.aligned.empty() || q_.aligned.size() != t_.aligned.size()) {
    fail("a hit is not complete (expected name, Probab= line and alignment; is the file cut short?)");
  }
  int query = q_.first - 1;
  for (size_t i = 0; i < q_.aligned.size(); ++i) {
    const char q = q_.aligned[i], t = t_.aligned[i];
    if (q != '-' &&
        (query >= static_cast<int>(query_.size()) || (q != query_[static_cast<size_t>(query)] && q != 'X'))) {
      fail(fmt::format("the hit is aligned to another sequence than the query (residue {})", query + 1));
    }
    if (q != '-' && t != '-') hit_.mapping.emplace_back(query, static_cast<int>(hit_.sequence.size()));
    query += q != '-' ? 1 : 0;
    if (t != '-') hit_.sequence += t;
  }
  hits_.push_back(std::exchange(hit_, {}));
  q_ = t_ = {};
  in_block_ = has_summary_ = false;
}

}  // namespace

std::vector<Hit> read_hhr_hits(const std::filesystem::path& path, const std::string& query) {
  return HhrReader(path, query).read();
}

}  // namespace foldmesh::templates
