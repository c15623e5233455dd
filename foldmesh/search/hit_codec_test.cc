// Hits, models and unit results as bytes: what comes back is what went in; sorted runs merge into one order.
#include "foldmesh/search/hit_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "foldmesh/base/error.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/search/hit_runs.h"
#include "foldmesh/search/query_codec.h"
#include "foldmesh/search/text_spool.h"
#include "foldmesh/search/unit_result.h"

namespace foldmesh::search {
namespace {

hmm::Hit some_hit(int64_t index, double ln_p, const std::string& name = "name") {
  hmm::Hit hit;
  hit.name = name;
  hit.accession = "ACC";
  hit.description = "a description";
  hit.target_index = index;
  hit.target_length = 12345;
  hit.score = 1.5f;
  hit.pre_score = 2.5f;
  hit.sum_score = 3.5f;
  hit.ln_p = ln_p;
  hit.pre_ln_p = -0.1;
  hit.sum_ln_p = -0.2;
  hit.n_expected = 1.25f;
  hit.n_regions = 1;
  hit.n_clustered = 2;
  hit.n_overlaps = 3;
  hit.n_envelopes = 4;
  hit.best_domain = 1;
  for (int d = 0; d < 2; ++d) {
    hmm::Domain domain;
    domain.env_from = 5 + d;
    domain.env_to = 6;
    domain.envelope_score = 0.1f;
    domain.domain_correction = 0.2f;
    domain.domain_bias = 0.3f;
    domain.oa_score = 0.4f;
    domain.bit_score = 0.5f;
    domain.ln_p = -7;
    domain.alignment = {8, 9, 10 + d, 11, "model", "match", "aligned", "pp", "rf", "cs"};
    hit.domains.push_back(domain);
  }
  return hit;
}

TEST(HitCodec, EveryFieldComesBack) {
  std::string bytes;
  append_hit(bytes, some_hit(7, -3));
  append_hit(bytes, some_hit(8, -4));
  std::string_view rest = bytes;
  const std::string_view first = next_hit(rest), second = next_hit(rest);
  EXPECT_TRUE(rest.empty());
  const HitKey key = key_of(first);
  EXPECT_EQ(key.ln_p, -3);
  EXPECT_EQ(key.score, 1.5f);
  EXPECT_EQ(key.start, 10);
  EXPECT_EQ(key.target_index, 7);
  EXPECT_EQ(key.name, "name");
  EXPECT_EQ(key_of(second).target_index, 8);

  const hmm::Hit hit = decode_hit(first);
  std::string again;
  append_hit(again, hit);
  EXPECT_EQ(again, first);
  EXPECT_EQ(hit.accession, "ACC");
  EXPECT_EQ(hit.description, "a description");
  EXPECT_EQ(hit.target_length, 12345);
  EXPECT_EQ(hit.sum_ln_p, -0.2);
  EXPECT_EQ(hit.n_envelopes, 4);
  ASSERT_EQ(hit.domains.size(), 2u);
  EXPECT_EQ(hit.domains[1].env_from, 6);
  EXPECT_EQ(hit.domains[1].ln_p, -7);
  EXPECT_EQ(hit.domains[1].alignment.seq_from, 11);
  EXPECT_EQ(hit.domains[1].alignment.cs, "cs");
}

TEST(HitCodec, CutBytesAreRefused) {
  std::string bytes;
  append_hit(bytes, some_hit(7, -3));
  for (const size_t size : {size_t{0}, size_t{3}, size_t{40}, bytes.size() - 1}) {
    std::string_view cut = std::string_view(bytes).substr(0, size);
    EXPECT_THROW(next_hit(cut), base::Error) << size;
  }
}

TEST(UnitResults, ComeBack) {
  UnitResult result;
  result.id = {3, 4, 5};
  result.parts.resize(2);
  result.parts[1].counters = {1, 2, 3, 4, 5, 6};
  result.parts[1].hits.add(some_hit(7, -30), {});
  const UnitResult again = decode_unit_result(encode(result));
  EXPECT_EQ(again.id, result.id);
  ASSERT_EQ(again.parts.size(), 2u);
  EXPECT_EQ(again.parts[1].counters.n_past_forward, 6);
  EXPECT_EQ(again.parts[1].hits.bytes, result.parts[1].hits.bytes);
  EXPECT_EQ(again.parts[1].hits.longest_name, 4u);
}

TEST(QueryCodec, ModelsComeBackToTheLastBit) {
  hmm::CoreModel model = hmm::build_from_sequence({"q", "A1", "d", "MKWVTFISLLFLFSSAYSRG"});
  model.cutoffs.trusted = {1.5f, 2.5f};
  model.rf = std::string(20, 'x');
  std::string bytes, again;
  base::ByteWriter out(bytes), out_again(again);
  put_model(out, model);
  base::ByteReader in(bytes);
  const hmm::CoreModel copy = get_model(in);
  EXPECT_TRUE(in.done());
  put_model(out_again, copy);
  EXPECT_EQ(bytes, again);
  EXPECT_EQ(copy.mat, model.mat);
  EXPECT_EQ(copy.t, model.t);
  EXPECT_EQ(copy.evalue.tau, model.evalue.tau);
  EXPECT_EQ(copy.calibrated, model.calibrated);
  EXPECT_EQ(copy.cutoffs.trusted, model.cutoffs.trusted);
  EXPECT_FALSE(copy.cutoffs.noise);
}

// Two hundred runs, which are merged on the way, some hits longer than the buffer of a run.
TEST(HitRuns, ManyRunsGiveOneOrder) {
  std::mt19937 random(3);
  const HitOrder order(false);
  HitRuns runs(order), in_memory(order);
  const auto file = std::make_shared<base::SpillFile>(testing::TempDir());
  for (int64_t i = 0; i < 2000; ++i) {
    hmm::Hit hit = some_hit(i, -static_cast<double>(random() % 50), "n" + std::to_string(random() % 9));
    if (i % 97 == 0) hit.description.assign(200'000, 'd');
    std::string bytes;
    append_hit(bytes, hit);
    in_memory.add(bytes);
    runs.add(std::move(bytes));
    if (i % 10 == 0) runs.spill(file);
  }
  EXPECT_TRUE(runs.has_spilled());
  EXPECT_EQ(runs.n_in_memory(), 9u);
  const auto read = [](HitRuns& hits) {
    hits.sort();
    std::string all;
    hits.for_each_ranked([&](std::string_view hit) {
      all += hit;
      return true;
    });
    return all;
  };
  const std::string all = read(runs);
  EXPECT_TRUE(all == read(in_memory));
  std::string_view rest = all;
  HitKey last = key_of(next_hit(rest));
  int n = 1;
  for (; !rest.empty(); ++n) {
    const HitKey key = key_of(next_hit(rest));
    EXPECT_TRUE(order(last, key));
    last = key;
  }
  EXPECT_EQ(n, 2000);
}

TEST(TextSpool, GivesBackLongTexts) {
  TextSpool spool(testing::TempDir());
  std::string expected, text;
  for (int i = 0; i < 50'000; ++i) {
    const std::string piece = "line " + std::to_string(i) + std::string(static_cast<size_t>(i % 100), '.');
    spool.add(piece);
    expected += piece;
  }
  spool.copy_to([&](std::string_view piece) { text += piece; });
  EXPECT_TRUE(text == expected);
}

}  // namespace
}  // namespace foldmesh::search
