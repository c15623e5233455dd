#include "foldmesh/templates/search_alignment.h"

#include <string>
#include <unordered_set>
#include <vector>

namespace foldmesh::templates {
namespace {

bool is_gap(char c) { return c == '-' || c == '.' || c == '_' || c == '~'; }

std::string letters_in(const std::string& aligned, const std::vector<bool>& columns) {
  std::string out;
  for (size_t i = 0; i < aligned.size(); ++i) {
    if (columns[i]) out += aligned[i];
  }
  return out;
}

}  // namespace

bio::Msa search_alignment(const bio::Msa& msa) {
  const std::string& query = msa.rows.front().aligned;
  std::vector<bool> is_query(query.size()), is_used(query.size());
  for (size_t i = 0; i < query.size(); ++i) is_query[i] = !is_gap(query[i]);
  bio::Msa out;
  out.name = msa.name;
  std::unordered_set<std::string> seen;
  for (const bio::MsaRow& row : msa.rows) {
    if (!seen.insert(letters_in(row.aligned, is_query)).second) continue;
    for (size_t i = 0; i < row.aligned.size(); ++i) {
      if (!is_gap(row.aligned[i])) is_used[i] = true;
    }
    out.rows.push_back({row.name, row.accession, row.description, row.aligned, ""});
  }
  for (bio::MsaRow& row : out.rows) row.aligned = letters_in(row.aligned, is_used);
  for (size_t i = 0; i < query.size(); ++i) {
    if (is_used[i]) out.rf += is_query[i] ? 'x' : '.';
  }
  return out;
}

}  // namespace foldmesh::templates
