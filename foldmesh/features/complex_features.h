// Raw features of a complex: its chains' alignments paired and merged, before any sampling, as the
// features.pkl of AlphaFold-Multimer has them (docs/formats/features.md).
#ifndef FOLDMESH_FEATURES_COMPLEX_FEATURES_H_
#define FOLDMESH_FEATURES_COMPLEX_FEATURES_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/features/raw_features.h"
#include "foldmesh/tensor/npz.h"
#include "foldmesh/tensor/tensor.h"

namespace foldmesh::features {

// A chain as the user gave it. Chains of the same sequence share their alignments.
struct ComplexChain {
  std::string id;                              // in outputs
  std::shared_ptr<const RawFeatures> msa;      // with its templates
  std::shared_ptr<const RawFeatures> uniprot;  // for pairing; null: none was searched
  // Rows that belong together already, in order, for all chains: a row of gaps where a chain has none. Goes
  // before pairing by species. Null: none.
  std::shared_ptr<const RawFeatures> paired = nullptr;
};

// Residues of all chains one after the other, chains of the same entity (sequence) together, entities in the
// order of their first chain.
struct ComplexFeatures {
  std::string name;                                 // of the target
  std::vector<std::string> chain_ids;               // of the chains with asym_id 1, 2, ..: the user's
  std::vector<int32_t> input_order;                 // of the same: place among the user's chains, 0-based
  std::string sequence;                             // [n_res]
  std::vector<int32_t> residue_index;               // [n_res] 0-based in each chain
  std::vector<int32_t> asym_id, entity_id, sym_id;  // [n_res] 1-based: chain, sequence, copy of the sequence
  int64_t n_seq = 0;                                // rows: paired ones first
  int64_t n_paired = 0;
  std::vector<uint8_t> msa;           // [n_seq, n_res] residue types, gap 21
  std::vector<int32_t> deletions;     // [n_seq, n_res]
  std::vector<uint8_t> may_mask;      // [n_seq, n_res] bert_mask: 0 where a chain has no row of its own
  std::vector<uint8_t> is_favoured;   // [n_seq] cluster_bias_mask: rows that always become clusters
  int64_t n_templates = 0;            // slots, 0 or kMaxTemplates
  tensor::Tensor template_aatype;     // [T,n_res] int32 residue types
  tensor::Tensor template_positions;  // [T,n_res,37,3] A
  tensor::Tensor template_mask;       // [T,n_res,37]

  int64_t n_res() const { return static_cast<int64_t>(sequence.size()); }
  size_t n_chains() const { return chain_ids.size(); }
};

// Most rows that a chain brings to the merged alignment, half of which may be paired.
inline constexpr int64_t kMostComplexRows = 2048;

// Alignments of chains of the same sequence must be the same object. With one entity nothing is paired.
// kInput for no chains.
ComplexFeatures make_complex(const std::string& name, std::span<const ComplexChain> chains);

// The .npz form under AlphaFold's names, deflated. Reading checks shapes and values and throws kInput; rows
// whose mask is 0 throughout (AlphaFold's padding) are left out.
bool is_complex(const tensor::NpzReader& file);
void write_complex_features(const ComplexFeatures& features, const std::filesystem::path& path);
ComplexFeatures read_complex_features(const tensor::NpzReader& file);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_COMPLEX_FEATURES_H_
