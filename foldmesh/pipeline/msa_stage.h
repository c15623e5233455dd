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
// that it is done, or --use-precomputed-msas finds the file. `ranks` as for search_databases().
std::vector<TargetMsas> run_msa_stage(const std::vector<Target>& targets, const FoldOptions& options,
                                      comm::Communicator* ranks, base::ThreadPool& pool);

// A sequence whose alignments are wanted.
struct MsaRequest {
  std::string label;             // for the log
  std::string name;              // of the query in its alignments
  const Chain* chain = nullptr;  // that it is, or the first one with this sequence
  std::filesystem::path folder;  // within the output folder; holds the record
  std::string subfolder;         // of it, for the alignments; may be empty
  bool is_of_complex = false;    // then files include UniProt's
  bool searches_uniprot = true;  // if it is among the databases
};

// The same for any sequences. Those whose hits in a database are missing share its passes, and those of the
// same residues are searched once.
std::vector<TargetMsas> make_alignments(const std::vector<MsaRequest>& requests, const FoldOptions& options,
                                        comm::Communicator* ranks, base::ThreadPool& pool);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_MSA_STAGE_H_
