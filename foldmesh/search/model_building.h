// hmmbuild: alignments in, a file of profile HMMs out.
#ifndef FOLDMESH_SEARCH_MODEL_BUILDING_H_
#define FOLDMESH_SEARCH_MODEL_BUILDING_H_

#include <filesystem>
#include <optional>
#include <string>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/search/alignment_input.h"
#include "foldmesh/search/run_info.h"

namespace foldmesh::search {

struct ModelBuildingOptions {
  hmm::MsaBuildOptions msa;
  // An alignment of one sequence is modelled with the substitution matrix, like a phmmer query.
  bool single_by_matrix = false;
  hmm::SingleSequenceOptions single;
  std::optional<std::string> name;  // for the only alignment of the file
  bool is_protein = false;          // asserted; else an alignment that looks like nucleotides is refused
};

// A model takes its name from its alignment; an unnamed only alignment gives it the stem of the input's file
// name. Writes all models to `output` (atomically, "-" is standard output) and returns the summary, one line
// per model. Throws kInput for alignments that cannot be modelled, for unnamed ones among several, and for a
// file without any.
std::string build_models(const std::filesystem::path& input, AlignmentFormat format,
                         const std::filesystem::path& output, const ModelBuildingOptions& options,
                         const RunInfo& info, base::ThreadPool& pool);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_MODEL_BUILDING_H_
