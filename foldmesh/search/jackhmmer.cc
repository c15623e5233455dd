#include "foldmesh/search/jackhmmer.h"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "foldmesh/base/file.h"
#include "foldmesh/hmm/hmm_file.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/query_outputs.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::search {

IterativeQuery::IterativeQuery(bio::Sequence query, const JackhmmerOptions& jackhmmer,
                               const RunOptions& options)
    : query_(std::move(query)), jackhmmer_(jackhmmer), options_(options) {
  hmm::CoreModel model = hmm::build_from_sequence(query_, jackhmmer_.first_round);
  append_query(report_, {query_.name, query_.accession, model.M}, query_.description, 'L');
  report_ += '\n';
  // jackhmmer's checkpoint of a single-sequence model holds neither.
  model.description.clear();
  model.eff_n_seq = 0;
  start_round(model);
}

void IterativeQuery::start_round(const hmm::CoreModel& model) {
  ++round_;
  profile_.emplace(model);
  model_text_.clear();
  if (!jackhmmer_.hmm_checkpoints.empty()) hmm::append_hmm(model_text_, model, author_of(options_.info));
}

// Targets are known by name, not by sequence. Returns how many hits are new.
int IterativeQuery::mark_new_targets() {
  const auto before = std::exchange(included_, std::make_shared<std::unordered_set<std::string>>());
  result_->hits.set_marks([before](hmm::Hit& hit) {
    const bool was_included = before->contains(hit.name);
    hit.is_new = hit.included && !was_included;
    hit.is_dropped = !hit.included && was_included;
  });
  int n_new = 0;
  result_->hits.for_each([&](const hmm::Hit& hit) {
    n_new += hit.is_new;
    if (hit.included) included_->insert(hit.name);
  });
  return n_new;
}

void IterativeQuery::take(SearchResult result) {
  result_.emplace(std::move(result));
  if (jackhmmer_.max_targets) result_->hits.truncate(static_cast<size_t>(*jackhmmer_.max_targets));
  const int n_new = mark_new_targets();
  const size_t n_rows_before = round_ == 1 ? 1 : msa_.rows.size();

  AlignmentOptions alignment;
  alignment.style = InsertStyle::kJackhmmer;
  alignment.query = &query_;
  msa_ = alignment_of_hits(result_->hits, profile_->M(), alignment);
  msa_.name = fmt::format("{}-i{}", query_.name, round_);
  msa_.accession = query_.accession;
  msa_.description = query_.description;
  msa_.author = author_of(options_.info);
  const bool converged = n_new == 0 && msa_.rows.size() <= n_rows_before;
  finished_ = converged || round_ == jackhmmer_.max_rounds;
  write_report(n_new, n_rows_before);
  const auto out = std::back_inserter(report_);
  if (converged) {
    fmt::format_to(out, "@@\n@@ CONVERGED (in {} rounds). \n@@\n\n", round_);
  } else if (!finished_) {
    fmt::format_to(out, "@@ Continuing to next round.\n\n");
  }
  if (finished_) return;

  hmm::MsaBuildOptions build;
  build.architecture = hmm::Architecture::kHand;
  build.fragthresh = jackhmmer_.fragthresh;
  build.seed = options_.search.pipeline.seed;
  start_round(hmm::build_from_msa(msa_, build));
  fmt::format_to(out,
                 "@@\n@@ Round:                  {}\n"
                 "@@ Included in MSA:        {} subsequences (query + {} subseqs from {} targets)\n"
                 "@@ Model size:             {} positions\n@@\n\n",
                 round_, msa_.rows.size(), msa_.rows.size() - 1, included_->size(), profile_->M());
}

void IterativeQuery::write_report(int n_new, size_t n_rows_before) {
  const hmm::CoreModel& model = profile_->core();
  append_hit_list(report_, result_->hits, options_.main_output);
  append_domains(report_, result_->hits, {model.name, model.accession, model.M}, options_.main_output);
  append_statistics(report_, result_->hits, result_->counters, options_.search.pipeline, model.M);
  fmt::format_to(std::back_inserter(report_),
                 "\n@@ New targets included:   {}\n"
                 "@@ New alignment includes: {} subseqs (was {}), including original query\n",
                 n_new, msa_.rows.size(), n_rows_before);
}

namespace {

// Files `<prefix>-<round><ending>` that grow by what every batch of queries adds, complete at any moment.
class Checkpoints {
 public:
  Checkpoints(std::string prefix, std::string ending)
      : prefix_(std::move(prefix)), ending_(std::move(ending)) {}
  bool wanted() const { return !prefix_.empty(); }
  void add(int round, const std::string& text) {
    if (!wanted()) return;
    const std::string path = fmt::format("{}-{}{}", prefix_, round, ending_);
    const bool is_first = begun_.insert(round).second;
    base::write_file_atomically(path, is_first ? text : base::read_file(path) + text);
  }

 private:
  std::string prefix_, ending_;
  std::set<int> begun_;
};

}  // namespace

void run_jackhmmer(const SequenceSource& source, const JackhmmerOptions& jackhmmer, TargetDatabase& database,
                   const RunOptions& options, base::ThreadPool& pool) {
  RunWriter writer(options);
  if (jackhmmer.max_rounds > 1) database.keep(options.keep_bytes);
  Checkpoints models(jackhmmer.hmm_checkpoints, ".hmm"), alignments(jackhmmer.alignment_checkpoints, ".sto");
  for (;;) {
    std::vector<std::unique_ptr<IterativeQuery>> batch;
    while (batch.size() < static_cast<size_t>(options.queries_per_pass)) {
      std::optional<bio::Sequence> query = source();
      if (!query) break;
      if (query->residues.empty()) continue;
      batch.push_back(std::make_unique<IterativeQuery>(std::move(*query), jackhmmer, options));
    }
    if (batch.empty()) break;
    if (batch.size() == static_cast<size_t>(options.queries_per_pass)) database.keep(options.keep_bytes);
    for (int round = 1;; ++round) {
      std::vector<IterativeQuery*> active;
      std::vector<Query> queries;
      std::string model_texts, alignment_texts;
      for (const auto& query : batch) {
        if (query->finished()) continue;
        active.push_back(query.get());
        queries.push_back({&query->profile(), options.thresholds});
        model_texts += query->model_text();
      }
      if (active.empty()) break;
      models.add(round, model_texts);
      auto results = search(queries, {&database}, options.search, pool);
      for (size_t i = 0; i < active.size(); ++i) active[i]->take(std::move(results[i][0]));
      if (!alignments.wanted()) continue;
      for (const IterativeQuery* query : active)
        alignment_texts += seqio::to_stockholm(query->alignment(), 0);
      alignments.add(round, alignment_texts);
    }
    for (const auto& query : batch) {
      std::string text = query->report();
      writer.add_tables(query->label(), query->hits());
      if (writer.files().wants_alignment()) {
        writer.files().add_alignment(alignment_text(query->alignment(), options));
        text += alignment_note(query->alignment(), options);
      }
      writer.files().add_main(text + "//\n");
    }
  }
  writer.finish();
}

}  // namespace foldmesh::search
