#include "foldmesh/seqio/query_msa.h"

#include <algorithm>
#include <utility>

#include "foldmesh/base/error.h"

namespace foldmesh::seqio {
namespace {

bool is_gap(char c) { return c == '-' || c == '.' || c == '_' || c == '~'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What a kept column shows.
char column_symbol(char c) {
  if (is_gap(c)) return '-';
  return c == '*' ? 'X' : upper(c);
}

void check_rows(const bio::Msa& msa) {
  if (msa.rows.empty()) base::throw_internal("alignment without rows");
  for (const bio::MsaRow& row : msa.rows) {
    if (row.aligned.size() != msa.n_columns()) {
      base::throw_internal("row '{}' has {} columns, the query {}", base::printable(row.name),
                           row.aligned.size(), msa.n_columns());
    }
  }
}

}  // namespace

bio::QueryMsa to_query_msa(const bio::Msa& msa, size_t max_rows) {
  check_rows(msa);
  const std::string& query = msa.rows.front().aligned;
  const auto n_res =
      static_cast<size_t>(std::count_if(query.begin(), query.end(), [](char c) { return !is_gap(c); }));
  bio::QueryMsa out;
  for (size_t i = 0; i < std::min(max_rows, msa.rows.size()); ++i) {
    const bio::MsaRow& row = msa.rows[i];
    std::string sequence;
    std::vector<int> deletions;
    sequence.reserve(n_res);
    deletions.reserve(n_res);
    int removed = 0;
    for (size_t c = 0; c < query.size(); ++c) {
      if (is_gap(query[c])) {
        removed += !is_gap(row.aligned[c]);
      } else {
        sequence.push_back(column_symbol(row.aligned[c]));
        deletions.push_back(std::exchange(removed, 0));
      }
    }
    out.sequences.push_back(std::move(sequence));
    out.deletion_matrix.push_back(std::move(deletions));
    out.descriptions.push_back(row.name);
  }
  return out;
}

bio::QueryMsa to_query_msa(const A3m& a3m, const std::string& path, size_t max_rows) {
  if (a3m.rows.empty()) base::throw_internal("{}: alignment without rows", path);
  for (char c : a3m.rows.front().text) {
    if (c == '-' || is_lower(c)) {
      base::throw_input("{}: the first row, the query, holds '{}' (expected upper-case letters only)", path,
                        c);
    }
  }
  bio::QueryMsa out;
  for (size_t i = 0; i < std::min(max_rows, a3m.rows.size()); ++i) {
    std::string sequence;
    std::vector<int> deletions;
    int removed = 0;
    for (char c : a3m.rows[i].text) {
      if (is_lower(c)) {
        ++removed;
      } else if (is_a3m_column(c)) {
        sequence.push_back(column_symbol(c));
        deletions.push_back(std::exchange(removed, 0));
      }
    }
    out.sequences.push_back(std::move(sequence));
    out.deletion_matrix.push_back(std::move(deletions));
    out.descriptions.push_back(a3m.rows[i].header);
  }
  return out;
}

A3mRow to_a3m_row(const bio::MsaRow& row, std::string_view query) {
  A3mRow out;
  out.header = row.description.empty() ? row.name : row.name + " " + row.description;
  for (size_t c = 0; c < query.size(); ++c) {
    const char symbol = row.aligned[c];
    if (!is_gap(query[c])) {
      out.text.push_back(column_symbol(symbol));
    } else if (!is_gap(symbol)) {
      out.text.push_back(symbol == '*' ? 'x' : lower(symbol));
    }
  }
  return out;
}

A3m to_a3m(const bio::Msa& msa) {
  check_rows(msa);
  A3m out;
  for (const bio::MsaRow& row : msa.rows) out.rows.push_back(to_a3m_row(row, msa.rows.front().aligned));
  return out;
}

A3m to_a3m(const bio::QueryMsa& msa) {
  A3m out;
  for (size_t i = 0; i < msa.n_seq(); ++i) {
    A3mRow& row = out.rows.emplace_back();
    row.header = msa.descriptions[i];
    for (size_t c = 0; c < msa.n_res(); ++c) {
      row.text.append(static_cast<size_t>(msa.deletion_matrix[i][c]), 'x');
      row.text.push_back(msa.sequences[i][c]);
    }
  }
  return out;
}

}  // namespace foldmesh::seqio
