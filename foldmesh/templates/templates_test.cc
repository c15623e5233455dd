// From hits to templates, on structures that we write ourselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/hmm/blosum62.h"
#include "foldmesh/structio/structure_file.h"
#include "foldmesh/templates/featurize.h"
#include "foldmesh/templates/search_alignment.h"
#include "foldmesh/templates/sequence_alignment.h"

namespace foldmesh::templates {
namespace {

namespace fs = std::filesystem;

// Residue i's atoms stand around (3.8 i, 0, 0); their y is the slot.
bio::Structure made_structure(const std::vector<std::string>& chains) {
  bio::Structure out;
  for (size_t c = 0; c < chains.size(); ++c) {
    out.chain_ids.push_back(std::string(1, static_cast<char>('A' + c)));
    for (size_t i = 0; i < chains[c].size(); ++i) {
      const int type = bio::restype_of(chains[c][i]);
      out.aatype.push_back(type);
      out.chain_index.push_back(static_cast<int>(c));
      out.residue_index.push_back(static_cast<int>(i));
      out.plddt.push_back(50);
      auto& mask = out.atom_mask.emplace_back();
      auto& position = out.atom_position.emplace_back();
      for (int a = 0; a < bio::kNumAtom37; ++a) {
        mask[a] = bio::kAtom37Mask[type][a];
        if (mask[a] != 0) position[a] = {3.8F * static_cast<float>(i), static_cast<float>(a), 1};
      }
    }
  }
  return out;
}

structio::Entry entry_of(const bio::Structure& structure) {
  return structio::parse_structure(structio::to_mmcif(structure, {}), "test");
}

const std::string kQuery = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ";

// The query's residues from `first` on, as a hit that matches it exactly.
Hit made_hit(const std::string& sequence, int first, const std::string& chain = "A") {
  Hit hit{"1abc", chain, static_cast<int>(sequence.size()), std::nullopt, sequence, {}};
  for (size_t i = 0; i < sequence.size(); ++i) {
    hit.mapping.emplace_back(first + static_cast<int>(i), static_cast<int>(i));
  }
  return hit;
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    return error.what();
  }
  return "";
}

float ca_x(const Template& from, size_t residue) {
  return from.positions[(residue * bio::kNumAtom37 + bio::kAtom37Ca) * 3];
}

TEST(MakeTemplate, ExactSequence) {
  const structio::Entry entry = entry_of(made_structure({"GGGG", "GGG" + kQuery.substr(3, 20) + "GG"}));
  const Template out = make_template(made_hit(kQuery.substr(3, 20), 3, "B"), kQuery, entry);
  EXPECT_EQ(out.domain_name, "1abc_B");
  EXPECT_EQ(out.sequence, "---" + kQuery.substr(3, 20) + std::string(10, '-'));
  EXPECT_EQ(out.aatype[0], bio::kHhblitsGap);
  EXPECT_EQ(out.aatype[3], bio::hhblits_id(kQuery[3]));
  EXPECT_FLOAT_EQ(ca_x(out, 3), 3 * 3.8F);  // three residues in front
  EXPECT_FLOAT_EQ(ca_x(out, 22), 22 * 3.8F);
  EXPECT_EQ(out.masks[2 * bio::kNumAtom37 + bio::kAtom37Ca], 0);
}

TEST(MakeTemplate, AnotherChainAndWildcards) {
  // The named chain does not have the sequence, another one does.
  EXPECT_EQ(make_template(made_hit(kQuery.substr(0, 20), 0, "A"), kQuery,
                          entry_of(made_structure({"GGGGGGGGGGGG", kQuery})))
                .domain_name,
            "1abc_B");
  std::string masked = kQuery;
  masked[4] = masked[9] = 'X';
  const Template out = make_template(made_hit(kQuery, 0), kQuery, entry_of(made_structure({"GG" + masked})));
  // The letters are those of the structure.
  EXPECT_EQ(out.sequence, masked);
  EXPECT_FLOAT_EQ(ca_x(out, 0), 2 * 3.8F);
}

TEST(MakeTemplate, Realigned) {
  // The structure lacks two residues and has one that the searched sequence lacks.
  const std::string structure = kQuery.substr(0, 10) + kQuery.substr(12, 10) + "W" + kQuery.substr(22);
  const Template out = make_template(made_hit(kQuery, 0), kQuery, entry_of(made_structure({structure})));
  EXPECT_EQ(out.sequence, kQuery.substr(0, 10) + "--" + kQuery.substr(12));
  EXPECT_FLOAT_EQ(ca_x(out, 12), 10 * 3.8F);
  EXPECT_FLOAT_EQ(ca_x(out, 22), 21 * 3.8F);
  EXPECT_EQ(out.chain_sequence, structure);
  EXPECT_EQ(out.residues, (std::vector<std::pair<int, int>>{{1, 20}, {22, 32}}));

  std::string other = kQuery;
  for (size_t i = 0; i < other.size(); i += 5) other[i] = other[i] == 'W' ? 'G' : 'W';
  EXPECT_EQ(
      message_of([&] { make_template(made_hit(kQuery, 0), kQuery, entry_of(made_structure({other}))); }),
      "its sequence is not that of chain A (79 % identical, expected 90 %)");
  EXPECT_EQ(message_of([&] {
              make_template(made_hit(kQuery, 0, "Z"), kQuery, entry_of(made_structure({other, other})));
            }),
            "there is no chain Z among the 2 of the file, and none has the hit's sequence");
}

TEST(MakeTemplate, ChecksOfAtoms) {
  bio::Structure broken = made_structure({kQuery});
  broken.atom_position[5][bio::kAtom37Ca][2] += 200;
  EXPECT_EQ(message_of([&] { make_template(made_hit(kQuery, 0), kQuery, entry_of(broken)); }),
            "CA atoms of residues 5 and 6 are 200 A apart (at most 150)");

  bio::Structure few = made_structure({kQuery});
  for (size_t i = 0; i < few.n_res(); ++i) {
    for (int a = 0; a < bio::kNumAtom37; ++a) few.atom_mask[i][a] = i < 4 && a == bio::kAtom37Ca ? 1 : 0;
  }
  EXPECT_EQ(message_of([&] { make_template(made_hit(kQuery, 0), kQuery, entry_of(few)); }),
            "only 4 atoms are known (expected at least 5)");

  // Arginine: the first nitrogen is the one nearer to CD (slot 11), here slot 30 by its place.
  bio::Structure swapped = made_structure({kQuery});
  const size_t arginine = kQuery.find('R');
  swapped.atom_position[arginine][29][1] = 40;
  const Template out = make_template(made_hit(kQuery, 0), kQuery, entry_of(swapped));
  EXPECT_FLOAT_EQ(out.positions[(arginine * bio::kNumAtom37 + 29) * 3 + 1], 30);
  EXPECT_FLOAT_EQ(out.positions[(arginine * bio::kNumAtom37 + 30) * 3 + 1], 40);
}

TEST(WhyNot, AlphaFoldsFilters) {
  EXPECT_EQ(why_not(made_hit(kQuery.substr(0, 20), 0), kQuery), "");
  EXPECT_EQ(why_not(made_hit(kQuery, 0), kQuery), "is the query itself");
  EXPECT_EQ(why_not(made_hit(kQuery.substr(0, 32), 0), kQuery), "is the query itself");
  EXPECT_EQ(why_not(made_hit(kQuery.substr(0, 31), 0), kQuery), "");
  EXPECT_EQ(why_not(made_hit(kQuery.substr(0, 9), 0), kQuery), "9 residues long (expected at least 10)");
  Hit sparse = made_hit(kQuery.substr(0, 20), 0);
  sparse.aligned_columns = 3;
  EXPECT_EQ(why_not(sparse, kQuery), "3 of 33 residues aligned (expected more than a tenth)");
}

class Hits : public testing::Test {
 protected:
  const base::TempFolder folder_{"templates"};
  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    base::write_file_atomically(path, text);
    return path;
  }
};

TEST_F(Hits, OfHmmsearch) {
  const fs::path path = write("pdb_hits.sto",
                              "# STOCKHOLM 1.0\n"
                              "#=GS 1abc_A/3-7    DE [subseq from] mol:protein length:9  A PROTEIN\n"
                              "#=GS 2xyz_bB/1-5   DE [subseq from] mol:protein length:5\n"
                              "#=GS 3dna_C/1-4    DE [subseq from] mol:na length:5\n"
                              "1abc_A/3-7       AC.D-F\n"
                              "2xyz_bB/1-5      -CgDEF\n"
                              "3dna_C/1-4       AC.GT-\n"
                              "#=GC RF          xx.xxx\n//\n");
  const std::vector<Hit> hits = read_hmmsearch_hits(path, 5);
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].name(), "1abc_A");
  EXPECT_EQ(hits[0].sequence, "ACDF");
  EXPECT_EQ(hits[0].mapping, (Mapping{{0, 0}, {1, 1}, {2, 2}, {4, 3}}));
  EXPECT_EQ(hits[1].name(), "2xyz_bB");
  EXPECT_EQ(hits[1].sequence, "CGDEF");
  EXPECT_EQ(hits[1].mapping, (Mapping{{1, 0}, {2, 2}, {3, 3}, {4, 4}}));
  EXPECT_EQ(hits[1].aligned_columns, 4);
  EXPECT_FALSE(hits[1].sum_probs);
  EXPECT_EQ(message_of([&] { read_hmmsearch_hits(path, 6); }),
            path.string() + ": was made for a profile of 5 columns (expected the query's 6 residues)");
  EXPECT_TRUE(read_hmmsearch_hits(write("none.sto", ""), 5).empty());
  EXPECT_NE(message_of([&] {
              read_hmmsearch_hits(write("bad.sto", "# STOCKHOLM 1.0\nhello AC\n#=GC RF xx\n//\n"), 2);
            }).find("is not named after a chain of the PDB"),
            std::string::npos);
}

const char* kReport =
    "Query         query\nMatch_columns 12\n\n"
    " No Hit                             Prob E-value P-value  Score    SS Cols Query HMM  Template HMM\n"
    "  1 1ABC_A A protein; of              99.9 1.1E-34\n\n"
    "No 1  \n"
    ">1ABC_A A protein; of something\n"
    "Probab=99.96  E-value=1.1e-34  Score=200.61  Aligned_cols=8  Identities=70%  Similarity=1.2  "
    "Sum_probs=7.5  "
    "Template_Neff=5.1\n\n"
    "Q ss_pred             cccccc\n"
    "Q query             3 TAYI--   6 (12)\n"
    "Q Consensus         3 tayi--   6 (12)\n"
    "                      ||||\n"
    "T Consensus        11 ta-ikl  15 (99)\n"
    "T 1ABC_A           11 TA-IKL  15 (99)\n"
    "Confidence            99999\n\n"
    "Q query             7 AKQR  10 (12)\n"
    "T 1ABC_A           16 AKQR  19 (99)\n\n"
    "No 2\n>2XYZ_B1\nProbab=9 Aligned_cols=2 Sum_probs=9.25\n\n"
    "Q query             1 MK   2 (12)\n"
    "T 2XYZ_B1           1 MR   2 (50)\n\nDone!\n";

TEST_F(Hits, OfHhsearch) {
  const std::string query = kQuery.substr(0, 12);
  const std::vector<Hit> hits = read_hhr_hits(write("x.hhr", kReport), query);
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].name(), "1abc_A");
  EXPECT_EQ(hits[0].aligned_columns, 8);
  EXPECT_EQ(hits[0].sum_probs, 7.5);
  EXPECT_EQ(hits[0].sequence, "TAIKLAKQR");
  EXPECT_EQ(hits[0].mapping, (Mapping{{2, 0}, {3, 1}, {5, 2}, {6, 5}, {7, 6}, {8, 7}, {9, 8}}));
  EXPECT_EQ(hits[1].name(), "2xyz_B1");
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = kReport;
    text.replace(text.find(from), from.size(), to);
    const std::string message = message_of([&] { read_hhr_hits(write("bad.hhr", text), query); });
    return message.substr(message.find("bad.hhr") + 7);
  };
  EXPECT_EQ(broken("3 TAYI--   6", "3 TAYI--   7"),
            ":12: the numbers of an alignment's line do not fit its residues");
  EXPECT_EQ(broken("Sum_probs=7.5", "Sum_probs=x"), ":9: Sum_probs is no number");
  EXPECT_EQ(broken("TAYI--", "TGYI--"),
            ":22: the hit is aligned to another sequence than the query (residue 4)");
  EXPECT_EQ(broken("T 2XYZ_B1           1 MR   2 (50)\n", ""),
            ":28: a hit is not complete (expected name, Probab= line and alignment; is the file cut short?)");
  EXPECT_EQ(message_of([&] {
              read_hhr_hits(write("no.hhr", "hello\n"), query);
            }).substr(folder_.path().string().size()),
            "/no.hhr: is no report of HHsearch (expected a line that begins with 'Query')");
}

TEST_F(Hits, MakeTemplatesSkipsAndSorts) {
  const auto write_entry = [&](const std::string& id, const std::string& sequence, const char* date) {
    const std::string text = structio::to_mmcif(made_structure({sequence}), {});
    write(id + ".cif", text + fmt::format("_pdbx_audit_revision_history.revision_date {}\n", date));
  };
  write_entry("1aaa", kQuery.substr(0, 20), "2001-01-01");
  write_entry("2bbb", kQuery.substr(5, 20), "2002-01-01");
  write_entry("3new", kQuery.substr(0, 20), "2020-01-01");
  write("bb/4bbd.cif", structio::to_mmcif(made_structure({kQuery.substr(2, 25)}), {}));  // no date
  write("5bad.cif", "data_x\nloop_\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n1\n");
  write_entry("7rep", kQuery.substr(1, 21), "2003-01-01");
  const auto hit = [&](const char* id, size_t first, size_t n, double probability) {
    Hit out = made_hit(kQuery.substr(first, n), static_cast<int>(first));
    out.pdb_id = id;
    if (probability > 0) out.sum_probs = probability;
    return out;
  };
  TemplateOptions options;
  options.mmcif_dir = folder_.path();
  options.max_template_date = "2010-12-31";
  options.obsolete =
      read_obsolete(write("obsolete.dat", " LIST OF OBSOLETE\nOBSLTE    31-JUL-94 6OLD     7REP\n"));
  const auto names = [&](std::vector<Hit> hits) {
    std::vector<std::string> out;
    for (const Template& one : make_templates("t", kQuery, std::move(hits), options))
      out.push_back(one.domain_name);
    return out;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(
      names({hit("1aaa", 0, 20, 3), hit("2bbb", 5, 20, 9), hit("3new", 0, 20, 20), hit("4bbd", 2, 25, 8),
             hit("5bad", 0, 20, 7), hit("6old", 1, 21, 4), hit("9none", 0, 20, 6)}),
      (Names{"2bbb_A", "7rep_A", "1aaa_A"}));
  // Without probabilities the order stays, and what adds nothing is left out.
  EXPECT_EQ(names({hit("1aaa", 0, 20, 0), hit("2bbb", 5, 20, 0), hit("1aaa", 0, 20, 0)}),
            (Names{"1aaa_A", "2bbb_A"}));
  options.max_templates = 1;
  EXPECT_EQ(names({hit("1aaa", 0, 20, 3), hit("2bbb", 5, 20, 9)}), (Names{"2bbb_A"}));
  options.max_templates = 20;
  options.max_template_date.clear();
  EXPECT_EQ(names({hit("3new", 0, 20, 1), hit("4bbd", 2, 25, 2)}), (Names{"4bbd_A", "3new_A"}));
  EXPECT_EQ(
      files_of(kQuery, std::vector<Hit>{hit("1aaa", 0, 20, 3), hit("9none", 0, 20, 3), hit("6old", 1, 21, 3)},
               options),
      (std::vector<fs::path>{folder_.path() / "1aaa.cif", folder_.path() / "7rep.cif"}));
}

TEST_F(Hits, CustomTemplates) {
  const fs::path file =
      write("my:model.pdb", structio::to_pdb(made_structure({kQuery.substr(0, 12), kQuery.substr(4)}), {}));
  const CustomTemplate any = parse_custom_template(file.string());
  EXPECT_EQ(any.chain, "");
  const Template out = make_custom_template(any, kQuery);
  EXPECT_EQ(out.domain_name, "my:model_B");
  EXPECT_EQ(out.sequence, "----" + kQuery.substr(4));
  EXPECT_FLOAT_EQ(ca_x(out, 4), 0);
  const CustomTemplate named = parse_custom_template(file.string() + ":A");
  EXPECT_EQ(named.chain, "A");
  EXPECT_EQ(make_custom_template(named, kQuery).domain_name, "my:model_A");
  EXPECT_EQ(message_of([&] {
              make_custom_template({file, "C"}, kQuery);
            }),
            file.string() + ": has no protein chain C (it has: A, B)");
  EXPECT_EQ(message_of([] { parse_custom_template("/nowhere/x.pdb:A"); }),
            "/nowhere/x.pdb:A: there is no such file (expected FILE or FILE:CHAIN, PDB or mmCIF)");
  EXPECT_EQ(message_of([] { check_date("--max-template-date", "2020-1-01"); }),
            "--max-template-date 2020-1-01: expected a date as YYYY-MM-DD");
}

TEST(SearchAlignment, DropsRowsAndColumns) {
  bio::Msa msa;
  msa.rows = {{"q", "", "", "AC-D-E", ""}, {"a", "", "", "ACKD-E", ""}, {"b", "", "", "GC-D-E", ""}};
  const bio::Msa out = search_alignment(msa);
  ASSERT_EQ(out.rows.size(), 2u);  // row a differs from the query in no column of the query
  EXPECT_EQ(out.rows[0].aligned, "ACDE");
  EXPECT_EQ(out.rows[1].aligned, "GCDE");
  EXPECT_EQ(out.rf, "xxxx");
  msa.rows[1].aligned = "GCKD-E";
  EXPECT_EQ(search_alignment(msa).rf, "xx.xx");
}

// The best score by trying every alignment, one step at a time.
class AllAlignments {
 public:
  AllAlignments(const std::string& a, const std::string& b) : a_(a), b_(b) {}
  int best() { return from(0, 0, 0); }

 private:
  enum Last { kPaired, kFirstAlone, kSecondAlone };
  int from(size_t i, size_t j, int last) {
    if (i == a_.size() && j == b_.size()) return 0;
    const auto key = std::make_tuple(i, j, last);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    int best = -1'000'000;
    if (i < a_.size() && j < b_.size()) {
      const int score = hmm::kBlosum62[bio::code_of(a_[i])][bio::code_of(b_[j])];
      best = std::max(best, score + from(i + 1, j + 1, kPaired));
    }
    const bool at_end_of_b = j == 0 || j == b_.size(), at_end_of_a = i == 0 || i == a_.size();
    if (i < a_.size())
      best = std::max(best, from(i + 1, j, kFirstAlone) - cost(at_end_of_b, last == kFirstAlone));
    if (j < b_.size())
      best = std::max(best, from(i, j + 1, kSecondAlone) - cost(at_end_of_a, last == kSecondAlone));
    return known_[key] = best;
  }
  static int cost(bool is_free, bool goes_on) { return is_free ? 0 : goes_on ? 1 : 12; }

  const std::string &a_, &b_;
  std::map<std::tuple<size_t, size_t, int>, int> known_;
};

int score_of(const std::string& a, const std::string& b, const Mapping& pairs) {
  int score = 0, last_a = -1, last_b = -1;
  for (const auto& [i, j] : pairs) {
    score += hmm::kBlosum62[bio::code_of(a[i])][bio::code_of(b[j])];
    const int gap_a = i - last_a - 1, gap_b = j - last_b - 1;
    const bool inside = last_a >= 0;
    if (inside && gap_a > 0) score -= 11 + gap_a;
    if (inside && gap_b > 0) score -= 11 + gap_b;
    last_a = i;
    last_b = j;
  }
  return score;
}

TEST(Align, IsTheBestOfAll) {
  base::Rng rng(11);
  for (int round = 0; round < 200; ++round) {
    std::string a, b;
    for (uint64_t n = 1 + rng.below(14); n > 0; --n) a += "ACDEFGHIKLMNPQRSTVWY"[rng.below(20)];
    for (const char c : a) {
      if (rng.below(6) > 0) b += rng.below(5) > 0 ? c : 'W';
      if (rng.below(6) == 0) b += "GKL"[rng.below(3)];
    }
    const Mapping pairs = align(a, b);
    EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
    EXPECT_EQ(score_of(a, b, pairs), AllAlignments(a, b).best()) << a << " " << b;
  }
  EXPECT_TRUE(align("", "ACD").empty());

  const std::string related = "MKTAYLAKQRQISFVKAHFSRQIEERLGLIEVQ",
                    unrelated = "GGSGPNDWCCGGPPNDGSGWHCGGPNDSSGGPW";
  EXPECT_LT(e_value(kQuery, related, align(kQuery, related)), 1e-10);
  EXPECT_GT(e_value(kQuery, unrelated, align(kQuery, unrelated)), 1);
}

}  // namespace
}  // namespace foldmesh::templates
