// The human-readable report of -o, line for line as HMMER writes it, except for timing lines, which are left
// out so that equal searches give equal bytes (docs/formats/search-tables.md).
#ifndef FOLDMESH_SEARCH_MAIN_OUTPUT_H_
#define FOLDMESH_SEARCH_MAIN_OUTPUT_H_

#include <string>
#include <string_view>

#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/search/run_info.h"
#include "foldmesh/search/tables.h"
#include "foldmesh/search/top_hits.h"

namespace foldmesh::search {

struct MainOutputOptions {
  int text_width = 120;         // of lines with descriptions or alignments; 0: unlimited
  bool show_alignments = true;  // --noali switches them off
  bool prefer_accessions = false;
};

// Program, settings: once per run.
void append_banner(std::string& out, const RunInfo& run);

// `Query: name [L=n]` with accession and description; `length_symbol` is L for a sequence, M for a profile.
void append_query(std::string& out, const QueryLabel& query, std::string_view description,
                  char length_symbol);

// The ranked targets; `hits` must be finished. Here and in append_domains() a long text goes to `sink`, if
// there is one, in pieces; the last of them stays in `out`.
void append_hit_list(std::string& out, const TopHits& hits, const MainOutputOptions& options,
                     const TextSink& sink = {});

// The domains of each reported target, with alignments if wanted. `model` names the profile in the
// alignments.
void append_domains(std::string& out, const TopHits& hits, const QueryLabel& model,
                    const MainOutputOptions& options, const TextSink& sink = {});

// How many targets passed each stage of the pipeline, and the sizes behind the E-values.
void append_statistics(std::string& out, const TopHits& hits, const hmm::StageCounters& counters,
                       const hmm::PipelineOptions& pipeline, int n_nodes);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_MAIN_OUTPUT_H_
