#include "foldmesh/search/jackhmmer.h"

#include <fmt/format.h>

#include <functional>
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
#include "foldmesh/search/units.h"

namespace foldmesh::search {

IterativeQuery::IterativeQuery(bio::Sequence query, const JackhmmerOptions& jackhmmer,
                               const RunOptions& options)
    : query_(std::move(query)),
      jackhmmer_(jackhmmer),
      options_(options),
      report_(options.search.spill_folder) {
  hmm::CoreModel model = hmm::build_from_sequence(query_, jackhmmer_.first_round);
  std::string text;
  append_query(text, {query_.name, query_.accession, model.M}, query_.description, 'L');
  report_.add(text + '\n');
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

AlignmentRows IterativeQuery::alignment() const {
  AlignmentOptions alignment;
  alignment.style = InsertStyle::kJackhmmer;
  alignment.query = &query_;
  return AlignmentRows(result_->hits, profile_->M(), alignment);
}

bio::Msa IterativeQuery::alignment_head() const {
  bio::Msa head;
  head.name = fmt::format("{}-i{}", query_.name, result_round_);
  head.accession = query_.accession;
  head.description = query_.description;
  head.author = author_of(options_.info);
  return head;
}

void IterativeQuery::take(SearchResult result) {
  result_.emplace(std::move(result));
  result_round_ = round_;
  if (jackhmmer_.max_targets) result_->hits.truncate(static_cast<size_t>(*jackhmmer_.max_targets));
  const int n_new = mark_new_targets();
  const AlignmentRows rows = alignment();
  const size_t n_rows_before = std::exchange(n_rows_, rows.n_rows());
  const bool converged = n_new == 0 && n_rows_ <= n_rows_before;
  finished_ = converged || round_ == jackhmmer_.max_rounds;
  write_report(n_new, n_rows_before);
  if (converged) report_.add(fmt::format("@@\n@@ CONVERGED (in {} rounds). \n@@\n\n", round_));
  if (finished_) return;
  report_.add("@@ Continuing to next round.\n\n");
  start_round(next_model(rows));
  report_.add(
      fmt::format("@@\n@@ Round:                  {}\n"
                  "@@ Included in MSA:        {} subsequences (query + {} subseqs from {} targets)\n"
                  "@@ Model size:             {} positions\n@@\n\n",
                  round_, n_rows_, n_rows_ - 1, included_->size(), profile_->M()));
}

// Building a model needs all rows at once, but not their posteriors.
hmm::CoreModel IterativeQuery::next_model(const AlignmentRows& rows) const {
  bio::Msa msa = alignment_head();
  msa.rf = rows.frame().rf;
  rows.for_each([&](const bio::MsaRow& row) {
    msa.rows.push_back(row);
    std::string().swap(msa.rows.back().pp);
  });
  hmm::MsaBuildOptions build;
  build.architecture = hmm::Architecture::kHand;
  build.fragthresh = jackhmmer_.fragthresh;
  build.seed = options_.search.pipeline.seed;
  return hmm::build_from_msa(msa, build);
}

void IterativeQuery::write_report(int n_new, size_t n_rows_before) {
  const hmm::CoreModel& model = profile_->core();
  const TextSink sink = [this](std::string_view piece) { report_.add(piece); };
  std::string text;
  append_hit_list(text, result_->hits, options_.main_output, sink);
  append_domains(text, result_->hits, {model.name, model.accession, model.M}, options_.main_output, sink);
  append_statistics(text, result_->hits, result_->counters, options_.search.pipeline, model.M);
  fmt::format_to(std::back_inserter(text),
                 "\n@@ New targets included:   {}\n"
                 "@@ New alignment includes: {} subseqs (was {}), including original query\n",
                 n_new, n_rows_, n_rows_before);
  report_.add(text);
}

namespace {

// Files `<prefix>-<round><ending>` that grow by what every batch of queries adds, complete at any moment.
class Checkpoints {
 public:
  Checkpoints(std::string prefix, std::string ending)
      : prefix_(std::move(prefix)), ending_(std::move(ending)) {}
  bool wanted() const { return !prefix_.empty(); }
  void add(int round, const std::function<void(base::AtomicFile&)>& write) {
    if (!wanted()) return;
    const std::string path = fmt::format("{}-{}{}", prefix_, round, ending_);
    base::AtomicFile file(path);
    if (!begun_.insert(round).second) file.write(base::read_file(path));
    write(file);
    file.commit();
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
    std::vector<bio::Sequence> sequences;
    while (sequences.size() < static_cast<size_t>(options.queries_per_pass)) {
      std::optional<bio::Sequence> query = source();
      if (!query) break;
      if (!query->residues.empty()) sequences.push_back(std::move(*query));
    }
    if (sequences.empty()) break;
    if (sequences.size() == static_cast<size_t>(options.queries_per_pass)) database.keep(options.keep_bytes);
    std::vector<std::unique_ptr<IterativeQuery>> batch(sequences.size());
    std::vector<int> lengths;
    for (const bio::Sequence& query : sequences) lengths.push_back(static_cast<int>(query.residues.size()));
    const std::vector<size_t> order = longest_first(lengths);
    pool.parallel_for(std::ssize(batch), [&](int64_t k, int) {
      const size_t i = order[k];
      batch[i] = std::make_unique<IterativeQuery>(std::move(sequences[i]), jackhmmer, options);
    });
    for (int round = 1;; ++round) {
      std::vector<IterativeQuery*> active;
      std::vector<Query> queries;
      for (const auto& query : batch) {
        if (query->finished()) continue;
        active.push_back(query.get());
        queries.push_back({&query->profile(), options.thresholds});
      }
      if (active.empty()) break;
      models.add(round, [&](base::AtomicFile& file) {
        for (const IterativeQuery* query : active) file.write(query->model_text());
      });
      auto results = search(queries, {&database}, options.search, pool);
      pool.parallel_for(std::ssize(active),
                        [&](int64_t i, int) { active[i]->take(std::move(results[i][0])); });
      alignments.add(round, [&](base::AtomicFile& file) {
        for (const IterativeQuery* query : active) {
          write_alignment(
              query->alignment_head(), query->alignment(), options.search.memory_for(pool.size()) / 8,
              [&](std::string_view piece) { file.write(piece); }, 0);
        }
      });
    }
    const auto write = [&](size_t i, QueryOutputs& outputs) {
      const IterativeQuery& query = *batch[i];
      outputs.add_tables(query.label(), query.hits());
      query.report().copy_to(outputs.main_sink());
      if (outputs.wants_alignment()) outputs.add_alignment(query.alignment_head(), query.alignment());
      outputs.add_main("//\n");
    };
    writer.add_queries(batch.size(), write, pool);
  }
  writer.finish();
}

}  // namespace foldmesh::search
