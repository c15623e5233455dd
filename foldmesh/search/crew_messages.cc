#include "foldmesh/search/crew_messages.h"

#include "foldmesh/search/query_codec.h"

namespace foldmesh::search {

std::string encode_pass(const UnitContext& context, const std::vector<TargetDatabase*>& databases) {
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(static_cast<uint64_t>(context.queries.size()));
  for (const Query& query : context.queries) {
    put_model(out, query.profile->core());
    put_thresholds(out, query.thresholds);
  }
  out.put(static_cast<uint64_t>(context.groups.size()));
  for (const std::vector<size_t>& group : context.groups) out.put_array(group);
  out.put(context.pipeline);
  out.put(context.memory);
  out.put(context.keep_display);
  out.put(static_cast<uint64_t>(databases.size()));
  for (size_t i = 0; i < databases.size(); ++i) {
    out.put_text(databases[i]->path());
    out.put(context.n_targets[i].value_or(-1));
  }
  return bytes;
}

PassMessage decode_pass(std::string_view bytes) {
  base::ByteReader in(bytes);
  PassMessage pass;
  const auto n_queries = in.get<uint64_t>();
  for (uint64_t i = 0; i < n_queries; ++i) {
    pass.models.push_back(get_model(in));
    pass.thresholds.push_back(get_thresholds(in));
  }
  const auto n_groups = in.get<uint64_t>();
  for (uint64_t i = 0; i < n_groups; ++i) pass.groups.push_back(in.array<size_t>());
  pass.pipeline = in.get<hmm::PipelineOptions>();
  pass.memory = in.get<size_t>();
  pass.keep_display = in.get<bool>();
  const auto n_databases = in.get<uint64_t>();
  for (uint64_t i = 0; i < n_databases; ++i) {
    pass.paths.emplace_back(in.text());
    const auto n = in.get<int64_t>();
    pass.n_targets.push_back(n < 0 ? std::nullopt : std::optional(n));
  }
  return pass;
}

std::string encode_facts(int n_threads, const std::vector<std::optional<SharedFacts>>& databases) {
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(n_threads);
  out.put(static_cast<uint64_t>(databases.size()));
  for (const std::optional<SharedFacts>& facts : databases) {
    out.put(facts.has_value());
    if (!facts) continue;
    out.put(facts->is_packed);
    out.put(facts->n_targets);
    out.put(facts->n_residues);
    out.put_text(facts->content);
  }
  return bytes;
}

std::vector<std::optional<SharedFacts>> decode_facts(std::string_view bytes, int& n_threads) {
  base::ByteReader in(bytes);
  n_threads = in.get<int>();
  std::vector<std::optional<SharedFacts>> databases(in.get<uint64_t>());
  for (std::optional<SharedFacts>& facts : databases) {
    if (!in.get<bool>()) continue;
    facts.emplace();
    facts->is_packed = in.get<bool>();
    facts->n_targets = in.get<int64_t>();
    facts->n_residues = in.get<int64_t>();
    facts->content = in.text();
  }
  return databases;
}

}  // namespace foldmesh::search
