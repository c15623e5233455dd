#include "foldmesh/hmm/pipeline.h"

#include <gtest/gtest.h>

#include <thread>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/golden_data.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

using golden::text;

struct Digital {
  std::string name;
  std::vector<bio::Code> residues;
};

std::vector<Digital> golden_targets(const std::string& query) {
  std::vector<Digital> targets;
  for (const bio::Sequence& sequence : golden::read_fasta("targets/" + query + ".fasta")) {
    targets.push_back({sequence.name, bio::digitize(sequence.residues)});
  }
  return targets;
}

Profile golden_profile(const std::string& query) {
  return Profile(build_from_sequence(golden::read_fasta("qf/" + query + ".fasta").at(0)));
}

PipelineOptions open_filters() {
  PipelineOptions options;
  options.open_all_filters();
  return options;
}

// Everything that a hit says, as one line.
std::string summary(const std::optional<Hit>& hit) {
  if (!hit) return "none";
  std::string line = fmt::format("{} {} {}", hit->name, text(hit->score), text(hit->ln_p));
  for (const Domain& domain : hit->domains) {
    line += fmt::format(" {}-{} {} {} {}", domain.env_from, domain.env_to, text(domain.bit_score),
                        domain.alignment.aligned, domain.alignment.pp);
  }
  return line;
}

TEST(Pipeline, ResultsDoNotDependOnOrderOrThread) {
  const Profile profile = golden_profile("s04");
  const std::vector<Digital> targets = golden_targets("s04");
  std::vector<std::string> forwards(targets.size()), backwards(targets.size());
  const auto run = [&](std::vector<std::string>& lines, bool reversed) {
    Pipeline pipeline(profile, open_filters());
    for (size_t n = 0; n < targets.size(); ++n) {
      const size_t t = reversed ? targets.size() - 1 - n : n;
      lines[t] = summary(golden::search_one(pipeline, {targets[t].name, "", "", targets[t].residues}));
    }
  };
  std::thread other([&] { run(backwards, true); });
  run(forwards, false);
  other.join();
  EXPECT_EQ(forwards, backwards);
}

TEST(Pipeline, FiltersOnlyDropTargets) {
  const Profile profile = golden_profile("s03");
  Pipeline open(profile, open_filters()), filtered(profile, PipelineOptions{});
  const std::vector<Digital> targets = golden_targets("s03");
  int n_dropped = 0;
  for (const Digital& target : targets) {
    const std::string with = summary(golden::search_one(filtered, {target.name, "", "", target.residues}));
    const std::string without = summary(golden::search_one(open, {target.name, "", "", target.residues}));
    if (with == "none" && without != "none") {
      ++n_dropped;
    } else {
      EXPECT_EQ(with, without);
    }
  }
  EXPECT_GT(n_dropped, 0);
  const StageCounters counters = filtered.counters();
  EXPECT_EQ(counters.n_targets, static_cast<int64_t>(targets.size()));
  EXPECT_LE(counters.n_past_msv, counters.n_targets);
  EXPECT_LE(counters.n_past_bias, counters.n_past_msv);
  EXPECT_LE(counters.n_past_viterbi, counters.n_past_bias);
  EXPECT_LE(counters.n_past_forward, counters.n_past_viterbi);
}

TEST(Pipeline, CountersAddUp) {
  StageCounters a, b;
  a.n_targets = 1;
  b.n_targets = 2;
  b.n_residues = 3;
  b.n_past_msv = 4;
  b.n_past_bias = 5;
  b.n_past_viterbi = 6;
  b.n_past_forward = 7;
  a += b;
  EXPECT_EQ(a.n_targets, 3);
  EXPECT_EQ(a.n_residues, 3);
  EXPECT_EQ(a.n_past_msv + a.n_past_bias + a.n_past_viterbi + a.n_past_forward, 22);
}

TEST(Pipeline, EmptyTargetIsCountedAndTooLongOneRefused) {
  const Profile profile = golden_profile("s01");
  Pipeline pipeline(profile, open_filters());
  EXPECT_FALSE(golden::search_one(pipeline, {"empty", "", "", {}}));
  EXPECT_EQ(pipeline.counters().n_targets, 1);
  EXPECT_EQ(pipeline.counters().n_past_msv, 0);
  const std::vector<bio::Code> longest(kMaxTargetLength + 1, 0);
  try {
    golden::search_one(pipeline, {"giant", "", "", longest});
    FAIL() << "accepted";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    EXPECT_STREQ(error.what(), "target 'giant' has 100001 residues (expected at most 100000)");
  }
}

TEST(Pipeline, NeedsACalibratedModel) {
  CoreModel core = build_from_sequence({"q", "", "", "MKVLAA"});
  core.calibrated = false;
  const Profile profile(core);
  EXPECT_THROW(Pipeline(profile, PipelineOptions{}), base::Error);
}

TEST(Pipeline, WithoutNull2ScoresAreNotCorrected) {
  const Profile profile = golden_profile("s05");
  PipelineOptions options = open_filters();
  options.null2 = false;
  Pipeline plain(profile, options), corrected(profile, open_filters());
  for (const Digital& target : golden_targets("s05")) {
    const auto without = golden::search_one(plain, {target.name, "", "", target.residues});
    const auto with = golden::search_one(corrected, {target.name, "", "", target.residues});
    ASSERT_EQ(without.has_value(), with.has_value()) << target.name;
    if (!with) continue;
    EXPECT_EQ(without->score, without->pre_score);
    EXPECT_GE(without->score, with->score);
    for (const Domain& domain : without->domains) EXPECT_EQ(domain.domain_bias, 0.0f);
  }
}

// Models smaller than a vector and targets of every odd kind.
TEST(Pipeline, ExtremeSizesAndCodes) {
  const std::string odd = "XBZJUO*";
  for (const std::string& query :
       std::vector<std::string>{"W", "WC", "WCW", "WCWHW", "*W*", "X", "XXXXXXXX", "WWWWWWWWWWWWWWWWWWWW"}) {
    const Profile profile(build_from_sequence({query, "", "", query}));
    Pipeline pipeline(profile, open_filters());
    for (const std::string& target :
         {std::string("W"), std::string("*"), std::string("***"), std::string("X"), odd, odd + query + odd,
          query, query + query + query, std::string(300, 'W'), std::string(300, 'A'),
          std::string(2, '*') + query}) {
      const auto hit = golden::search_one(pipeline, {target, "", "", bio::digitize(target)});
      if (!hit) continue;
      for (const Domain& domain : hit->domains) {
        EXPECT_FALSE(std::isnan(domain.bit_score)) << query << " " << target;
        EXPECT_GE(domain.alignment.seq_from, domain.env_from);
        EXPECT_LE(domain.alignment.seq_to, domain.env_to);
        EXPECT_EQ(domain.alignment.aligned.size(), domain.alignment.pp.size());
      }
    }
  }
}

}  // namespace
}  // namespace foldmesh::hmm
