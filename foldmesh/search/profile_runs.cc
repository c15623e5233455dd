// phmmer and hmmsearch: one search per query.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/query_outputs.h"
#include "foldmesh/search/runs.h"

namespace foldmesh::search {
namespace {

// A profile and how outputs speak of it.
struct NamedProfile {
  hmm::Profile profile;
  std::string name, accession, description;
  char length_symbol;
  Thresholds thresholds;
  QueryLabel label() const { return {name, accession, profile.M()}; }
};
// A query that was read; calling it makes its profile, which takes a while and happens on any thread.
using UnbuiltProfile = std::function<NamedProfile()>;
using ProfileSource = std::function<std::optional<UnbuiltProfile>()>;

void write_query(QueryOutputs& outputs, const NamedProfile& query, const SearchResult& result,
                 const RunOptions& options) {
  std::string text;
  const TextSink sink = outputs.main_sink();
  append_query(text, query.label(), query.description, query.length_symbol);
  append_hit_list(text, result.hits, options.main_output, sink);
  append_domains(text, result.hits, query.label(), options.main_output, sink);
  append_statistics(text, result.hits, result.counters, options.search.pipeline, query.profile.M());
  outputs.add_main(text + "//\n");
  outputs.add_tables(query.label(), result.hits);
  if (!outputs.wants_alignment()) return;
  bio::Msa head;
  head.name = query.name;
  head.accession = query.accession;
  head.description = query.description;
  head.author = author_of(options.info);
  outputs.add_alignment(head, AlignmentRows(result.hits, query.profile.M(), {}));
}

void run(const ProfileSource& source, TargetDatabase& database, const RunOptions& options,
         base::ThreadPool& pool) {
  RunWriter writer(options);
  for (;;) {
    std::vector<UnbuiltProfile> unbuilt;
    while (unbuilt.size() < static_cast<size_t>(options.queries_per_pass)) {
      std::optional<UnbuiltProfile> query = source();
      if (!query) break;
      unbuilt.push_back(std::move(*query));
    }
    if (unbuilt.empty()) break;
    if (unbuilt.size() == static_cast<size_t>(options.queries_per_pass)) database.keep(options.keep_bytes);
    std::vector<std::optional<NamedProfile>> batch(unbuilt.size());
    pool.parallel_for(static_cast<int64_t>(batch.size()), [&](int64_t i, int) { batch[i] = unbuilt[i](); });
    std::vector<Query> queries;
    for (const auto& query : batch) queries.push_back({&query->profile, query->thresholds});
    const auto results = search(queries, {&database}, options.search, pool);
    const auto write = [&](size_t i, QueryOutputs& outputs) {
      write_query(outputs, *batch[i], results[i][0], options);
    };
    writer.add_queries(batch.size(), write, pool);
  }
  writer.finish();
}

Thresholds with_cutoffs(Thresholds thresholds, Cutoffs which, const hmm::CoreModel& model) {
  const bio::ScoreCutoffs& all = model.cutoffs;
  const auto& [name, scores] = which == Cutoffs::kGathering ? std::make_pair("GA", all.gathering)
                               : which == Cutoffs::kTrusted ? std::make_pair("TC", all.trusted)
                                                            : std::make_pair("NC", all.noise);
  if (!scores) base::throw_input("the model {} has no {} scores", base::printable(model.name), name);
  thresholds.T = thresholds.inc_T = static_cast<double>((*scores)[0]);
  thresholds.dom_T = thresholds.incdom_T = static_cast<double>((*scores)[1]);
  return thresholds;
}

}  // namespace

void run_phmmer(const SequenceSource& queries, const hmm::SingleSequenceOptions& scoring,
                TargetDatabase& database, const RunOptions& options, base::ThreadPool& pool) {
  const ProfileSource source = [&]() -> std::optional<UnbuiltProfile> {
    std::optional<bio::Sequence> query = queries();
    while (query && query->residues.empty()) query = queries();
    if (!query) return std::nullopt;
    return [&, query = *query] {
      hmm::Profile profile(hmm::build_from_sequence(query, scoring));
      return NamedProfile{std::move(profile), query.name, query.accession,
                          query.description,  'L',        options.thresholds};
    };
  };
  run(source, database, options, pool);
}

void run_hmmsearch(const ModelSource& models, Cutoffs cutoffs, TargetDatabase& database,
                   const RunOptions& options, base::ThreadPool& pool) {
  const ProfileSource source = [&]() -> std::optional<UnbuiltProfile> {
    const std::optional<hmm::CoreModel> model = models();
    if (!model) return std::nullopt;
    if (!model->calibrated) {
      base::throw_input(
          "the model {} has no STATS lines, so there are no E-values (rebuild it with hmmbuild)",
          base::printable(model->name));
    }
    const Thresholds thresholds =
        cutoffs == Cutoffs::kNone ? options.thresholds : with_cutoffs(options.thresholds, cutoffs, *model);
    return [model = *model, thresholds] {
      return NamedProfile{hmm::Profile(model), model.name, model.accession,
                          model.description,   'M',        thresholds};
    };
  };
  run(source, database, options, pool);
}

}  // namespace foldmesh::search
