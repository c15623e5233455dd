// What is different in a run with multimer models: alignments of every chain, features of all chains
// together.
#ifndef FOLDMESH_PIPELINE_COMPLEX_STAGE_H_
#define FOLDMESH_PIPELINE_COMPLEX_STAGE_H_

#include <filesystem>
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

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_COMPLEX_STAGE_H_
