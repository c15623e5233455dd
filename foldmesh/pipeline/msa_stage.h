// The search stage of a run: every target against every database, as few passes over the databases as
// possible.
#ifndef FOLDMESH_PIPELINE_MSA_STAGE_H_
#define FOLDMESH_PIPELINE_MSA_STAGE_H_

#include <string>
#include <utility>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/communicator.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/pipeline/targets.h"

namespace foldmesh::pipeline {

// Alignments and template hits of a target, within its folder.
inline constexpr const char* kMsaFolder = "msas";

struct MsaFile {
  std::string database;  // that it came from; empty: the file's name tells, or it is the user's own
  std::filesystem::path path;
  std::string chain = {};  // of a complex, the first one with this sequence
};

struct TargetMsas {
  std::vector<MsaFile> files;
  std::vector<std::pair<std::string, double>> search_seconds;  // by database, when it was really searched
};

// One entry per target. A target that came as A3M has that file; others have msas/<database>_hits.sto (or
// .a3m) for every database but uniprot, whose hits no single chain needs, searched now unless a record says
// that it is done, or --use-precomputed-msas finds the file. Targets whose hits in a database are missing
// share one pass over it. `ranks` as for search_databases().
std::vector<TargetMsas> run_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                      comm::Communicator* ranks, base::ThreadPool& pool);

// The same for chains of a complex, which come as targets of one chain: alignments lie in
// <output folder>/<target> itself, and files include UniProt's.
std::vector<TargetMsas> search_alignments_of_chains(const std::vector<Target>& chains,
                                                    const FoldOptions& options, comm::Communicator* ranks,
                                                    base::ThreadPool& pool);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_MSA_STAGE_H_
