// Every stage of the pipeline against recorded reference numbers of 720 query/target pairs: equal in all
// printed digits.
#include <gtest/gtest.h>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/domains/domain_definition_ref.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/hmm/filters/forward.h"
#include "foldmesh/hmm/golden_data.h"
#include "foldmesh/hmm/hmm_file.h"
#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/hmm/profile.h"
#include "tests/sanitized.h"

namespace foldmesh::hmm {
namespace {

using golden::Row;
using golden::text;

constexpr double kDatabaseSize = 20000;  // Z of the recorded E-values
constexpr int kShortDigits = 6;          // digits of some columns; the others have 9

std::string status_name(FilterStatus status) {
  if (status == FilterStatus::kOk) return "OK";
  return status == FilterStatus::kRange ? "RANGE" : "NORESULT";
}

// Forward's and Backward's special states of one pair.
struct Parsers {
  DpMatrix forward, backward;
};

// The columns up to fwd_P, each stage computed whatever the one before says. Leaves the parsers' states.
Row filter_columns(const Profile& profile, std::span<const bio::Code> target, Parsers& parsers) {
  const EvalueParameters& fit = profile.core().evalue;
  const int L = static_cast<int>(target.size());
  Row row;
  row["M"] = std::to_string(profile.M());
  row["L"] = std::to_string(L);
  const float null = null_score(L);
  row["null1_nats"] = text(null);

  UngappedScratch ungapped;
  const FilterResult ssv = ssv_filter_ref(profile, target, ungapped);
  row["ssv_code"] = status_name(ssv.status);
  row["ssv_nats"] = ssv.status == FilterStatus::kNoResult ? "nan" : text(ssv.nats);
  const FilterResult msv = msv_filter_ref(profile, target, ungapped);
  row["msv_code"] = status_name(msv.status);
  row["msv_nats"] = text(msv.nats);
  row["msv_bits_null1"] = text(bit_score(msv.nats, null));
  row["msv_P"] = text(gumbel_survival(bit_score(msv.nats, null), fit.mu_msv, fit.lambda), kShortDigits);

  const float biased_null = BiasFilter(profile.core()).null_score(target);
  row["biasfilter_nats"] = text(biased_null);
  row["msv_bits_bias"] = text(bit_score(msv.nats, biased_null));
  row["bias_P"] =
      text(gumbel_survival(bit_score(msv.nats, biased_null), fit.mu_msv, fit.lambda), kShortDigits);

  ViterbiScratch viterbi_scratch;
  const FilterResult viterbi = viterbi_filter_ref(profile, target, viterbi_scratch);
  row["vit_code"] = status_name(viterbi.status);
  row["vit_nats"] = text(viterbi.nats);
  row["vit_bits"] = text(bit_score(viterbi.nats, biased_null));
  row["vit_P"] =
      text(gumbel_survival(bit_score(viterbi.nats, biased_null), fit.mu_viterbi, fit.lambda), kShortDigits);

  const LengthModel length = LengthModel::multihit(L);
  const float forward_nats = forward_ref(profile, length, target, DpMatrix::Keep::kSpecials, parsers.forward);
  row["fwd_nats"] = text(forward_nats);
  row["bck_nats"] = text(
      backward_ref(profile, length, target, parsers.forward, DpMatrix::Keep::kSpecials, parsers.backward));
  row["fwd_bits"] = text(bit_score(forward_nats, biased_null));
  row["fwd_P"] =
      text(exponential_survival(bit_score(forward_nats, biased_null), fit.tau, fit.lambda), kShortDigits);
  return row;
}

Row flag_columns(const Profile& profile, std::span<const bio::Code> target) {
  PipelineOptions options;
  options.F1 = 5e-4;
  options.F2 = 5e-5;
  options.F3 = 5e-7;
  FilterCascade cascade(profile, options);
  FilterOutcome outcome = cascade.run(target);
  if (outcome.past_viterbi) {
    DpMatrix matrix;
    const LengthModel length = LengthModel::multihit(static_cast<int>(target.size()));
    cascade.judge_forward(forward_ref(profile, length, target, DpMatrix::Keep::kSpecials, matrix), outcome);
  }
  const auto flag = [](bool value) { return std::string(value ? "1" : "0"); };
  return {{"pass_msv", flag(outcome.past_msv)},
          {"pass_bias", flag(outcome.past_bias)},
          {"vit_run", flag(outcome.ran_viterbi)},
          {"pass_vit", flag(outcome.past_viterbi)},
          {"pass_fwd", flag(outcome.past_forward)}};
}

Row definition_columns(const DomainDefinition& definition) {
  return {{"nexpected", text(definition.n_expected, kShortDigits)},
          {"nregions", std::to_string(definition.n_regions)},
          {"nclustered", std::to_string(definition.n_clustered)},
          {"noverlaps", std::to_string(definition.n_overlaps)},
          {"nenvelopes", std::to_string(definition.n_envelopes)},
          {"ndom", std::to_string(definition.domains.size())}};
}

Row hit_columns(const std::optional<Hit>& hit) {
  Row row;
  if (!hit) {
    for (const char* column : {"pre_score_bits", "seq_score_bits", "seq_bias_bits", "sum_score_bits", "lnP",
                               "E_Z20000", "best_domain"}) {
      row[column] = "NA";
    }
    return row;
  }
  row["pre_score_bits"] = text(hit->pre_score);
  row["seq_score_bits"] = text(hit->score);
  row["seq_bias_bits"] = text(hit->pre_score - hit->score);
  row["sum_score_bits"] = text(hit->sum_score);
  row["lnP"] = text(hit->ln_p);
  row["E_Z20000"] = text(probability(hit->ln_p) * kDatabaseSize, kShortDigits);
  row["best_domain"] = std::to_string(hit->best_domain + 1);
  return row;
}

Row domain_columns(const Domain& domain) {
  const DomainAlignment& alignment = domain.alignment;
  Row row;
  row["ienv"] = std::to_string(domain.env_from);
  row["jenv"] = std::to_string(domain.env_to);
  row["iali"] = std::to_string(alignment.seq_from);
  row["jali"] = std::to_string(alignment.seq_to);
  row["hmmfrom"] = std::to_string(alignment.hmm_from);
  row["hmmto"] = std::to_string(alignment.hmm_to);
  row["envsc_nats"] = text(domain.envelope_score);
  row["domcorrection_nats"] = text(domain.domain_correction);
  row["dombias_bits"] = text(domain.domain_bias / kLn2);
  row["bitscore"] = text(domain.bit_score);
  row["lnP"] = text(domain.ln_p);
  row["E_Z20000"] = text(probability(domain.ln_p) * kDatabaseSize, kShortDigits);
  row["oasc"] = text(domain.oa_score);
  row["acc"] = text(domain.oa_score / (1.0 + (domain.env_to - domain.env_from)), 6);
  row["model_line"] = alignment.model;
  row["aligned_seq"] = alignment.aligned;
  row["pp_line"] = alignment.pp;
  return row;
}

void expect_columns(const Row& ours, const Row& recorded) {
  for (const auto& [column, value] : ours) EXPECT_EQ(value, recorded.at(column)) << column;
}

// One query: its model, targets and tables.
struct Case {
  std::string query;
  std::string folder;  // of the tables
  std::string targets;
  size_t n_pairs;
};

CoreModel model_of(const Case& the) {
  if (the.folder == "msa/num/") return read_hmm_file(golden::path("msa/" + the.query + ".hmm")).at(0);
  return build_from_sequence(golden::read_fasta("qf/" + the.query + ".fasta").at(0));
}

// All targets of all queries, each stage on its own and then the whole pipeline with open filters.
class PairsGolden : public testing::TestWithParam<Case> {};

TEST_P(PairsGolden, EveryStageAndDomain) {
  const Case& the = GetParam();
  std::map<std::string, std::string> residues;
  for (const bio::Sequence& target : golden::read_fasta(the.targets)) residues[target.name] = target.residues;
  std::map<std::string, std::vector<Row>> recorded_domains;
  for (const Row& row : golden::read_table(the.folder + "domains.tsv")) {
    if (row.at("query") == the.query) recorded_domains[row.at("target")].push_back(row);
  }
  const Profile profile(model_of(the));
  PipelineOptions open;
  open.open_all_filters();
  Pipeline pipeline(profile, open);
  DomainDefinerRef definer(profile, open.seed);
  Parsers parsers;

  constexpr size_t kStep = tests::kSanitized ? 5 : 1;  // every so many pairs
  size_t n_pairs = 0, n_compared = 0;
  for (const Row& recorded : golden::read_table(the.folder + "pairs.tsv")) {
    if (recorded.at("query") != the.query) continue;
    if (n_pairs++ % kStep != 0) continue;
    ++n_compared;
    const std::string& name = recorded.at("target");
    SCOPED_TRACE(name);
    const std::vector<bio::Code> target = bio::digitize(residues.at(name));
    expect_columns(filter_columns(profile, target, parsers), recorded);
    expect_columns(flag_columns(profile, target), recorded);
    expect_columns(definition_columns(definer.define(target, parsers.forward, parsers.backward)), recorded);

    const std::optional<Hit> hit = golden::search_one(pipeline, {name, "", "", target});
    expect_columns(hit_columns(hit), recorded);
    const std::vector<Row>& domains = recorded_domains[name];
    ASSERT_EQ(hit ? hit->domains.size() : 0, domains.size());
    for (size_t d = 0; d < domains.size(); ++d) {
      SCOPED_TRACE(fmt::format("domain {}", d + 1));
      expect_columns(domain_columns(hit->domains[d]), domains[d]);
    }
  }
  EXPECT_EQ(n_pairs, the.n_pairs);
  EXPECT_EQ(pipeline.counters().n_past_forward, static_cast<int64_t>(n_compared));
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  const std::vector<size_t> n_pairs = {35, 36, 55, 54, 51, 53, 53, 55, 46, 54, 44, 46, 46};
  for (size_t q = 0; q < n_pairs.size(); ++q) {
    const std::string query = fmt::format("s{:02}", q + 1);
    cases.push_back({query, "num/", "targets/" + query + ".fasta", n_pairs[q]});
  }
  for (const char* query : {"fn3", "globins4"}) cases.push_back({query, "msa/num/", "msa/targets.fasta", 46});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Queries, PairsGolden, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.query; });

// Posterior tracks and null2 scores per residue, of pairs with one and with several domains.
TEST(TracksGolden, EveryResidue) {
  for (const std::string pair : {"s03.s03_hom02", "s04.s04_hom03", "s05.s05_tand3", "s08.s08_self",
                                 "s09.s09_tand2", "s11.s11_hom05"}) {
    SCOPED_TRACE(pair);
    const std::string query = pair.substr(0, 3), name = pair.substr(4);
    std::vector<bio::Code> target;
    for (const bio::Sequence& sequence : golden::read_fasta("targets/" + query + ".fasta")) {
      if (sequence.name == name) target = bio::digitize(sequence.residues);
    }
    const Profile profile(build_from_sequence(golden::read_fasta("qf/" + query + ".fasta").at(0)));
    DpMatrix forward, backward;
    const LengthModel length = LengthModel::multihit(static_cast<int>(target.size()));
    forward_ref(profile, length, target, DpMatrix::Keep::kSpecials, forward);
    backward_ref(profile, length, target, forward, DpMatrix::Keep::kSpecials, backward);
    DomainDefinerRef definer(profile, 42);
    const DomainDefinition& definition = definer.define(target, forward, backward);

    const std::vector<Row> recorded = golden::read_table("num/post." + pair + ".tsv");
    ASSERT_EQ(recorded.size(), target.size() + 1);
    for (size_t i = 0; i < recorded.size(); ++i) {
      expect_columns({{"#i", std::to_string(i)},
                      {"mocc", text(definition.tracks.occupancy[i])},
                      {"btot", text(definition.tracks.begins[i])},
                      {"etot", text(definition.tracks.ends[i])},
                      {"n2sc", text(definition.null2_scores[i])}},
                     recorded[i]);
    }
  }
}

}  // namespace
}  // namespace foldmesh::hmm
