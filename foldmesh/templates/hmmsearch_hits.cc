#include <algorithm>
#include <cctype>
#include <charconv>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/stockholm.h"
#include "foldmesh/templates/hit.h"

namespace foldmesh::templates {
namespace {

bool is_gap(char c) { return c == '-' || c == '.' || c == '_' || c == '~'; }

// `1abc_A/5-120` without the range.
std::string_view without_range(std::string_view name) { return name.substr(0, name.rfind('/')); }

// False for nucleic acids. Files made elsewhere may say nothing, which goes for protein.
bool may_be_protein(const std::string& description) {
  const size_t mol = description.find("mol:");
  return mol == std::string::npos || description.compare(mol, 11, "mol:protein") == 0;
}

// `is_match` marks the columns of the query's residues.
Hit to_hit(const bio::MsaRow& row, const std::vector<bool>& is_match) {
  Hit hit;
  int query = 0;
  for (size_t column = 0; column < row.aligned.size(); ++column) {
    const char c = row.aligned[column];
    if (!is_gap(c)) {
      if (is_match[column]) {
        hit.mapping.emplace_back(query, static_cast<int>(hit.sequence.size()));
        ++hit.aligned_columns;
      }
      hit.sequence += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    query += is_match[column] ? 1 : 0;
  }
  return hit;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> parse_name(std::string_view name) {
  const size_t underscore = name.find('_');
  if (underscore == std::string_view::npos || underscore == 0) return std::nullopt;
  std::string id(name.substr(0, underscore));
  for (char& c : id) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  std::string chain;
  for (const char c : name.substr(underscore + 1)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != '-') break;
    chain += c;
  }
  if (chain.empty()) return std::nullopt;
  return std::pair(std::move(id), std::move(chain));
}

std::vector<Hit> read_hmmsearch_hits(const std::filesystem::path& path, size_t query_length) {
  seqio::StockholmReader reader(path);
  bio::Msa msa;
  std::vector<Hit> hits;
  if (!reader.next(msa)) return hits;
  if (msa.rf.empty()) {
    base::throw_input("{}: has no reference line (expected hmmsearch's alignment with '#=GC RF')",
                      path.string());
  }
  std::vector<bool> is_match(msa.rf.size());
  std::transform(msa.rf.begin(), msa.rf.end(), is_match.begin(), [](char c) { return !is_gap(c); });
  const auto n_match = static_cast<size_t>(std::count(is_match.begin(), is_match.end(), true));
  if (n_match != query_length) {
    base::throw_input("{}: was made for a profile of {} columns (expected the query's {} residues)",
                      path.string(), n_match, query_length);
  }
  for (const bio::MsaRow& row : msa.rows) {
    const auto name = parse_name(without_range(row.name));
    if (!name) {
      base::throw_input("{}: hit '{}' is not named after a chain of the PDB (expected for instance 1abc_A)",
                        path.string(), base::printable(row.name));
    }
    if (!may_be_protein(row.description)) continue;
    Hit hit = to_hit(row, is_match);
    std::tie(hit.pdb_id, hit.chain_id) = *name;
    hits.push_back(std::move(hit));
  }
  return hits;
}

}  // namespace foldmesh::templates
