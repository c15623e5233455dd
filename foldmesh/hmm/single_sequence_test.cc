#include <gtest/gtest.h>

#include <numeric>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/build.h"

namespace foldmesh::hmm {
namespace {

CoreModel model_of(const std::string& residues) { return build_from_sequence({"q", "", "", residues}); }

TEST(SingleSequence, EmissionsEqualRecordedConditionals) {
  const CoreModel model = model_of("aWB");
  const std::vector<std::vector<float>> recorded = {
      {.278151f, .015002f, .028042f, .048121f, .020803f, .068782f, .012008f, .042490f, .042801f, .069393f,
       .017117f, .021711f, .034771f, .028488f, .038953f, .092936f, .053505f, .066639f, .004351f, .015935f},
      {.034539f, .009133f, .017071f, .029295f, .062089f, .041873f, .013807f, .025866f, .026056f, .058057f,
       .019681f, .013217f, .015403f, .023834f, .023714f, .029955f, .032572f, .029519f, .428961f, .065359f},
      {.040587f, .005682f, .228966f, .097585f, .014882f, .057241f, .022517f, .022117f, .048953f, .030576f,
       .010365f, .149759f, .030122f, .038491f, .038673f, .077343f, .044527f, .025240f, .003113f, .013261f}};
  for (size_t k = 1; k <= recorded.size(); ++k) {
    for (size_t b = 0; b < 20; ++b) EXPECT_NEAR(model.mat[k][b], recorded[k - 1][b], 6e-7) << k << " " << b;
  }
  EXPECT_EQ(model.consensus, "awb");
}

TEST(SingleSequence, ProbabilitiesSumToOne) {
  const CoreModel model = model_of("MKXUOZJWW");
  ASSERT_EQ(model.M, 9);
  ASSERT_EQ(model.mat.size(), 10u);
  for (int k = 1; k <= model.M; ++k) {
    EXPECT_NEAR(std::accumulate(model.mat[k].begin(), model.mat[k].end(), 0.0), 1.0, 1e-6);
    const auto& t = model.t[k];
    EXPECT_NEAR(t[kMM] + t[kMI] + t[kMD], 1.0, 1e-6);
    EXPECT_NEAR(t[kIM] + t[kII], 1.0, 1e-6);
    EXPECT_NEAR(t[kDM] + t[kDD], 1.0, 1e-6);
  }
  EXPECT_NEAR(std::accumulate(model.composition.begin(), model.composition.end(), 0.0), 1.0, 1e-6);
  EXPECT_TRUE(model.calibrated);
}

TEST(SingleSequence, GapCostsAreOptions) {
  SingleSequenceOptions options;
  options.gap_open = 0.1;
  options.gap_extend = 0.25;
  const CoreModel model = build_from_sequence({"q", "", "", "MKVL"}, options);
  EXPECT_FLOAT_EQ(model.t[2][kMM], 0.8f);
  EXPECT_FLOAT_EQ(model.t[2][kMD], 0.1f);
  EXPECT_FLOAT_EQ(model.t[2][kII], 0.25f);
  EXPECT_FLOAT_EQ(model.t[4][kMM], 0.9f);
  EXPECT_FLOAT_EQ(model.t[4][kMD], 0.0f);
}

TEST(SingleSequence, RefusesWhatIsNoSequence) {
  const auto message = [](const std::string& residues) {
    try {
      model_of(residues);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(message(""), "query 'q' has no residues");
  EXPECT_EQ(message("**"), "query 'q' has no residues");
  EXPECT_EQ(message("MK-L"), "query 'q': '-' at position 3 is no residue (expected a letter or '*')");
  EXPECT_EQ(message("MK1L"), "query 'q': '1' at position 3 is no residue (expected a letter or '*')");
  EXPECT_EQ(message("~"), "query 'q': '~' at position 1 is no residue (expected a letter or '*')");
  EXPECT_EQ(message("MK*L"), "accepted");
}

}  // namespace
}  // namespace foldmesh::hmm
