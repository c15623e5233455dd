#include "foldmesh/predict/predict.h"
#include "foldmesh/base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/plan/plan.h"
#include "foldmesh/predict/head_dump.h"
#include "foldmesh/predict/recycling.h"

namespace foldmesh::predict {
namespace {

using tensor::DType;

TEST(Memory, Check) {
  const MemoryEstimate estimate{.parameters = 100 << 20, .arena = 50 << 20, .worst_node = "somewhere"};
  EXPECT_NO_THROW(check_memory(estimate, 151 << 20));
  try {
    check_memory(estimate, 149 << 20);
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    EXPECT_NE(std::string(error.what()).find("150.0 MiB"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("somewhere"), std::string::npos);
  }
  EXPECT_GT(base::available_memory(), 0);
  MemoryEstimate beside = estimate;
  beside.other = 2 << 20;
  EXPECT_TRUE(fits(estimate, 151 << 20));
  EXPECT_FALSE(fits(beside, 151 << 20));
}

// The true network but for its depth.
model::ModelConfig shallow(const std::string& name) {
  model::ModelConfig config = model::model_by_name(name);
  config.n_evoformer_blocks = config.n_extra_msa_blocks = 1;
  return config;
}

features::RawFeatures raw_features(int64_t n_res, int64_t n_seq) {
  features::RawFeatures raw;
  raw.name = "test";
  raw.n_seq = n_seq;
  base::Rng rng(3);
  for (int64_t i = 0; i < n_res; ++i) {
    raw.sequence += bio::kHhblitsLetters[rng.below(20)];
    raw.residue_index.push_back(static_cast<int32_t>(i));
  }
  raw.between_segment_residues.assign(static_cast<size_t>(n_res), 0);
  for (int64_t i = 0; i < n_seq * n_res; ++i) {
    const bool query = i < n_res;
    raw.msa.push_back(static_cast<uint8_t>(query ? bio::hhblits_id(raw.sequence[static_cast<size_t>(i)])
                                                 : static_cast<int>(rng.below(22))));
    raw.deletions.push_back(query ? 0 : static_cast<int32_t>(rng.below(3)));
  }
  raw.species.assign(static_cast<size_t>(n_seq), "");
  return raw;
}

class PredictTest : public ::testing::Test {
 protected:
  PredictTest()
      : config_(shallow("model_1_ptm")), params_(model::ParamStore::from_formula(config_, "", pool_)) {
    options_.n_recycles = 1;
  }
  features::FeatureSet processed(int n_passes) {
    return features::process(raw_, features::feature_config(config_.name), 7, n_passes, pool_);
  }

  static features::FeatureSet clone_of(const features::FeatureSet& features) {
    features::FeatureSet copy;
    for (const auto& [name, array] : features) copy.emplace(name, array.clone());
    return copy;
  }
  // "" when there is none.
  std::string refusal_of(FeatureSource& source) {
    try {
      predict(source, config_, params_, options_);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return error.what();
    }
    return "";
  }
  static bool is_finite(const Prediction& prediction) {
    for (const auto& residue : prediction.structure.atom_position) {
      for (const auto& atom : residue) {
        for (const float x : atom) {
          if (!std::isfinite(x)) return false;
        }
      }
    }
    return std::isfinite(prediction.ranking_confidence) && std::isfinite(prediction.aligned_error->ptm);
  }

  base::ThreadPool pool_{2};
  model::ModelConfig config_;
  model::ParamStore params_;
  features::RawFeatures raw_ = raw_features(9, 5);
  PredictOptions options_;
};

using Heads = std::map<std::string, std::vector<float>>;
PassCallback collect_into(Heads& heads) {
  return [&heads](const PassResult& result) {
    for_each_head(result, [&](const std::string& name, const tensor::ConstView& values) {
      const auto numbers = values.span<float>();
      heads[fmt::format("{}/{}", result.pass, name)] = {numbers.begin(), numbers.end()};
    });
  };
}

TEST_F(PredictTest, SameBitsForAnyThreadsAndEitherKindOfFeatures) {
  options_.all_heads = true;
  Heads one, three, sampled;
  options_.on_pass = collect_into(one);
  predict(*processed_source(processed(2)), config_, params_, options_);
  options_.on_pass = collect_into(three);
  options_.n_threads = 3;
  predict(*processed_source(processed(2)), config_, params_, options_);
  options_.on_pass = collect_into(sampled);
  predict(*sampled_source(raw_, config_, 7, pool_), config_, params_, options_);
  EXPECT_EQ(one.size(), 2 * 18);
  EXPECT_EQ(one, three);
  EXPECT_EQ(one, sampled);
  EXPECT_NE(one.at("0/pair"), one.at("1/pair"));
}

TEST_F(PredictTest, BackendsAgree) {
  options_.all_heads = true;
  Heads fast, reference;
  options_.on_pass = collect_into(fast);
  predict(*processed_source(processed(2)), config_, params_, options_);
  options_.on_pass = collect_into(reference);
  options_.precision = Precision::kReference;
  predict(*processed_source(processed(2)), config_, params_, options_);
  for (const auto& [name, values] : reference) {
    double squares = 0, difference_squares = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const double difference = static_cast<double>(values[i]) - fast.at(name)[i];
      squares += static_cast<double>(values[i]) * values[i];
      difference_squares += difference * difference;
    }
    EXPECT_LE(std::sqrt(difference_squares / squares), 2e-5) << name;
  }
}

TEST_F(PredictTest, ResultIsComplete) {
  options_.contacts = true;
  double done = -1, total = 0;
  options_.progress = [&](double d, double t) {
    EXPECT_GE(d, done);
    done = d;
    total = t;
  };
  const Prediction prediction = predict(*processed_source(processed(2)), config_, params_, options_);
  EXPECT_NEAR(done, total, 1e-6 * total);
  EXPECT_TRUE(prediction.untrained);
  EXPECT_EQ(prediction.structure.n_res(), 9);
  EXPECT_EQ(prediction.structure.chain_ids, std::vector<std::string>{"A"});
  EXPECT_EQ(prediction.plddt.size(), 9);
  EXPECT_EQ(prediction.aligned_error->pae.size(), 81);
  EXPECT_EQ(prediction.contact_probability.size(), 81);
  EXPECT_EQ(prediction.pass_seconds.size(), 2);
  EXPECT_NEAR(prediction.ranking_confidence, confidence::mean(prediction.plddt), 1e-12);
  double seconds = 0;
  for (const OperatorTime& time : prediction.operator_times) seconds += time.seconds;
  EXPECT_LE(seconds, prediction.pass_seconds[0] + prediction.pass_seconds[1]);
  EXPECT_GE(prediction.memory.arena, prediction.memory.arena_lower_bound);
}

// Padded residues are not part of the structure, nor of the matrices.
TEST(DistanceChange, FollowsItsDefinition) {
  const Points before = {{0, 0, 0}, {3, 0, 0}, {0, 4, 0}};
  Points after = before;
  const std::vector<float> mask = {1, 1, 1};
  EXPECT_NEAR(distance_change(before, after, mask), 1e-4, 1e-12) << "the root of 1e-8";
  for (auto& point : after) point = {point[1] + 7, -point[0], point[2] + 1};  // turned and moved
  EXPECT_NEAR(distance_change(before, after, mask), 1e-4, 1e-9);
  after = before;
  after[1] = {6, 0, 0};  // 3 A more from atom 0, sqrt(52) - 5 from atom 2; each pair counts twice, of nine
  const double other = std::sqrt(52.0) - 5;
  EXPECT_NEAR(distance_change(before, after, mask), std::sqrt(2 * (9 + other * other) / 9 + 1e-8), 1e-9);
  EXPECT_NEAR(distance_change(before, after, std::vector<float>{1, 1, 0}), std::sqrt(2 * 9.0 / 4 + 1e-8),
              1e-9);
}

TEST_F(PredictTest, RecyclingStopsEarly) {
  Heads all, stopped;
  const auto run = [&](int n_recycles, double tolerance, Heads& heads) {
    options_.n_recycles = n_recycles;
    options_.recycle_tolerance = tolerance;
    heads.clear();
    options_.on_pass = collect_into(heads);
    options_.all_heads = true;
    return predict(*sampled_source(raw_, config_, 7, pool_), config_, params_, options_);
  };
  EXPECT_EQ(run(1, 0, all).n_passes, 2);
  // The first pass starts from zeros: it is compared, too.
  const Prediction prediction = run(3, 1e6, stopped);
  EXPECT_EQ(prediction.n_passes, 2);
  EXPECT_EQ(prediction.pass_seconds.size(), 2u);
  EXPECT_GT(prediction.last_change, 0);
  EXPECT_EQ(stopped, all);
  EXPECT_EQ(run(3, 1e-9, stopped).n_passes, 4);
}

TEST_F(PredictTest, PaddingIsLeftOut) {
  features::FeatureSet features = processed(1);
  features.at("seq_mask").as<float>()[8] = 0;
  options_.n_recycles = 0;
  const Prediction prediction = predict(*processed_source(std::move(features)), config_, params_, options_);
  EXPECT_EQ(prediction.dims.n_res, 9);
  EXPECT_EQ(prediction.structure.n_res(), 8);
  EXPECT_EQ(prediction.plddt.size(), 8);
  EXPECT_EQ(prediction.aligned_error->pae.size(), 64);
}

TEST_F(PredictTest, MasksOfZeros) {
  options_.n_recycles = 0;
  features::FeatureSet features = processed(1);
  for (const char* name : {"msa_mask", "extra_msa_mask"}) {
    tensor::Tensor& mask = features.at(name);
    std::fill_n(mask.as<float>(), mask.size(), 0.0F);
  }
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    options_.precision = precision;
    const Prediction prediction = predict(*processed_source(clone_of(features)), config_, params_, options_);
    EXPECT_TRUE(is_finite(prediction));
  }
  std::fill_n(features.at("seq_mask").as<float>(), 9, 0.0F);
  options_.progress = [](double, double) { ADD_FAILURE() << "the refusal comes before any work"; };
  EXPECT_EQ(refusal_of(*processed_source(std::move(features))),
            "seq_mask leaves no residue (expected 1 for every real one)");
}

TEST_F(PredictTest, OneResidue) {
  raw_ = raw_features(1, 1);
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    options_.precision = precision;
    const Prediction prediction =
        predict(*sampled_source(raw_, config_, 7, pool_), config_, params_, options_);
    EXPECT_EQ(prediction.structure.n_res(), 1);
    EXPECT_TRUE(is_finite(prediction));
  }
}

TEST_F(PredictTest, MoreDevicesThanResidues) {
  raw_ = raw_features(2, 3);
  const Prediction one = predict(*sampled_source(raw_, config_, 7, pool_), config_, params_, options_);
  options_.n_threads = 5;
  const Prediction five = predict_on_devices(
      5, [&](base::ThreadPool& pool) { return sampled_source(raw_, config_, 7, pool); }, config_, params_,
      options_);
  EXPECT_EQ(five.structure.atom_position, one.structure.atom_position);
  EXPECT_EQ(five.plddt, one.plddt);
  EXPECT_EQ(five.aligned_error->pae, one.aligned_error->pae);
}

TEST_F(PredictTest, SeveralDevicesAreRefusedWithOneMessage) {
  raw_ = raw_features(12, 4);
  options_.memory_limit = size_t{32} << 20;
  try {
    predict_on_devices(
        3, [&](base::ThreadPool& pool) { return sampled_source(raw_, config_, 7, pool); }, config_, params_,
        options_);
    ADD_FAILURE() << "no refusal";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
    const std::string what = error.what();
    EXPECT_NE(what.find(" of memory on each of 3 devices ("), std::string::npos) << what;
    EXPECT_NE(what.find("MiB that one may take"), std::string::npos) << what;
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
  }
}

// The pair tensor alone has 12 GiB. What the refusal says is needed is enough: chunks are considered.
TEST_F(PredictTest, LongChainsAreRefusedBeforeTheyStart) {
  raw_ = raw_features(5000, 1);
  options_.memory_limit = size_t{4} << 30;
  options_.progress = [](double, double) { ADD_FAILURE() << "it has started"; };
  const std::string refusal = refusal_of(*sampled_source(raw_, config_, 7, pool_));
  EXPECT_NE(refusal.find("more than the 4.00 GiB that it may take (--memory)"), std::string::npos) << refusal;
  const auto source = sampled_source(raw_, config_, 7, pool_);
  const size_t least = estimate_memory(*source, config_, params_, options_).total();
  EXPECT_NE(refusal.find(fmt::format("this prediction needs {} of memory", base::format_bytes(least))),
            std::string::npos)
      << refusal;
  options_.memory_limit = size_t{1} << 40;
  EXPECT_LT(least, estimate_memory(*source, config_, params_, options_).total());
  options_.memory_limit = least + (least >> 7);
  EXPECT_LE(estimate_memory(*source, config_, params_, options_).total(), options_.memory_limit);
}

TEST_F(PredictTest, TemplateSlotsBehindTheLastUsedOneAreDropped) {
  features::FeatureSet features = processed(1);
  EXPECT_EQ(network_dims(*processed_source(processed(1)), config_).n_templates, 0);
  features.at("template_mask").as<float>()[1] = 1;
  EXPECT_EQ(network_dims(*processed_source(std::move(features)), config_).n_templates, 2);
  // A slot that is masked but has torsions still adds a row to the MSA.
  features = processed(1);
  features.at("template_torsion_angles_mask").as<float>()[(2 * 9 + 4) * 7 + 2] = 1;
  EXPECT_EQ(network_dims(*processed_source(std::move(features)), config_).n_templates, 3);
  EXPECT_EQ(network_dims(*processed_source(processed(1)), shallow("model_3")).n_templates, 0);
}

TEST_F(PredictTest, RefusesTooFewPassesAndTooLittleMemory) {
  const auto refusal = [&] { return refusal_of(*processed_source(processed(2))); };
  options_.n_recycles = 2;
  EXPECT_NE(refusal().find("2 passes (expected 3"), std::string::npos);
  options_.n_recycles = 1;
  options_.memory_limit = size_t{10} << 20;
  EXPECT_NE(refusal().find("may take (--memory)"), std::string::npos);
  const auto source = processed_source(processed(2));
  options_.memory_limit = estimate_memory(*source, config_, params_, options_).total();
  EXPECT_EQ(refusal(), "");
}

// One answer to "does it fit": the planner's, which knows extents only, and that of the prediction, which
// knows the features and every place in the arena.
TEST_F(PredictTest, ThePlannerAsksForTheSameMemory) {
  const base::TempFolder folder("same_memory");
  const std::filesystem::path file = folder.path() / "params.npz";
  model::write_formula_file(file, config_, "", pool_);
  const model::ParamStore params = model::ParamStore::open(file, config_, pool_);
  raw_ = raw_features(150, 40);
  const auto source = sampled_source(raw_, config_, 7, pool_);
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    options_.precision = precision;
    options_.n_threads = 2;
    options_.memory_limit = 0;
    const MemoryEstimate estimate = estimate_memory(*source, config_, params, options_);
    const model::Dims dims = network_dims(*source, config_);
    const graph::Graph network = model::build_network(config_, dims);
    plan::PlanOptions how{.n_passes = options_.n_recycles + 1};
    if (precision == Precision::kBf16) how.precision = plan::Precision::kBf16;
    plan::Planner planner(network, plan::parse_mesh("cpu:2").machine, how);
    const plan::Plan plan = planner.plan_on(1).value();
    EXPECT_EQ(static_cast<size_t>(plan.fixed_bytes), estimate.fixed);
    EXPECT_NEAR(static_cast<double>(plan.peak_bytes), static_cast<double>(estimate.total()),
                0.03 * static_cast<double>(estimate.total()))
        << plan.weight_bytes << " " << estimate.parameters << ", " << plan.host_bytes << " "
        << estimate.features + estimate.results;

    // The least that the planner says is enough is enough, but for what lies between values in the arena.
    const auto least = static_cast<size_t>(planner.smallest_budget(1).bytes);
    EXPECT_LT(least, estimate.total());
    options_.memory_limit = least + least / 50;
    EXPECT_LE(estimate_memory(*source, config_, params, options_).total(), options_.memory_limit);
    options_.memory_limit = least - least / 50;
    EXPECT_GT(estimate_memory(*source, config_, params, options_).total(), options_.memory_limit);
  }
}

TEST_F(PredictTest, DumpHoldsEveryPass) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("foldmesh_dump_{}.npz", ::getpid());
  {
    HeadDump dump(path);
    options_.all_heads = true;
    options_.on_pass = [&](const PassResult& result) { dump.add(result); };
    predict(*processed_source(processed(2)), config_, params_, options_);
    EXPECT_FALSE(std::filesystem::exists(path));
    dump.commit();
  }
  const tensor::NpzReader file(path);
  EXPECT_EQ(file.names().size(), 2 * 18);
  EXPECT_EQ(file.view("out0_msa").shape, (tensor::Shape{5, 9, 256}));
  EXPECT_EQ(file.view("out1_sm_frames").shape, (tensor::Shape{8, 9, 7}));
  EXPECT_EQ(file.view("out1_ptm_score").shape, (tensor::Shape{1}));
  EXPECT_EQ(file.view("out1_predicted_aligned_error").dtype, DType::kF32);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace foldmesh::predict
