#include "foldmesh/predict/chain_order.h"

#include <gtest/gtest.h>

namespace foldmesh::predict {
namespace {

// Residues 10, 11 | 20 | 30, 31 of three chains; every number says what it belongs to.
Prediction made_up() {
  Prediction prediction;
  const std::vector<int> residues = {10, 11, 20, 30, 31};
  confidence::AlignedError error;
  for (const int i : residues) {
    prediction.structure.aatype.push_back(i % 20);
    prediction.structure.residue_index.push_back(i % 10);
    prediction.structure.plddt.push_back(static_cast<float>(i));
    prediction.structure.atom_position.emplace_back()[1] = {static_cast<float>(i), 0, 0};
    prediction.structure.atom_mask.emplace_back()[1] = 1;
    prediction.plddt.push_back(i);
    for (const int j : residues) error.pae.push_back(100 * i + j);
  }
  prediction.structure.chain_index.assign(residues.size(), 0);
  prediction.contact_probability = error.pae;
  confidence::ChainPairs pairs{3, {}, {}, {}};
  for (const int a : {1, 2, 3}) {
    for (const int b : {1, 2, 3}) pairs.iptm.push_back(10 * a + b);
  }
  pairs.mean_pae = pairs.min_pae = pairs.iptm;
  error.chain_pairs = pairs;
  prediction.aligned_error = error;
  return prediction;
}

const std::vector<int32_t> kAsymId = {1, 1, 2, 3, 3};

TEST(ChainOrder, FollowsTheUser) {
  Prediction prediction = made_up();
  // The network's chains 1, 2, 3 are the user's second, third and first.
  const ChainNames names = {{"B", "C", "A"}, {1, 2, 0}};
  name_chains(&names, kAsymId, false, &prediction);
  const bio::Structure& structure = prediction.structure;
  EXPECT_EQ(structure.chain_ids, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(structure.chain_index, (std::vector<int>{0, 0, 1, 1, 2}));
  EXPECT_EQ(prediction.plddt, (std::vector<double>{30, 31, 10, 11, 20}));
  EXPECT_EQ(structure.plddt, (std::vector<float>{30, 31, 10, 11, 20}));
  EXPECT_EQ(structure.residue_index, (std::vector<int>{0, 1, 0, 1, 0}));
  EXPECT_EQ(structure.aatype, (std::vector<int>{10, 11, 10, 11, 0}));
  EXPECT_EQ(structure.atom_position[4][1][0], 20);
  EXPECT_EQ(prediction.aligned_error->pae[1], 3031);
  EXPECT_EQ(prediction.aligned_error->pae[5 * 4 + 0], 2030);
  EXPECT_EQ(prediction.contact_probability, prediction.aligned_error->pae);
  EXPECT_EQ(prediction.aligned_error->chain_pairs->iptm,
            (std::vector<double>{33, 31, 32, 13, 11, 12, 23, 21, 22}));
}

TEST(ChainOrder, OrAlphaFold) {
  Prediction prediction = made_up();
  const ChainNames names = {{"B", "C", "A"}, {1, 2, 0}};
  name_chains(&names, kAsymId, true, &prediction);
  EXPECT_EQ(prediction.structure.chain_ids, (std::vector<std::string>{"B", "C", "D"}));
  EXPECT_EQ(prediction.plddt, made_up().plddt);
  EXPECT_EQ(prediction.aligned_error->pae, made_up().aligned_error->pae);
  // Without names, as for features of other programs.
  name_chains(nullptr, kAsymId, false, &prediction);
  EXPECT_EQ(prediction.structure.chain_ids, (std::vector<std::string>{"A", "B", "C"}));
  // Chains that padding has taken away leave no gap.
  name_chains(nullptr, std::vector<int32_t>{2, 2, 5, 5, 5}, false, &prediction);
  EXPECT_EQ(prediction.structure.chain_ids, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(prediction.structure.chain_index, (std::vector<int>{0, 0, 1, 1, 1}));
  EXPECT_FALSE(prediction.aligned_error->chain_pairs);
}

}  // namespace
}  // namespace foldmesh::predict
