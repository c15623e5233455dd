// What is different in a run with multimer models: alignments of every chain, features of all chains
// together.
#ifndef FOLDMESH_PIPELINE_COMPLEX_STAGE_H_
#define FOLDMESH_PIPELINE_COMPLEX_STAGE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/communicator.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/pipeline/msa_stage.h"
#include "foldmesh/pipeline/targets.h"
#include "foldmesh/pipeline/template_options.h"

namespace foldmesh::pipeline {

// Of a file whose rows pair the chains of a complex as they stand.
inline constexpr const char* kPairedRows = "paired";

// As run_msa_stage(), for the chains of each target: alignments in msas/<letter of the first chain of that
// sequence>/, and msas/chain_id_map.json. UniProt is searched where a target has several sequences. One
// entry per target; its files say which chain they belong to.
std::vector<TargetMsas> run_complex_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                              comm::Communicator* ranks, base::ThreadPool& pool);

// As run_feature_stage().
double run_complex_feature_stage(const Target& target, const TargetMsas& msas,
                                 const TemplateSettings& templates, const std::filesystem::path& folder);

// What is printed of a complex's features.
struct ComplexSummary {
  std::string name;
  size_t n_chains = 0, n_sequences = 0, n_templates = 0;
  int64_t n_res = 0, n_seq = 0, n_paired = 0;
};
// Writes the features.npz that fold makes of a complex whose alignments are there: a folder of results with
// msas/chain_id_map.json, ColabFold's A3M, or a job of AlphaFold 3 with alignments. Template hits are those
// in msas/<chain>/. kInput when there are several targets or a chain has no alignment.
ComplexSummary make_features_of_complex(const std::filesystem::path& input, const TemplateSettings& templates,
                                        const std::filesystem::path& output, base::ThreadPool& pool);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_COMPLEX_STAGE_H_
