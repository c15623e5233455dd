// Templates of a chain: the search for them, and what the features take from its hits.
#ifndef FOLDMESH_PIPELINE_TEMPLATE_STAGE_H_
#define FOLDMESH_PIPELINE_TEMPLATE_STAGE_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/comm/communicator.h"
#include "foldmesh/pipeline/fold.h"
#include "foldmesh/pipeline/msa_stage.h"
#include "foldmesh/pipeline/stage.h"
#include "foldmesh/pipeline/targets.h"
#include "foldmesh/pipeline/template_options.h"
#include "foldmesh/templates/template_features.h"

namespace foldmesh::pipeline {

// A chain to search templates for.
struct TemplateQuery {
  std::string name;                  // for the log and the profile
  std::string sequence;              // of the chain
  std::filesystem::path target_dir;  // holds the stage's record
  std::string msa_folder;            // within it: "msas", or a chain's
  std::filesystem::path alignment;   // the profile is built from it: .sto or .a3m
};

// pdb_hits.sto (hmmsearch in pdb_seqres) or pdb_hits.hhr (hhsearch in PDB70), in `msa_folder`. When nothing
// is searched: the one that lies there, or in `other_folder`, from where the alignments were taken; empty
// when there is none, or no folder of structures.
std::filesystem::path template_hits_file(const std::filesystem::path& msa_folder,
                                         const TemplateSettings& settings,
                                         const std::filesystem::path& other_folder = {});

// Writes the hits files that a record does not say to be there; with `use_precomputed` also such as are there
// without one are left alone. All profiles share passes over pdb_seqres. Seconds per query; nothing for those
// whose file was taken as it is. `ranks` as for search_databases(), but that the others also need
// do_template_item(): they search pdb_seqres together and share the runs of hhsearch.
std::vector<std::optional<double>> search_templates(const std::vector<TemplateQuery>& queries,
                                                    const TemplateSettings& settings, bool use_precomputed,
                                                    comm::Communicator* ranks, base::ThreadPool& pool);

// What rank 0 asks of one rank in comm::help_with_items().
bool is_template_item(std::string_view item);
void do_template_item(std::string_view item, base::ThreadPool& pool);

// Searches templates for all targets of one chain; their times are added to `msas`.
void search_templates_of_chains(const std::vector<Target>& targets, const TemplateSettings& settings,
                                const FoldOptions& options, comm::Communicator* ranks, base::ThreadPool& pool,
                                std::vector<TargetMsas>& msas);

// The chain's templates: the user's own, then those found (at most 20). A hits file that is not there (or an
// empty path) counts as no hits. Hits that cannot be used are left out with a line in the log; what the user
// named and cannot be used throws kInput.
std::vector<templates::Template> templates_of_chain(const std::string& name, const std::string& sequence,
                                                    const std::filesystem::path& hits_file,
                                                    const TemplateSettings& settings);
// All that decides these templates.
void add_templates(StageKey& key, const std::string& sequence, const std::filesystem::path& hits_file,
                   const TemplateSettings& settings);

// In templates.json: the template's letters at the query's residues, '-' where it has none.
inline constexpr const char* kAlignedKey = "aligned sequence";
// Where these letters come from: mmCIF's name of the chain, its full sequence, and the first and last numbers
// (from 1 on) of the runs of residues that are aligned.
inline constexpr const char* kLabelKey = "template label_asym_id";
inline constexpr const char* kChainSequenceKey = "template sequence";
inline constexpr const char* kResiduesKey = "template residues";
// templates.json: one object per template, for the report and the model's files. Chains of a complex have an
// id, a single chain none.
struct TemplatesOfChain {
  std::string chain, sequence;
  const std::vector<templates::Template>& templates;
};
void write_template_table(const std::vector<TemplatesOfChain>& chains, const std::filesystem::path& path);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_TEMPLATE_STAGE_H_
