#include "foldmesh/hmm/domains/alignment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "foldmesh/hmm/build.h"

namespace foldmesh::hmm {
namespace {

TEST(PosteriorLetter, RoundsToTenths) {
  EXPECT_EQ(posterior_letter(0.0f), '0');
  EXPECT_EQ(posterior_letter(0.0499f), '0');
  EXPECT_EQ(posterior_letter(0.0501f), '1');
  EXPECT_EQ(posterior_letter(0.5f), '5');
  EXPECT_EQ(posterior_letter(0.9499f), '9');
  EXPECT_EQ(posterior_letter(0.9501f), '*');
  EXPECT_EQ(posterior_letter(1.0001f), '*');
  EXPECT_EQ(posterior_letter(std::nanf("")), '*');
}

TEST(PosteriorLetter, ValuesSurviveTheRoundTrip) {
  for (char letter : std::string("0123456789*")) EXPECT_EQ(posterior_letter(posterior_value(letter)), letter);
  EXPECT_EQ(posterior_value('.'), 0.0f);
}

TEST(RenderAlignment, ShowsEachKindOfStep) {
  CoreModel core = build_from_sequence({"q", "", "", "WCHMK"});
  core.rf = "xxxxx";
  core.cs = "HHEEC";
  const Profile profile(core);
  const std::vector<bio::Code> target = bio::digitize("AWYGKL");
  using enum AlignmentState;
  const DomainAlignment text = render_alignment(profile, target,
                                                {{kMatch, 1, 2, 0.99f},
                                                 {kDelete, 2, 2, 0},
                                                 {kMatch, 3, 3, 0.5f},
                                                 {kInsert, 3, 4, 0.31f},
                                                 {kMatch, 5, 5, 0.9f}},
                                                100);
  EXPECT_EQ(text.model, "wch.k");
  EXPECT_EQ(text.match, "w + k");
  EXPECT_EQ(text.aligned, "W-YgK");
  EXPECT_EQ(text.pp, "*.539");
  EXPECT_EQ(text.rf, "xxx.x");
  EXPECT_EQ(text.cs, "HHE.C");
  EXPECT_EQ(text.hmm_from, 1);
  EXPECT_EQ(text.hmm_to, 5);
  EXPECT_EQ(text.seq_from, 102);
  EXPECT_EQ(text.seq_to, 105);
}

}  // namespace
}  // namespace foldmesh::hmm
