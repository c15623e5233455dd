#include "foldmesh/pipeline/template_stage.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/version.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/hhsuite/hhblits.h"
#include "foldmesh/hhsuite/hhsearch.h"
#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/profile.h"
#include "foldmesh/pipeline/search_ranks.h"
#include "foldmesh/search/alignment_input.h"
#include "foldmesh/search/alignment_output.h"
#include "foldmesh/search/alignment_search.h"
#include "foldmesh/search/crew.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/query_msa.h"
#include "foldmesh/templates/featurize.h"
#include "foldmesh/templates/search_alignment.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kHhsearch = "hhsearch ";
constexpr const char *kSto = "pdb_hits.sto", *kHhr = "pdb_hits.hhr";

// AlphaFold 2's call of hmmsearch: nearly nothing is filtered out, as the database is small and the filters
// of the featurisation follow.
constexpr double kFilters = 0.1, kThreshold = 100;

bio::Msa read_alignment(const TemplateQuery& query) {
  const bool is_a3m = query.alignment.string().find(".a3m") != std::string::npos;
  search::AlignmentReader reader(
      query.alignment, is_a3m ? search::AlignmentFormat::kA3m : search::AlignmentFormat::kStockholm);
  std::optional<bio::Msa> msa = reader.next();
  if (!msa) msa = bio::Msa{};
  if (msa->rows.empty()) msa->rows.push_back({query.name, "", "", query.sequence, ""});
  bio::Msa out = templates::search_alignment(*msa);
  out.name = query.name;
  return out;
}

std::string stage_of(const TemplateQuery& query) {
  std::string name = "search_templates_" + query.msa_folder;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

// A run of hhsearch, for any rank.
std::string hhsearch_item(const TemplateQuery& query, const TemplateSettings& settings) {
  const nlohmann::json words = {query.name, query.sequence, query.alignment.string(), settings.pdb70,
                                template_hits_file(query.target_dir / query.msa_folder, settings).string()};
  return std::string(kHhsearch) + words.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class TemplateSearch {
 public:
  TemplateSearch(const std::vector<TemplateQuery>& queries, const TemplateSettings& settings,
                 comm::Communicator* ranks, base::ThreadPool& pool)
      : queries_(queries), settings_(settings), ranks_(ranks), pool_(pool), seconds_(queries.size()) {}

  std::vector<std::optional<double>> run(bool use_precomputed) {
    std::vector<size_t> missing;
    for (size_t q = 0; q < queries_.size(); ++q) {
      const TemplateQuery& query = queries_[q];
      const fs::path file = file_of(query);
      if (use_precomputed && fs::is_regular_file(file)) {
        base::log::info("{}: {} taken as it is, as asked", query.name, file.string());
      } else if (const auto done = StageStore(query.target_dir).find(stage_of(query), key(query))) {
        base::log::info("{}: {} is there already", query.name, file.string());
        seconds_[q] = done->seconds;
      } else {
        fs::create_directories(file.parent_path());
        missing.push_back(q);
      }
    }
    if (missing.empty()) return seconds_;
    if (settings_.pdb70.empty()) {
      search_seqres(missing);
    } else {
      search_pdb70(missing);
    }
    return seconds_;
  }

 private:
  fs::path file_of(const TemplateQuery& query) const {
    return template_hits_file(query.target_dir / query.msa_folder, settings_);
  }
  std::string key(const TemplateQuery& query) const;
  void search_seqres(const std::vector<size_t>& which);
  void search_batch(std::span<const size_t> which, search::TargetDatabase& database, search::Crew* crew);
  void write_hits(size_t q, const hmm::Profile& profile, const search::SearchResult& result);
  void search_pdb70(const std::vector<size_t>& which);
  void record(size_t q, double seconds, int64_t n_hits);

  const std::vector<TemplateQuery>& queries_;
  const TemplateSettings& settings_;
  comm::Communicator* ranks_;
  base::ThreadPool& pool_;
  std::vector<std::optional<double>> seconds_;
};

std::string TemplateSearch::key(const TemplateQuery& query) const {
  StageKey key(stage_of(query));
  key.option("name", query.name).option("sequence", query.sequence).input_file(query.alignment);
  if (settings_.pdb70.empty()) {
    key.large_file(settings_.pdb_seqres);
  } else {
    for (const fs::path& file : hhsuite::files_of(settings_.pdb70)) key.large_file(file);
  }
  return key.hex();
}

void TemplateSearch::search_seqres(const std::vector<size_t>& which) {
  constexpr size_t kBatch = 32;
  constexpr int64_t kKeepBytes = int64_t{512} << 20;
  std::optional<search::Crew> crew;
  if (ranks_ != nullptr) {
    comm::ItemLeader(ranks_).tell_all(profile_search_item());
    crew.emplace(*ranks_);
  }
  const auto database = search::open_targets(settings_.pdb_seqres, crew ? &*crew : nullptr);
  if (which.size() > kBatch) database->keep(kKeepBytes);
  for (size_t start = 0; start < which.size(); start += kBatch) {
    search_batch(std::span(which).subspan(start, std::min(kBatch, which.size() - start)), *database,
                 crew ? &*crew : nullptr);
  }
  if (crew) crew->dismiss();
}

void TemplateSearch::search_batch(std::span<const size_t> which, search::TargetDatabase& database,
                                  search::Crew* crew) {
  const auto start = Clock::now();
  std::vector<std::unique_ptr<hmm::Profile>> profiles(which.size());
  pool_.parallel_for(std::ssize(which), [&](int64_t i, int) {
    hmm::MsaBuildOptions build;
    build.architecture = hmm::Architecture::kHand;
    profiles[i] =
        std::make_unique<hmm::Profile>(hmm::build_from_msa(read_alignment(queries_[which[i]]), build));
  });
  search::Thresholds thresholds;
  thresholds.E = thresholds.dom_E = thresholds.inc_E = thresholds.incdom_E = kThreshold;
  std::vector<search::Query> profile_queries;
  for (const auto& profile : profiles) profile_queries.push_back({profile.get(), thresholds});
  search::SearchOptions options = search::for_alignments();
  options.crew = crew;
  options.pipeline.F1 = options.pipeline.F2 = options.pipeline.F3 = kFilters;
  base::Progress progress("templates", "comparisons", database.n_targets().value_or(0) * std::ssize(which));
  options.on_progress = [&](int64_t n) { progress.advance(n); };
  const auto results = search::search(profile_queries, {&database}, options, pool_);
  const double seconds =
      std::chrono::duration<double>(Clock::now() - start).count() / static_cast<double>(which.size());
  for (size_t i = 0; i < which.size(); ++i) {
    write_hits(which[i], *profiles[i], results[i][0]);
    record(which[i], seconds, results[i][0].hits.n_included());
  }
}

void TemplateSearch::write_hits(size_t q, const hmm::Profile& profile, const search::SearchResult& result) {
  constexpr size_t kMostBytes = size_t{64} << 20;
  const search::AlignmentRows rows(result.hits, profile.M(), {});
  base::AtomicFile file(file_of(queries_[q]));
  if (rows.n_rows() > 0) {
    bio::Msa head;
    head.name = queries_[q].name;
    head.author = fmt::format("foldmesh hmmsearch {}", base::version());
    search::write_alignment(
        head, rows, kMostBytes, [&](std::string_view piece) { file.write(piece); },
        search::kStockholmColumns);
  }
  file.commit();
}

void TemplateSearch::search_pdb70(const std::vector<size_t>& which) {
  std::vector<std::string> items;
  for (const size_t q : which) items.push_back(hhsearch_item(queries_[q], settings_));
  auto last = Clock::now();
  const auto done = [&](size_t i, int, const comm::ItemLeader::Failure& failure) {
    if (failure) return;
    const auto hits = templates::read_hhr_hits(file_of(queries_[which[i]]), queries_[which[i]].sequence);
    // Several ranks are at work: what has passed since the run before ended is this one's share.
    const auto now = Clock::now();
    record(which[i], std::chrono::duration<double>(now - std::exchange(last, now)).count(), std::ssize(hits));
  };
  const auto failures = comm::ItemLeader(ranks_).share(
      items, [&](size_t i) { do_template_item(items[i], pool_); }, done);
  for (const comm::ItemLeader::Failure& failure : failures) {
    if (failure) throw *failure;
  }
}

void TemplateSearch::record(size_t q, double seconds, int64_t n_hits) {
  const TemplateQuery& query = queries_[q];
  base::log::info("{}: templates: {} hits", query.name, n_hits);
  const std::string output = query.msa_folder + "/" + file_of(query).filename().string();
  StageStore(query.target_dir).record(stage_of(query), key(query), {output}, {seconds, {{"n_hits", n_hits}}});
  seconds_[q] = seconds;
}

templates::TemplateOptions options_of(const TemplateSettings& settings) {
  templates::TemplateOptions options;
  options.mmcif_dir = settings.mmcif_dir;
  options.max_template_date = settings.max_date;
  if (!settings.obsolete_pdbs.empty()) options.obsolete = templates::read_obsolete(settings.obsolete_pdbs);
  return options;
}

std::vector<templates::Hit> read_hits(const std::string& sequence, const fs::path& file) {
  if (file.empty() || !fs::is_regular_file(file)) return {};
  return file.extension() == ".hhr" ? templates::read_hhr_hits(file, sequence)
                                    : templates::read_hmmsearch_hits(file, sequence.size());
}

}  // namespace

fs::path template_hits_file(const fs::path& msa_folder, const TemplateSettings& settings,
                            const fs::path& other_folder) {
  if (!settings.pdb70.empty()) return msa_folder / kHhr;
  if (!settings.pdb_seqres.empty()) return msa_folder / kSto;
  // Nothing is searched, but hits that are there already can be used.
  if (settings.mmcif_dir.empty()) return {};
  for (const fs::path& folder : {msa_folder, other_folder}) {
    for (const char* name : {kSto, kHhr}) {
      if (!folder.empty() && fs::is_regular_file(folder / name)) return folder / name;
    }
  }
  return {};
}

std::vector<std::optional<double>> search_templates(const std::vector<TemplateQuery>& queries,
                                                    const TemplateSettings& settings, bool use_precomputed,
                                                    comm::Communicator* ranks, base::ThreadPool& pool) {
  if (!settings.searches()) return std::vector<std::optional<double>>(queries.size());
  return TemplateSearch(queries, settings, ranks, pool).run(use_precomputed);
}

bool is_template_item(std::string_view item) { return item.starts_with(kHhsearch); }

void do_template_item(std::string_view item, base::ThreadPool& pool) {
  const nlohmann::json words = nlohmann::json::parse(item.substr(kHhsearch.size()));
  TemplateQuery query;
  query.name = words.at(0).get<std::string>();
  query.sequence = words.at(1).get<std::string>();
  query.alignment = words.at(2).get<std::string>();
  hhsuite::run_hhsearch(seqio::to_text(seqio::to_a3m(read_alignment(query))), words.at(3).get<std::string>(),
                        words.at(4).get<std::string>(), pool.size());
}

void search_templates_of_chains(const std::vector<Target>& targets, const TemplateSettings& settings,
                                const FoldOptions& options, comm::Communicator* ranks, base::ThreadPool& pool,
                                std::vector<TargetMsas>& msas) {
  std::vector<TemplateQuery> queries;
  std::vector<size_t> which;
  for (size_t t = 0; t < targets.size(); ++t) {
    const std::vector<MsaFile>& files = msas[t].files;
    for (const Chain& chain : targets[t].chains) {
      // Files of a single chain have no chain's name; of a complex's equal chains the first has the files.
      const auto belongs = [&](const MsaFile& file) { return file.chain.empty() || file.chain == chain.id; };
      // AlphaFold's choice; a user's own alignment serves as well.
      const auto is_uniref90 = [&](const MsaFile& file) {
        return belongs(file) &&
               (file.database == "uniref90" || file.path.filename().string().starts_with("uniref90"));
      };
      auto file = std::find_if(files.begin(), files.end(), is_uniref90);
      if (file == files.end()) file = std::find_if(files.begin(), files.end(), belongs);
      if (file == files.end()) continue;
      const bool is_single = file->chain.empty();
      queries.push_back({is_single ? targets[t].name : fmt::format("{} chain {}", targets[t].name, chain.id),
                         chain.sequence, options.output_dir / targets[t].name,
                         is_single ? kMsaFolder : fmt::format("{}/{}", kMsaFolder, chain.id), file->path});
      which.push_back(t);
    }
  }
  const auto seconds = search_templates(queries, settings, options.use_precomputed_msas, ranks, pool);
  for (size_t i = 0; i < which.size(); ++i) {
    if (seconds[i]) msas[which[i]].search_seconds.emplace_back("templates", *seconds[i]);
  }
}

std::vector<templates::Template> templates_of_chain(const std::string& name, const std::string& sequence,
                                                    const fs::path& hits_file,
                                                    const TemplateSettings& settings) {
  std::vector<templates::Template> out;
  for (const std::string& custom : settings.custom) {
    out.push_back(templates::make_custom_template(templates::parse_custom_template(custom), sequence));
  }
  std::vector<templates::Hit> hits = read_hits(sequence, hits_file);
  if (hits.empty() || settings.mmcif_dir.empty()) return out;
  for (templates::Template& found :
       templates::make_templates(name, sequence, std::move(hits), options_of(settings))) {
    out.push_back(std::move(found));
  }
  return out;
}

void add_templates(StageKey& key, const std::string& sequence, const fs::path& hits_file,
                   const TemplateSettings& settings) {
  for (const std::string& custom : settings.custom) {
    key.option("custom template", custom).input_file(templates::parse_custom_template(custom).file);
  }
  if (settings.mmcif_dir.empty() || !fs::is_regular_file(hits_file)) return;
  key.option("max template date", settings.max_date).input_file(hits_file);
  const templates::TemplateOptions options = options_of(settings);
  // A structure that was missing or damaged may be there now.
  for (const fs::path& structure : templates::files_of(sequence, read_hits(sequence, hits_file), options)) {
    key.large_file(structure);
  }
}

void write_template_table(const std::vector<TemplatesOfChain>& chains, const fs::path& path) {
  nlohmann::ordered_json table = nlohmann::ordered_json::array();
  for (const TemplatesOfChain& chain : chains) {
    for (const templates::Template& one : chain.templates) {
      size_t n_aligned = 0, n_identical = 0, n_observed = 0;
      for (size_t i = 0; i < one.sequence.size(); ++i) {
        n_aligned += one.sequence[i] != '-' ? 1 : 0;
        n_identical += one.sequence[i] == chain.sequence[i] ? 1 : 0;
        n_observed += one.masks[i * bio::kNumAtom37 + bio::kAtom37Ca] != 0 ? 1 : 0;
      }
      nlohmann::ordered_json row;
      if (!chain.chain.empty()) row["chain"] = chain.chain;
      row["template"] = one.domain_name;
      row["aligned residues"] = n_aligned;
      row["identical residues"] = n_identical;
      row["residues with coordinates"] = n_observed;
      row["sum of probabilities"] = one.sum_probs;
      row[kAlignedKey] = one.sequence;
      row[kLabelKey] = one.label_id;
      row[kChainSequenceKey] = one.chain_sequence;
      row[kResiduesKey] = one.residues;
      table.push_back(row);
    }
  }
  base::write_file_atomically(
      path, table.dump(1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace foldmesh::pipeline
