// The published AlphaFold 2 models and what tells them apart (Jumper et al. 2021, suppl. table 5; the
// values are those of the released configurations).
#ifndef FOLDMESH_MODEL_CONFIG_H_
#define FOLDMESH_MODEL_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::model {

// Widths shared by all models.
inline constexpr int64_t kMsaChannels = 256;
inline constexpr int64_t kPairChannels = 128;
inline constexpr int64_t kSingleChannels = 384;
inline constexpr int64_t kExtraMsaChannels = 64;
inline constexpr int64_t kTemplateChannels = 64;
inline constexpr int64_t kTargetFeatures = 22;
inline constexpr int64_t kMultimerTargetFeatures = 21;
inline constexpr int64_t kMsaFeatures = 49;
inline constexpr int64_t kPlddtBins = 50;
inline constexpr int64_t kDistogramBins = 64;
inline constexpr int64_t kPaeBins = 64;
inline constexpr int64_t kMaskedMsaClasses = 23;
inline constexpr int64_t kMultimerMaskedMsaClasses = 22;
inline constexpr int64_t kAtoms = 37;
inline constexpr int64_t kStructureIterations = 8;

struct ModelConfig {
  std::string name;  // "model_1_ptm"
  bool is_multimer = false;
  bool fuses_triangle_multiplication = false;  // multimer v3
  bool uses_templates = false;                 // models 1 and 2, and all of multimer
  bool has_pae_head = false;                   // the _ptm models, and all of multimer
  int max_msa_clusters = 0;                    // MSA rows sampled for a pass, template rows not counted
  int max_extra_msa = 0;
  int n_recycles = 3;  // further passes after the first
  // When a pass has changed distances by no more than this (A), the next one is the last; 0: all passes run.
  double recycle_tolerance = 0;
  int n_evoformer_blocks = 48;
  int n_extra_msa_blocks = 4;
  int n_template_blocks = 2;
};

// model_1 .. model_5, each also with `_ptm`, `_multimer` (the first release), `_multimer_v2` and
// `_multimer_v3`. kInput for anything else.
ModelConfig model_by_name(std::string_view name);
// All names that model_by_name takes.
std::vector<std::string> model_names();

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_CONFIG_H_
