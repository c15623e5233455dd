// Every stage of the pipeline against recorded reference numbers of 628 query/target pairs: equal in all
// printed digits.
#include <gtest/gtest.h>

#include <limits>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/hmm/golden_data.h"
#include "foldmesh/hmm/numeric.h"
#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/hmm/profile.h"

namespace foldmesh::hmm {
namespace {

using golden::Row;
using golden::text;

constexpr double kDatabaseSize = 20000;  // Z of the recorded E-values
constexpr int kPDigits = 6;              // digits of probabilities in the tables

std::string status_name(FilterStatus status) {
  if (status == FilterStatus::kOk) return "OK";
  return status == FilterStatus::kRange ? "RANGE" : "NORESULT";
}

// The columns up to fwd_P, each stage computed whatever the one before says.
Row filter_columns(const Profile& profile, std::span<const bio::Code> target) {
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
  row["msv_P"] = text(gumbel_survival(bit_score(msv.nats, null), fit.mu_msv, fit.lambda), kPDigits);

  const float biased_null = BiasFilter(profile.core()).null_score(target);
  row["biasfilter_nats"] = text(biased_null);
  row["msv_bits_bias"] = text(bit_score(msv.nats, biased_null));
  row["bias_P"] = text(gumbel_survival(bit_score(msv.nats, biased_null), fit.mu_msv, fit.lambda), kPDigits);

  ViterbiScratch viterbi_scratch;
  const FilterResult viterbi = viterbi_filter_ref(profile, target, viterbi_scratch);
  row["vit_code"] = status_name(viterbi.status);
  row["vit_nats"] = text(viterbi.nats);
  row["vit_bits"] = text(bit_score(viterbi.nats, biased_null));
  row["vit_P"] =
      text(gumbel_survival(bit_score(viterbi.nats, biased_null), fit.mu_viterbi, fit.lambda), kPDigits);

  DpMatrix forward, backward;
  const LengthModel length = LengthModel::multihit(L);
  const float forward_nats = forward_ref(profile, length, target, DpMatrix::Keep::kSpecials, forward);
  row["fwd_nats"] = text(forward_nats);
  row["bck_nats"] = text(backward_ref(profile, length, target, forward, DpMatrix::Keep::kSpecials, backward));
  row["fwd_bits"] = text(bit_score(forward_nats, biased_null));
  row["fwd_P"] =
      text(exponential_survival(bit_score(forward_nats, biased_null), fit.tau, fit.lambda), kPDigits);
  return row;
}

Row flag_columns(const Profile& profile, std::span<const bio::Code> target) {
  PipelineOptions options;
  options.F1 = 5e-4;
  options.F2 = 5e-5;
  options.F3 = 5e-7;
  const FilterOutcome outcome = FilterCascade(profile, options).run(target);
  const auto flag = [](bool value) { return std::string(value ? "1" : "0"); };
  return {{"pass_msv", flag(outcome.past_msv)},
          {"pass_bias", flag(outcome.past_bias)},
          {"vit_run", flag(outcome.ran_viterbi)},
          {"pass_vit", flag(outcome.past_viterbi)},
          {"pass_fwd", flag(outcome.past_forward)}};
}

// The columns from nregions on.
Row hit_columns(const std::optional<Hit>& hit) {
  Row row;
  if (!hit) {
    row["ndom"] = "0";
    for (const char* column : {"pre_score_bits", "seq_score_bits", "seq_bias_bits", "sum_score_bits", "lnP",
                               "E_Z20000", "best_domain"}) {
      row[column] = "NA";
    }
    return row;
  }
  row["nexpected"] = text(hit->n_expected, 6);
  row["nregions"] = std::to_string(hit->n_regions);
  row["nclustered"] = std::to_string(hit->n_clustered);
  row["noverlaps"] = std::to_string(hit->n_overlaps);
  row["nenvelopes"] = std::to_string(hit->n_envelopes);
  row["ndom"] = std::to_string(hit->domains.size());
  row["pre_score_bits"] = text(hit->pre_score);
  row["seq_score_bits"] = text(hit->score);
  row["seq_bias_bits"] = text(hit->pre_score - hit->score);
  row["sum_score_bits"] = text(hit->sum_score);
  row["lnP"] = text(hit->ln_p);
  row["E_Z20000"] = text(probability(hit->ln_p) * kDatabaseSize, kPDigits);
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
  row["E_Z20000"] = text(probability(domain.ln_p) * kDatabaseSize, kPDigits);
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

// All targets of all queries, each stage on its own and then the whole pipeline with open filters.
class PairsGolden : public testing::TestWithParam<int> {};

TEST_P(PairsGolden, EveryStageAndDomain) {
  const std::string query = fmt::format("s{:02}", GetParam());
  std::map<std::string, std::string> residues;
  for (const bio::Sequence& target : golden::read_fasta("targets/" + query + ".fasta")) {
    residues[target.name] = target.residues;
  }
  std::map<std::string, std::vector<Row>> recorded_domains;
  for (const Row& row : golden::read_table("num/domains.tsv")) {
    if (row.at("query") == query) recorded_domains[row.at("target")].push_back(row);
  }
  const Profile profile(build_from_sequence(golden::read_fasta("qf/" + query + ".fasta").at(0)));
  PipelineOptions open;
  open.open_all_filters();
  Pipeline pipeline(profile, open);

  int64_t n_pairs = 0;
  for (const Row& recorded : golden::read_table("num/pairs.tsv")) {
    if (recorded.at("query") != query) continue;
    ++n_pairs;
    const std::string& name = recorded.at("target");
    SCOPED_TRACE(name);
    const std::vector<bio::Code> target = bio::digitize(residues.at(name));
    expect_columns(filter_columns(profile, target), recorded);
    expect_columns(flag_columns(profile, target), recorded);

    const std::optional<Hit> hit = pipeline.search({name, "", "", target});
    expect_columns(hit_columns(hit), recorded);
    const std::vector<Row>& domains = recorded_domains[name];
    ASSERT_EQ(hit ? hit->domains.size() : 0, domains.size());
    for (size_t d = 0; d < domains.size(); ++d) {
      SCOPED_TRACE(fmt::format("domain {}", d + 1));
      expect_columns(domain_columns(hit->domains[d]), domains[d]);
    }
  }
  EXPECT_EQ(pipeline.counters().n_past_forward, n_pairs);
  EXPECT_GE(n_pairs, 35);
}

INSTANTIATE_TEST_SUITE_P(Queries, PairsGolden, testing::Range(1, 14),
                         [](const auto& info) { return fmt::format("s{:02}", info.param); });

}  // namespace
}  // namespace foldmesh::hmm
