#include "foldmesh/search/alignment_search.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/sync_folder.h"
#include "foldmesh/base/version.h"
#include "foldmesh/search/alignment_files.h"
#include "foldmesh/search/hit_codec.h"
#include "foldmesh/search/search_state.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;

bool is_safe(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) base::throw_machine("{}: cannot be created: {}", folder.string(), error.message());
}

void add(base::Hasher& hasher, const bio::Sequence& query) {
  hasher.add(query.name).add(query.accession).add(query.description).add(query.residues);
}

// All that outputs depend on, in one number.
std::string key_of(const std::vector<bio::Sequence>& queries, const std::vector<NamedDatabase>& databases,
                   const AlignmentSearchOptions& options) {
  base::Hasher hasher;
  const RunInfo& info = options.info;
  for (const std::string& text : {base::version_string(), info.program, info.version, info.query_path,
                                  info.command_line, info.folder, info.date, options.subfolder}) {
    hasher.add(text);
  }
  const Thresholds& t = options.thresholds;
  const hmm::PipelineOptions& p = options.search.pipeline;
  const hmm::SingleSequenceOptions& s = options.scoring;
  hasher.add(fmt::format("{}", kHitFormat));
  for (const double value : {t.E, t.dom_E, t.inc_E, t.incdom_E, p.F1, p.F2, p.F3, s.gap_open, s.gap_extend})
    hasher.add(fmt::format("{:a}", value));
  for (const std::optional<double>& value : {t.T, t.dom_T, t.inc_T, t.incdom_T, t.Z, t.dom_Z})
    hasher.add(value ? fmt::format("{:a}", *value) : "none");
  hasher.add(fmt::format("{} {} {} {} {} {} {} {}", p.bias_filter, p.null2, p.seed, s.seed, options.stockholm,
                         options.a3m, options.target_tables, options.domain_tables));
  for (const NamedDatabase& database : databases) {
    hasher.add(database.name).add(database.targets->identity()).add(fmt::format("{}", database.max_rows));
  }
  for (const bio::Sequence& query : queries) add(hasher, query);
  for (const fs::path& folder : options.folders) hasher.add(folder.string());
  return hasher.hex();
}

// The whole run: passes over the databases, each with as many queries as memory allows.
class AlignmentSearch {
 public:
  AlignmentSearch(const std::vector<bio::Sequence>& queries, const std::vector<NamedDatabase>& databases,
                  const AlignmentSearchOptions& options, base::ThreadPool& pool)
      : queries_(queries),
        folders_(query_folders(queries, options)),
        databases_(databases),
        options_(options),
        pool_(pool),
        search_options_(options.search),
        facts_(queries.size() * databases.size()),
        done_(facts_.size()) {
    const std::vector<size_t> numbers = number_distinct(queries);
    for (size_t query = 0; query < queries.size(); ++query) {
      if (numbers[query] == same_.size()) same_.emplace_back();
      same_[numbers[query]].push_back(query);
    }
    for (const NamedDatabase& database : databases) {
      targets_.push_back(database.targets);
      search_options_.max_rows.push_back(database.max_rows);
    }
    if (search_options_.spill_folder.empty()) search_options_.spill_folder = options.output_folder;
  }

  std::vector<AlignmentSearchFacts> run() {
    open_state();
    if (n_queries_of_pass(0) < same_.size()) {
      for (TargetDatabase* database : targets_) database->keep(options_.keep_bytes / std::ssize(targets_));
    }
    size_t pass = 0;
    for (size_t first = 0; first < same_.size(); ++pass) {
      const std::span some = std::span(same_).subspan(first, n_queries_of_pass(first));
      if (!std::all_of(some.begin(), some.end(), [&](const auto& same) { return is_done(same); })) {
        run_pass(pass, some);
      }
      first += some.size();
    }
    if (state_) state_->remove();
    return std::move(facts_);
  }

 private:
  size_t output(size_t query, size_t database) const { return query * databases_.size() + database; }
  bool is_done(const std::vector<size_t>& same) const {
    for (const size_t query : same) {
      for (size_t d = 0; d < databases_.size(); ++d) {
        if (!done_[output(query, d)]) return false;
      }
    }
    return true;
  }
  const bio::Sequence& first_of(const std::vector<size_t>& same) const { return queries_[same.front()]; }

  void open_state() {
    // What comes through a pipe cannot be known again.
    const bool all_files = std::all_of(targets_.begin(), targets_.end(), [](const TargetDatabase* database) {
      return !database->is_here() || fs::is_regular_file(database->path());
    });
    if (!options_.resumable || !all_files || facts_.empty()) return;
    state_.emplace(options_.output_folder / ".search-state", key_of(queries_, databases_, options_));
    if (!state_->was_interrupted()) return;
    size_t n_done = 0;
    for (size_t i = 0; i < facts_.size(); ++i) {
      const bio::Sequence& query = queries_[i / databases_.size()];
      const NamedDatabase& database = databases_[i % databases_.size()];
      const std::vector<fs::path> files =
          alignment_files(folders_[i / databases_.size()], database, options_);
      const std::optional<std::string> note = state_->note_of(i);
      done_[i] = note && std::all_of(files.begin(), files.end(),
                                     [](const fs::path& file) { return fs::is_regular_file(file); });
      if (done_[i]) {
        facts_[i] = decode_facts(*note);
        facts_[i].query = query.name;
        facts_[i].database = database.name;
        facts_[i].alignment_path = files.back().string();
        ++n_done;
      } else {
        for (const fs::path& file : files) base::remove_leftovers(file);
      }
    }
    base::log::info("going on with an interrupted search: {} of {} alignments are there", n_done,
                    facts_.size());
  }

  // Of different residues. The division into passes must not depend on what is done already.
  size_t n_queries_of_pass(size_t first) const {
    const size_t most_bytes = options_.search.memory_for(pool_.size()) / 4;
    size_t n = 0, bytes = 0;
    while (first + n < same_.size() && n < static_cast<size_t>(options_.queries_per_pass)) {
      bytes += first_of(same_[first + n]).residues.size() * kProfileBytesPerNode;
      if (n > 0 && bytes > most_bytes) break;
      ++n;
    }
    return n;
  }

  void run_pass(size_t pass, std::span<const std::vector<size_t>> some) {
    const size_t n = some.size();
    std::vector<int> lengths;
    for (const auto& same : some) lengths.push_back(static_cast<int>(first_of(same).residues.size()));
    const std::vector<size_t> order = longest_first(lengths);
    std::vector<std::optional<hmm::Profile>> profiles(n);
    pool_.parallel_for(static_cast<int64_t>(n), [&](int64_t k, int) {
      const size_t i = order[k];
      profiles[i].emplace(hmm::build_from_sequence(first_of(some[i]), options_.scoring));
      for (const size_t query : some[i]) make_folder(folders_[query]);
    });
    std::vector<Query> batch;
    for (const auto& profile : profiles) batch.push_back({&*profile, options_.thresholds});
    std::unique_ptr<PassLog> log;
    if (state_) {
      base::Hasher hasher;
      for (const auto& same : some) add(hasher, first_of(same));
      log = state_->open_pass(pass, hasher.hex());
    }
    search_options_.log = log.get();
    const auto results = search(batch, targets_, search_options_, pool_);
    const size_t most_bytes =
        options_.search.memory_for(pool_.size()) / 4 / static_cast<size_t>(pool_.size());
    // In parallel, because putting a file safely on disk takes longer than making its text.
    pool_.parallel_for(static_cast<int64_t>(n * databases_.size()), [&](int64_t i, int) {
      const size_t which = static_cast<size_t>(i) / databases_.size(),
                   database = static_cast<size_t>(i) % databases_.size();
      for (const size_t query : some[which]) {
        const size_t index = output(query, database);
        if (done_[index]) continue;
        facts_[index] = write_alignment_files(queries_[query], folders_[query], databases_[database],
                                              results[which][database], options_, most_bytes);
        if (state_) state_->set_done(index, encode(facts_[index]));
      }
    });
    if (log) {
      // The pass is forgotten only when its outputs, their folders and the notes about them are on disk.
      std::set<fs::path> parents = {options_.output_folder};
      for (const auto& same : some) {
        for (const size_t query : same) parents.insert(folders_[query].parent_path());
      }
      for (const fs::path& folder : parents) base::sync_folder(folder);
      state_->sync();
      log->remove();
    }
  }

  const std::vector<bio::Sequence>& queries_;
  const std::vector<fs::path> folders_;    // of each query
  std::vector<std::vector<size_t>> same_;  // queries of the same residues
  const std::vector<NamedDatabase>& databases_;
  const AlignmentSearchOptions& options_;
  base::ThreadPool& pool_;
  SearchOptions search_options_;
  std::vector<TargetDatabase*> targets_;
  std::vector<AlignmentSearchFacts> facts_;  // of each output
  std::vector<bool> done_;                   // outputs of an interrupted run; not changed while threads run
  std::optional<SearchState> state_;
};

}  // namespace

SearchOptions for_alignments() {
  SearchOptions options;
  options.pipeline.F1 = 0.0005;
  options.pipeline.F2 = 0.00005;
  options.pipeline.F3 = 0.0000005;
  options.keep_display = false;
  return options;
}

std::string folder_name(const std::string& query_name) {
  std::string name = query_name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_safe(c); }, '_');
  if (name.starts_with('.')) name.front() = '_';
  return name;
}

std::vector<fs::path> query_folders(const std::vector<bio::Sequence>& queries,
                                    const AlignmentSearchOptions& options) {
  std::vector<fs::path> folders;
  for (size_t i = 0; i < queries.size(); ++i) {
    if (!options.folders.empty()) {
      folders.push_back(options.output_folder / options.folders.at(i));
    } else {
      folders.push_back(options.output_folder / folder_name(queries[i].name));
      if (!options.subfolder.empty()) folders.back() /= options.subfolder;
    }
  }
  return folders;
}

std::vector<size_t> number_distinct(const std::vector<bio::Sequence>& queries) {
  std::map<std::string_view, size_t> numbers;
  std::vector<size_t> result;
  for (const bio::Sequence& query : queries) {
    result.push_back(numbers.emplace(query.residues, numbers.size()).first->second);
  }
  return result;
}

void check_names(const std::vector<bio::Sequence>& queries, const std::vector<std::string>& databases,
                 const AlignmentSearchOptions& options) {
  const std::vector<fs::path> folders = query_folders(queries, options);
  std::map<fs::path, std::string> names_of;
  for (size_t i = 0; i < queries.size(); ++i) {
    const bio::Sequence& query = queries[i];
    if (query.residues.empty())
      base::throw_input("the query {} has no residues", base::printable(query.name));
    const auto [other, is_new] = names_of.emplace(folders[i], query.name);
    if (!is_new) {
      base::throw_input("the queries {} and {} would both be written to the folder {}",
                        base::printable(other->second), base::printable(query.name),
                        other->first.lexically_relative(options.output_folder).string());
    }
  }
  std::set<std::string> names;
  for (const std::string& name : databases) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_safe)) {
      base::throw_input("'{}' cannot name a database (expected letters, digits, '_', '-' and '.')",
                        base::printable(name));
    }
    if (!names.insert(name).second) base::throw_input("the database name {} is used twice", name);
  }
}

std::vector<AlignmentSearchFacts> search_alignments(const std::vector<bio::Sequence>& queries,
                                                    const std::vector<NamedDatabase>& databases,
                                                    const AlignmentSearchOptions& options,
                                                    base::ThreadPool& pool) {
  std::vector<std::string> names;
  for (const NamedDatabase& database : databases) names.push_back(database.name);
  check_names(queries, names, options);
  return AlignmentSearch(queries, databases, options, pool).run();
}

}  // namespace foldmesh::search
