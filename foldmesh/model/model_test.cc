#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "foldmesh/base/error.h"
#include "foldmesh/graph/cost.h"
#include "foldmesh/graph/liveness.h"
#include "foldmesh/model/config.h"
#include "foldmesh/model/monomer.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/model/parameters.h"

namespace foldmesh::model {
namespace {

const std::string kGolden = std::string(FOLDMESH_TESTS_DIR) + "/golden/af2/";

std::vector<std::vector<std::string>> read_tsv(const std::string& name) {
  std::ifstream file(kGolden + name);
  EXPECT_TRUE(file.good()) << name;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, '\t');) fields.push_back(field);
    rows.push_back(fields);
  }
  return rows;
}

TEST(Config, Names) {
  EXPECT_EQ(model_names().size(), 25);
  for (const std::string& name : model_names()) EXPECT_EQ(model_by_name(name).name, name);
  const ModelConfig model = model_by_name("model_2_ptm");
  EXPECT_TRUE(model.uses_templates);
  EXPECT_TRUE(model.has_pae_head);
  EXPECT_EQ(model.max_msa_clusters, 508);
  EXPECT_EQ(model.max_extra_msa, 1024);
  for (const auto& [name, expected] :
       {std::pair("model_1_multimer_v4", "model_1_multimer_v3"), std::pair("model_6", "model_5_ptm"),
        std::pair("", "expected one of"), std::pair("model_1x", "there is no model")}) {
    try {
      model_by_name(name);
      ADD_FAILURE() << name;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    }
  }
}

class ParameterList : public ::testing::TestWithParam<const char*> {};

// Names, shapes, base and scale (to the bit) equal the published lists.
TEST_P(ParameterList, EqualsGoldenTable) {
  const auto rows = read_tsv(fmt::format("params_{}.tsv", GetParam()));
  const auto list = parameter_list(model_by_name(GetParam()));
  ASSERT_EQ(list.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(list[i].name, rows[i][0]);
    std::string shape;
    for (int64_t extent : list[i].shape) shape += fmt::format("{}{}", shape.empty() ? "" : ",", extent);
    EXPECT_EQ(shape, rows[i][1]) << list[i].name;
    EXPECT_EQ(list[i].base, std::strtof(rows[i][2].c_str(), nullptr)) << list[i].name;
    EXPECT_EQ(list[i].scale, std::strtof(rows[i][3].c_str(), nullptr)) << list[i].name;
  }
}
INSTANTIATE_TEST_SUITE_P(Models, ParameterList,
                         ::testing::Values("model_1", "model_1_ptm", "model_3", "model_1_multimer_v3"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Parameters, TotalsOfAllModels) {
  const std::map<std::string, std::pair<size_t, int64_t>> expected = {
      {"model_1", {336, 93229082}},
      {"model_2", {336, 93229082}},
      {"model_1_ptm", {338, 93237338}},
      {"model_3", {265, 92899674}},
      {"model_4_ptm", {267, 92907930}},
      {"model_5", {265, 92899674}},
      {"model_1_multimer", {354, 93223705}},
      {"model_2_multimer_v2", {354, 93223705}},
      {"model_5_multimer_v3", {330, 93223705}}};
  for (const auto& [name, numbers] : expected) {
    const auto list = parameter_list(model_by_name(name));
    int64_t elements = 0;
    for (const ParamSpec& param : list) elements += tensor::num_elements(param.shape);
    EXPECT_EQ(list.size(), numbers.first) << name;
    EXPECT_EQ(elements, numbers.second) << name;
  }
}

TEST(Parameters, FormulaTestVectors) {
  std::map<std::string, ParamSpec> list;
  for (ParamSpec& param : parameter_list(model_by_name("model_1_ptm"))) list[param.name] = param;
  base::ThreadPool pool(2);
  int compared = 0;
  for (const auto& row : read_tsv("testvectors.tsv")) {
    ParamSpec param{.name = row[0], .shape = {}};
    param.base = std::strtof(row[2].c_str(), nullptr);
    param.scale = std::strtof(row[3].c_str(), nullptr);
    if (const auto known = list.find(row[0]); known != list.end()) {
      EXPECT_EQ(known->second.base, param.base);
      EXPECT_EQ(known->second.scale, param.scale);
    }
    const int64_t index = std::stoll(row[1]);
    const auto bits = static_cast<uint32_t>(std::stoul(row[5], nullptr, 16));
    EXPECT_EQ(std::bit_cast<uint32_t>(formula_value(param, row[4], index)), bits) << row[0];
    float filled[3];
    fill_by_formula(param, row[4], index, filled, pool);
    EXPECT_EQ(std::bit_cast<uint32_t>(filled[0]), bits) << row[0];
    ++compared;
  }
  EXPECT_EQ(compared, 20);
}

TEST(Parameters, GeneratedValuesAreRecognised) {
  base::ThreadPool pool(1);
  const ParamSpec param{.name = "x//bias", .shape = {384}, .base = 0, .scale = 0.125F};
  std::vector<float> values(384);
  for (const char* salt : {"", "another"}) {
    fill_by_formula(param, salt, 0, values, pool);
    EXPECT_TRUE(looks_generated(values));
  }
  std::vector<float> rounded = values;  // to 8 bits, as a conversion through bfloat16 does
  for (float& v : rounded) v = std::bit_cast<float>(std::bit_cast<uint32_t>(v) & 0xffff0000U);
  EXPECT_FALSE(looks_generated(rounded));
  for (float& v : values) v *= 0.9F;
  EXPECT_FALSE(looks_generated(values));
  std::fill(values.begin(), values.end(), 0.0F);
  EXPECT_FALSE(looks_generated(values));
  values[0] = std::nanf("");
  EXPECT_FALSE(looks_generated(values));
}

// A model of the true widths with few blocks, so that files stay small.
ModelConfig small_model(const std::string& name) {
  ModelConfig config = model_by_name(name);
  config.n_evoformer_blocks = config.n_extra_msa_blocks = 1;
  return config;
}

class ParamStoreTest : public ::testing::Test {
 protected:
  ParamStoreTest()
      : file_(std::filesystem::temp_directory_path() / fmt::format("foldmesh_params_{}.npz", ::getpid())) {}
  ~ParamStoreTest() override { std::filesystem::remove(file_); }
  // Rewrites the formula's file; `change` may drop (return false) or replace a tensor.
  template <typename Change>
  void write(const ModelConfig& config, Change change,
             tensor::NpzCompression compression = tensor::NpzCompression::kStored) {
    tensor::NpzWriter writer(file_, compression);
    for (const ParamSpec& param : parameter_list(config)) {
      tensor::Tensor values(tensor::DType::kF32, param.shape);
      fill_by_formula(param, "", 0, {values.as<float>(), static_cast<size_t>(values.size())}, pool_);
      if (change(param, values)) writer.add(param.name, values.view());
    }
    writer.commit();
  }

  base::ThreadPool pool_{2};
  std::filesystem::path file_;
};

TEST_F(ParamStoreTest, FileAndFormulaAgree) {
  const ModelConfig config = small_model("model_1_ptm");
  write_formula_file(file_, config, "s", pool_);
  const ParamStore opened = ParamStore::open(file_, config, pool_);
  const ParamStore made = ParamStore::from_formula(config, "s", pool_);
  EXPECT_TRUE(opened.untrained());
  EXPECT_TRUE(made.untrained());
  EXPECT_TRUE(opened.unused().empty());
  EXPECT_EQ(opened.bytes(), made.bytes());
  std::map<std::string, ParamSpec> list;
  for (ParamSpec& param : parameter_list(config)) list[param.name] = param;
  const graph::Graph network =
      build_monomer(config, {.n_res = 2, .n_seq = 1, .n_extra = 1, .n_templates = 1});
  for (const graph::Node& node : network.nodes()) {
    for (const graph::ParamRef& ref : node.params) {
      const tensor::ConstView a = opened.view(ref), b = made.view(ref);
      ASSERT_EQ(a.shape, ref.shape);
      for (int look = 0; look < 2; ++look) {
        ASSERT_TRUE(std::equal(a.span<float>().begin(), a.span<float>().end(), b.span<float>().begin()))
            << ref.name;
        opened.let_go(a);  // takes nothing away
        made.let_go(b);
      }
      const int64_t offset = ref.n_blocks > 0 ? ref.block * a.size() : 0;
      EXPECT_EQ(a.as<float>()[a.size() - 1], formula_value(list[ref.name], "s", offset + a.size() - 1))
          << ref.name;
    }
  }
}

// The marker is not needed to recognise generated values, and model_1's file serves model_3 (fewer tensors).
TEST_F(ParamStoreTest, UnusedTensorsAreToleratedAndNamed) {
  write(small_model("model_1"), [](const ParamSpec&, tensor::Tensor&) { return true; });
  const ParamStore store = ParamStore::open(file_, small_model("model_3"), pool_);
  EXPECT_TRUE(store.untrained());
  EXPECT_EQ(store.unused().size(), 336 - 265);
  EXPECT_NE(store.unused()[0].find("template"), std::string::npos);
}

// Nothing of such a file can be used where it lies, nor let go of.
TEST_F(ParamStoreTest, CompressedFiles) {
  const ModelConfig config = small_model("model_3");
  // Mostly zeros, which compress quickly.
  const auto change = [](const ParamSpec& param, tensor::Tensor& values) {
    if (values.size() > 1000) std::fill_n(values.as<float>() + 1000, values.size() - 1000, 0.0F);
    return !param.name.empty();
  };
  write(config, change, tensor::NpzCompression::kDeflated);
  const ParamStore store = ParamStore::open(file_, config, pool_);
  for (const ParamSpec& param : parameter_list(config)) {
    const tensor::ConstView view = store.view({param.name, param.shape});
    const int64_t last = std::min<int64_t>(view.size(), 1000) - 1;
    ASSERT_EQ(view.as<float>()[last], formula_value(param, "", last)) << param.name;
    EXPECT_EQ(store.bytes_let_go(view), 0);
  }
}

TEST_F(ParamStoreTest, TrainedLookingFileIsNotLabelled) {
  write(small_model("model_3"), [](const ParamSpec&, tensor::Tensor& values) {
    for (int64_t i = 0; i < values.size(); ++i) values.as<float>()[i] *= 0.7F;
    return true;
  });
  EXPECT_FALSE(ParamStore::open(file_, small_model("model_3"), pool_).untrained());
}

TEST_F(ParamStoreTest, MissingMisShapedAndBadTensorsAreNamed) {
  const auto message = [&] {
    try {
      ParamStore::open(file_, small_model("model_3"), pool_);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return std::string(error.what());
    }
    return std::string();
  };
  write(small_model("model_3"),
        [](const ParamSpec& p, tensor::Tensor&) { return !p.name.ends_with("act_0//bias"); });
  EXPECT_NE(
      message().find("1 tensors are missing: alphafold/alphafold_iteration/predicted_lddt_head/act_0//bias"),
      std::string::npos);
  write(small_model("model_3"), [](const ParamSpec& p, tensor::Tensor& values) {
    if (p.name.ends_with("act_0//bias")) values = tensor::Tensor(tensor::DType::kF32, {64, 2});
    return true;
  });
  EXPECT_NE(message().find("act_0//bias: float32 [64,2] (expected float32 [128])"), std::string::npos);
  for (const float value : {std::nanf(""), -INFINITY}) {
    write(small_model("model_3"), [&](const ParamSpec& p, tensor::Tensor& values) {
      if (p.name.ends_with("act_0//bias")) values.as<float>()[127] = value;
      return true;
    });
    EXPECT_NE(message().find("1 tensors hold numbers that are not finite: "
                             "alphafold/alphafold_iteration/predicted_lddt_head/act_0//bias"),
              std::string::npos);
  }
}

TEST(Monomer, StructureOfTheGraph) {
  const Dims dims{.n_res = 7, .n_seq = 5, .n_extra = 6, .n_templates = 2};
  const graph::Graph all = build_monomer(model_by_name("model_1_ptm"), dims, {.all_heads = true});
  EXPECT_EQ(all.nodes().size(), 2 + 2 * (1 + 2 * 5 + 1) + 1 + 1 + 4 * 9 + 2 + 48 * 9 + 2 + 1 + 5);
  EXPECT_EQ(all.value(all.find("msa_mask")).shape, (tensor::Shape{7, 7}));
  EXPECT_EQ(all.value(all.find("masked_msa_logits")).shape, (tensor::Shape{5, 7, 23}));
  std::set<std::string> names;
  for (const graph::Node& node : all.nodes()) EXPECT_TRUE(names.insert(node.name).second) << node.name;

  const graph::Graph lean = build_monomer(model_by_name("model_3"), {.n_res = 7, .n_seq = 5, .n_extra = 6});
  EXPECT_FALSE(lean.contains("tm_logits"));
  EXPECT_FALSE(lean.contains("template_mask"));
  EXPECT_EQ(lean.value(lean.find("msa")).role, graph::Role::kLocal);
  EXPECT_THROW(build_monomer(model_by_name("model_3"), dims), base::Error);
}

// The two MSAs never take memory at the same time.
TEST(Monomer, ExtraMsaIsDeadBeforeMsaLives) {
  const graph::Graph network =
      build_monomer(model_by_name("model_1"), {.n_res = 7, .n_seq = 5, .n_extra = 6});
  const auto lifetimes = graph::lifetimes(network);
  const auto lifetime = [&](const char* name) { return lifetimes[static_cast<size_t>(network.find(name))]; };
  EXPECT_LT(lifetime("extra_msa_activations").back().last, lifetime("msa").front().first);
}

// Closed forms of the trunk's FLOP: one block of S rows and N residues.
TEST(Monomer, CostOfTheTrunk) {
  const double n = 256, s = 512, c = 256, z = 128;
  const graph::Graph network =
      build_monomer(model_by_name("model_3"), {.n_res = 256, .n_seq = 512, .n_extra = 64});
  double block = 0;
  for (const graph::Node& node : network.nodes()) {
    if (node.name.starts_with("evoformer/17/")) block += graph::node_cost(network, node, 4).flops;
  }
  const double row = 10 * s * n * c * c + 4 * s * n * n * c + 16 * n * n * z;
  const double column = 10 * s * n * c * c + 4 * n * s * s * c;
  const double transition = 16 * s * n * c * c;
  const double outer = 4 * s * n * c * 32 + 2 * n * n * s * 1024 + 2 * n * n * 1024 * z;
  const double pair = 60 * n * n * z * z + 12 * n * n * n * z + 2 * 8 * n * n * z;
  EXPECT_NEAR(block, row + column + transition + outer + pair, 1);
  EXPECT_NEAR(block, 0.593e12, 0.001e12);
}

}  // namespace
}  // namespace foldmesh::model
