#include "foldmesh/features/template_arrays.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/bio/residue_tables.h"

namespace foldmesh::features {
namespace {

using templates::Template;
using tensor::Tensor;

Template made_template(const std::string& sequence, uint64_t seed) {
  base::Rng rng(seed);
  Template out = templates::all_zero_template(std::ssize(sequence));
  out.sequence = sequence;
  out.domain_name = fmt::format("1ab{}_A", seed);
  out.sum_probs = 7.5F;
  for (size_t i = 0; i < sequence.size(); ++i) {
    out.aatype[i] = static_cast<uint8_t>(bio::hhblits_id(sequence[i]));
    const int type = bio::restype_of(sequence[i]);
    for (size_t a = 0; a < bio::kNumAtom37; ++a) {
      if (sequence[i] == '-' || bio::kAtom37Mask[type][a] == 0) continue;
      out.masks[i * bio::kNumAtom37 + a] = 1;
      for (size_t k = 0; k < 3; ++k) {
        out.positions[(i * bio::kNumAtom37 + a) * 3 + k] = static_cast<float>(rng.uniform() * 40 - 20);
      }
    }
  }
  return out;
}

class TemplateFile : public testing::Test {
 protected:
  const base::TempFolder folder_{"template_arrays"};
  const std::filesystem::path path_ = folder_.path() / "raw.npz";

  void write(std::span<const Template> templates, int64_t n_res) const {
    tensor::NpzWriter file(path_);
    add_raw_templates(file, templates, n_res);
    file.commit();
  }
  std::vector<Template> read(int64_t n_res) const {
    return read_raw_templates(tensor::NpzReader(path_), n_res);
  }
  // The message for a file in which one array is another one.
  std::string message(const std::string& name, const Tensor& array, int64_t n_res) const {
    const tensor::NpzReader good(path_);
    const std::string other = path_.string() + ".bad";
    tensor::NpzWriter file(other);
    for (const char* member : {"template_aatype", "template_all_atom_masks", "template_all_atom_positions"}) {
      file.add(member, member == name ? array.view() : good.view(member));
    }
    file.commit();
    try {
      read_raw_templates(tensor::NpzReader(other), n_res);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      return std::string(error.what()).substr(other.size() + 2);
    }
    return "";
  }
};

TEST_F(TemplateFile, RoundTrip) {
  const std::vector<Template> written = {made_template("ACD-GX", 1), made_template("------", 2),
                                         templates::all_zero_template(6)};
  write(written, 6);
  const std::vector<Template> back = read(6);
  ASSERT_EQ(back.size(), written.size());
  for (size_t t = 0; t < back.size(); ++t) {
    EXPECT_EQ(back[t].domain_name, written[t].domain_name);
    EXPECT_EQ(back[t].sequence, written[t].sequence);
    EXPECT_EQ(back[t].aatype, written[t].aatype);
    EXPECT_EQ(back[t].positions, written[t].positions);
    EXPECT_EQ(back[t].masks, written[t].masks);
    EXPECT_EQ(back[t].sum_probs, written[t].sum_probs);
  }
  write({}, 6);
  EXPECT_TRUE(read(6).empty());
}

TEST_F(TemplateFile, RefusesWhatDoesNotFit) {
  write(std::vector<Template>{made_template("ACD", 1)}, 3);
  using tensor::DType;
  Tensor aatype(DType::kF32, {1, 3, 22});
  aatype.as<float>()[0] = aatype.as<float>()[1] = 1;
  EXPECT_EQ(message("template_aatype", aatype, 3), "a row of 'template_aatype' is not one-hot");
  Tensor masks(DType::kF32, {1, 3, 37});
  masks.as<float>()[5] = 2;
  EXPECT_EQ(message("template_all_atom_masks", masks, 3),
            "'template_all_atom_masks' holds 2 (expected 0..1)");
  Tensor positions(DType::kF32, {1, 3, 37, 3});
  positions.as<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(message("template_all_atom_positions", positions, 3),
            "'template_all_atom_positions' holds nan (expected -1000000..1000000)");
  EXPECT_EQ(message("template_all_atom_positions", Tensor(DType::kF32, {2, 3, 37, 3}), 3),
            "'template_all_atom_positions' has shape [2,3,37,3] (expected [1,3,37,3])");
}

TEST(TemplateInputs, TheFirstFourAndEmptySlots) {
  std::vector<Template> many;
  for (uint64_t t = 0; t < 6; ++t) many.push_back(made_template("ACDG-", t));
  FeatureSet four, one;
  add_template_inputs(four, many, 5);
  add_template_inputs(one, std::span(many).first(1), 5);
  const auto mask = [](const FeatureSet& set) {
    const auto span = set.at("template_mask").span<float>();
    return std::vector<float>(span.begin(), span.end());
  };
  EXPECT_EQ(mask(four), (std::vector<float>{1, 1, 1, 1}));
  EXPECT_EQ(mask(one), (std::vector<float>{1, 0, 0, 0}));
  const int32_t* types = four.at("template_aatype").as<int32_t>();
  EXPECT_EQ(std::vector<int32_t>(types, types + 5), (std::vector<int32_t>{0, 4, 3, 7, bio::kRestypeGap}));
  const auto rest = one.at("template_all_atom_positions").span<float>().subspan(5 * 37 * 3);
  EXPECT_TRUE(std::all_of(rest.begin(), rest.end(), [](float x) { return x == 0; }));
}

// Residue types, atoms, pseudo-beta and torsions as the reference implementation has them.
TEST(TemplateInputs, Golden) {
  const tensor::NpzReader golden(FOLDMESH_TESTS_DIR "/golden/af2/modules/template.npz");
  const Tensor types = golden.read("in_template_aatype"),
               positions = golden.read("in_template_all_atom_positions"),
               masks = golden.read("in_template_all_atom_mask");
  const int64_t n = types.dim(0), n_res = types.dim(1);
  std::vector<Template> templates;
  for (int64_t t = 0; t < n; ++t) {
    Template& out = templates.emplace_back(templates::all_zero_template(n_res));
    for (int64_t i = 0; i < n_res; ++i) {
      const char letter = bio::kRestypeLetters[static_cast<size_t>(types.as<int32_t>()[t * n_res + i])];
      out.aatype[i] = static_cast<uint8_t>(bio::hhblits_id(letter));
    }
    const int64_t n_atoms = n_res * bio::kNumAtom37;
    std::copy_n(masks.as<float>() + t * n_atoms, n_atoms, out.masks.data());
    std::copy_n(positions.as<float>() + t * n_atoms * 3, n_atoms * 3, out.positions.data());
  }
  FeatureSet out;
  add_template_inputs(out, templates, n_res);
  const auto largest_difference = [&](const char* name) {
    const Tensor expected = golden.read(std::string("in_") + name);
    const Tensor got = out.at(name).cast(tensor::DType::kF32);
    const Tensor wanted = expected.cast(tensor::DType::kF32);
    float largest = 0;
    for (int64_t k = 0; k < wanted.size(); ++k) {
      largest = std::max(largest, std::abs(got.as<float>()[k] - wanted.as<float>()[k]));
    }
    return largest;
  };
  for (const char* name :
       {"template_aatype", "template_all_atom_positions", "template_all_atom_mask", "template_pseudo_beta",
        "template_pseudo_beta_mask", "template_torsion_angles_mask"}) {
    EXPECT_EQ(largest_difference(name), 0) << name;
  }
  // Undefined angles are noise in the reference, too.
  const Tensor known = golden.read("in_template_torsion_angles_mask");
  for (const char* name : {"template_torsion_angles_sin_cos", "template_alt_torsion_angles_sin_cos"}) {
    const Tensor wanted = golden.read(std::string("in_") + name);
    float largest = 0;
    for (int64_t k = 0; k < wanted.size(); ++k) {
      if (known.as<float>()[k / 2] == 0) continue;
      largest = std::max(largest, std::abs(out.at(name).as<float>()[k] - wanted.as<float>()[k]));
    }
    EXPECT_LT(largest, 1e-5F) << name;
  }
}

}  // namespace
}  // namespace foldmesh::features
