#include "foldmesh/features/raw_features.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "foldmesh/base/error.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

struct Row {
  std::string letters, description;
};

MsaInput input(const std::string& path, const std::vector<Row>& rows) {
  MsaInput out{.path = path, .source = msa_source(path), .msa = {}};
  for (const Row& row : rows) {
    out.msa.sequences.push_back(row.letters);
    out.msa.descriptions.push_back(row.description);
    out.msa.deletion_matrix.emplace_back(row.letters.size(), 0);
  }
  return out;
}

std::string row_text(const RawFeatures& raw, int64_t row) {
  std::string text;
  for (int64_t i = 0; i < raw.n_res(); ++i) text += bio::kHhblitsLetters[raw.msa[row * raw.n_res() + i]];
  return text;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    return error.what();
  }
  return "no error";
}

const bio::Sequence kQuery{.name = "q", .accession = "", .description = "", .residues = "MKUx"};

TEST(MergeMsas, OrdersSourcesAndDropsRepeatedRows) {
  std::vector<MsaInput> inputs = {
      input("mgnify_hits.sto", {{"MKUX", "q"}, {"MKU-", "m1"}, {"MRUX", "m2"}}),
      input("other.a3m", {{"MKUX", "q"}, {"AAAA", "o1"}}),
      input("small_bfd_hits.sto", {{"MKUX", "q"}, {"MRUX", "b1"}, {"MKCX", "b2"}}),
      input("msas/uniref90_hits.sto", {{"MKUX", "q"}, {"M-UX", "u1"}, {"M-UX", "u2"}}),
  };
  inputs[2].msa.deletion_matrix[1][3] = 7;
  const MergedMsa merged = merge_msas(kQuery, inputs);
  const RawFeatures& raw = merged.features;
  EXPECT_EQ(raw.sequence, "MKUX");
  // As letters: the query, then u1 | b1 b2 | m1 | o1; U is stored as C, yet MKUX and MKCX are different
  // strings.
  ASSERT_EQ(raw.n_seq, 6);
  EXPECT_EQ(row_text(raw, 0), "MKCX");
  EXPECT_EQ(row_text(raw, 1), "M-CX");
  EXPECT_EQ(row_text(raw, 2), "MRCX");
  EXPECT_EQ(row_text(raw, 3), "MKCX");
  EXPECT_EQ(row_text(raw, 4), "MKC-");
  EXPECT_EQ(row_text(raw, 5), "AAAA");
  EXPECT_EQ(raw.deletions[2 * 4 + 3], 7);
  ASSERT_EQ(merged.counts.size(), 4u);
  EXPECT_EQ(merged.counts[0].path, "msas/uniref90_hits.sto");
  EXPECT_EQ(merged.counts[0].kept, 1);
  EXPECT_EQ(merged.counts[1].kept, 2);
  EXPECT_EQ(merged.counts[2].kept, 1);
  EXPECT_EQ(merged.counts[3].path, "other.a3m");
}

TEST(MergeMsas, ReadsOnlyTheFirstRowsOfMgnifyAndUniref90) {
  std::vector<Row> rows = {{"MKUX", "q"}};
  for (int i = 0; i < 11'000; ++i) {
    std::string letters = "AAAA";
    for (int k = 0, rest = i; k < 4; ++k, rest /= 20) letters[k] = bio::kRestypeLetters[rest % 20];
    rows.push_back({letters, "h"});
  }
  EXPECT_EQ(merge_msas(kQuery, std::vector{input("uniref90_hits.sto", rows)}).features.n_seq, 10'000);
  EXPECT_EQ(merge_msas(kQuery, std::vector{input("mgnify_hits.sto", rows)}).features.n_seq, 501);
  EXPECT_EQ(merge_msas(kQuery, std::vector{input("bfd_uniref_hits.a3m", rows)}).features.n_seq, 11'001);
}

TEST(MergeMsas, WorksWithoutAlignments) {
  const RawFeatures raw = merge_msas(kQuery, std::vector{input("uniref90_hits.sto", {})}).features;
  EXPECT_EQ(raw.n_seq, 1);
  EXPECT_EQ(raw.residue_index, (std::vector<int32_t>{0, 1, 2, 3}));
}

TEST(MergeMsas, NamesTheBadRow) {
  const auto merge = [&](const std::vector<Row>& rows) {
    return message_of([&] { merge_msas(kQuery, std::vector{input("x.a3m", rows)}); });
  };
  EXPECT_EQ(merge({{"MKUX", "q"}, {"MK*X", "hit\tone"}}),
            "x.a3m: row 2 (hit\\x09one): '*' in column 3 is not a residue or gap (expected A-Z or '-')");
  EXPECT_EQ(merge({{"MKUX", "q"}, {"MKU", "short"}}),
            "x.a3m: row 2 (short) has 3 columns (expected the query's 4 residues)");
  EXPECT_EQ(merge({{"MKUXA", "q"}}), "x.a3m: the first row has 5 columns (expected the query's 4 residues)");
  EXPECT_EQ(merge({{"MRUX", "q"}}),
            "x.a3m: the first row has 'R' in column 2 (expected the query itself, which has 'K' there)");
  bio::Sequence bad = kQuery;
  bad.residues = "MK-";
  EXPECT_EQ(message_of([&] { merge_msas(bad, {}); }),
            "query 'q': '-' at position 3 is not a residue (expected letters A-Z)");
}

TEST(MsaSource, RecognisesNames) {
  EXPECT_EQ(msa_source("uniref90"), MsaSource::kUniref90);
  EXPECT_EQ(msa_source("/a.b/mgnify_hits.sto.gz"), MsaSource::kMgnify);
  EXPECT_EQ(msa_source("bfd_uniclust_hits.a3m"), MsaSource::kBfd);
  EXPECT_EQ(msa_source("small_bfd"), MsaSource::kBfd);
  EXPECT_EQ(msa_source("uniref90_mine.sto"), MsaSource::kOther);
  EXPECT_EQ(msa_source(""), MsaSource::kOther);
}

TEST(SpeciesOf, ReadsUniprotNamesOnly) {
  EXPECT_EQ(species_of("tr|A0A146SKV9|A0A146SKV9_FUNHE/21-80 [subseq from] x"), "FUNHE");
  EXPECT_EQ(species_of("sp|P0C2L1_1|A3X1_LOXLA"), "LOXLA");
  EXPECT_EQ(species_of("tr|A0A146SKV9|A0A146SKV9_FUNHE_15/1-3"), "FUNHE");
  for (const char* none :
       {"UniRef90_A0A146SKV9/1-2", "sp|P0C2|A3X1_LOXLA", "sp|P0C2L1|A3X1", "sp|P0C2L1|A3X1_TOOLONG",
        "pdb|P0C2L1|A3X1_LOXLA", "sp|P0C2L1|_LOXLA", "sp|P0C2L1", ""}) {
    EXPECT_EQ(species_of(none), "") << none;
  }
}

class RawFeaturesFile : public ::testing::Test {
 protected:
  const base::TempFolder folder_{"raw_features_test"};
  const std::filesystem::path path_ = folder_.path() / "features.npz";
};

TEST_F(RawFeaturesFile, RoundTrip) {
  RawFeatures raw =
      merge_msas(kQuery, std::vector{input("a.a3m", {{"MKUX", "q"}, {"MK-X", "sp|P0C2L1|A3X1_LOXLA"}})})
          .features;
  raw.deletions[5] = 12;
  raw.residue_index = {0, 1, 52, 53};
  write_raw_features(raw, path_);
  const tensor::NpzReader file(path_);
  EXPECT_EQ(file.header("template_all_atom_positions").shape, (tensor::Shape{0, 4, 37, 3}));
  EXPECT_EQ(file.view("num_alignments").span<int32_t>()[3], 2);
  EXPECT_EQ(file.view("seq_length").span<int32_t>()[0], 4);
  const RawFeatures back = read_raw_features(file);
  EXPECT_EQ(back.name, raw.name);
  EXPECT_EQ(back.sequence, raw.sequence);
  EXPECT_EQ(back.residue_index, raw.residue_index);
  EXPECT_EQ(back.n_seq, raw.n_seq);
  EXPECT_EQ(back.msa, raw.msa);
  EXPECT_EQ(back.deletions, raw.deletions);
  EXPECT_EQ(back.species, raw.species);
}

TEST_F(RawFeaturesFile, RefusesWhatDoesNotFit) {
  const auto read_with = [&](const std::string& changed, const tensor::Tensor& array) {
    const RawFeatures raw = merge_msas(kQuery, {}).features;
    write_raw_features(raw, path_);
    const tensor::NpzReader good(path_);
    const auto other = path_.string() + ".bad";
    tensor::NpzWriter writer(other);
    for (const char* name : {"aatype", "between_segment_residues", "residue_index", "msa",
                             "deletion_matrix_int", "template_aatype"}) {
      writer.add(name, name == changed ? array.view() : good.view(name));
    }
    writer.commit();
    const std::string message = message_of([&] { read_raw_features(tensor::NpzReader(other)); });
    std::filesystem::remove(other);
    return message.substr(message.find(": ") + 2);
  };
  using tensor::DType;
  using tensor::Tensor;
  EXPECT_EQ(read_with("aatype", Tensor(DType::kI32, {4, 21})), "row 0 of 'aatype' is not one-hot");
  EXPECT_EQ(read_with("aatype", Tensor(DType::kI32, {4})), "'aatype' has shape [4] (expected [*,21])");
  EXPECT_EQ(read_with("msa", Tensor(DType::kI32, {2, 3})), "'msa' has shape [2,3] (expected [*,4])");
  EXPECT_EQ(read_with("msa", Tensor(DType::kF32, {1, 4})), "'msa' is float32 (expected integers)");
  EXPECT_EQ(read_with("deletion_matrix_int", Tensor(DType::kI32, {2, 4})),
            "'deletion_matrix_int' has shape [2,4] (expected [1,4])");
  Tensor msa(DType::kI64, {1, 4});
  msa.as<int64_t>()[2] = 22;
  EXPECT_EQ(read_with("msa", msa), "'msa' holds 22 (expected 0..21)");
  EXPECT_EQ(read_with("template_aatype", Tensor(DType::kF32, {1, 4, 22})),
            "has templates, but no 'template_all_atom_masks'");
}

}  // namespace
}  // namespace foldmesh::features
