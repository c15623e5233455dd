#include "foldmesh/features/msa_input.h"

#include <algorithm>
#include <string_view>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/a3m.h"
#include "foldmesh/seqio/query_msa.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::features {
namespace {

size_t row_limit(MsaSource source) {
  const int64_t rows = max_rows(source);
  return rows == INT64_MAX ? seqio::kAllRows : static_cast<size_t>(rows);
}

bio::QueryMsa read_stockholm(const std::string& path, size_t rows) {
  seqio::StockholmReader reader(path);
  bio::Msa msa, second;
  if (!reader.next(msa)) return {};
  if (reader.next(second)) base::throw_input("{}: holds several alignments (expected one)", path);
  return seqio::to_query_msa(msa, rows);
}

}  // namespace

MsaInput read_msa(const std::string& argument) {
  // A '=' behind a '/' belongs to the path.
  const size_t equals = argument.find('=');
  const bool named = equals != std::string::npos && argument.find('/') > equals;
  MsaInput input;
  input.path = named ? argument.substr(equals + 1) : argument;
  input.source = msa_source(named ? std::string_view(argument).substr(0, equals) : argument);

  std::string_view stem = input.path;
  for (const std::string_view compressed : {".gz", ".zst"}) {
    if (stem.ends_with(compressed)) stem.remove_suffix(compressed.size());
  }
  const size_t rows = row_limit(input.source);
  if (stem.ends_with(".sto")) {
    input.msa = read_stockholm(input.path, rows);
  } else if (stem.ends_with(".a3m")) {
    input.msa = seqio::to_query_msa(seqio::read_a3m(input.path), input.path, rows);
  } else {
    base::throw_input("{}: unknown kind of alignment (expected a name that ends in .sto or .a3m)",
                      input.path);
  }
  return input;
}

bio::Sequence query_of(const MsaInput& input) {
  if (input.msa.n_seq() == 0)
    base::throw_input("{}: has no rows (expected the query in the first)", input.path);
  const std::string& description = input.msa.descriptions.front();
  return {.name = description.substr(0, description.find_first_of(" \t")),
          .accession = "",
          .description = "",
          .residues = input.msa.sequences.front()};
}

}  // namespace foldmesh::features
