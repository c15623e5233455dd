// Hits in the PDB, as hmmsearch and HHsearch report them: whatever is accepted can be looked for in a
// structure.
#include "foldmesh/structio/structure_reader.h"
#include "foldmesh/templates/featurize.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

const std::string kQuery = "ACDEFGHIKLMNPQRSTVWY";

// A chain of the query's first half.
const char* kEntry =
    "ATOM      1  CA  ALA A   1       1.000   1.000   1.000  1.00  1.00\n"
    "ATOM      2  CA  CYS A   2       1.000   2.000   1.000  1.00  1.00\n"
    "ATOM      3  CA  ASP A   3       1.000   3.000   1.000  1.00  1.00\n"
    "ATOM      4  CA  GLU A   4       1.000   4.000   1.000  1.00  1.00\n"
    "ATOM      5  CA  PHE A   5       1.000   5.000   1.000  1.00  1.00\n";

void check(const std::vector<templates::Hit>& hits) {
  const structio::Entry entry = structio::parse_structure(kEntry, "entry");
  for (const templates::Hit& hit : hits) {
    int query = -1, residue = -1;
    for (const auto& [q, r] : hit.mapping) {
      fuzz::require(q > query && r > residue, "pairs ascend");
      query = q;
      residue = r;
    }
    fuzz::require(query < static_cast<int>(kQuery.size()), "within the query");
    fuzz::require(residue < static_cast<int>(hit.sequence.size()), "within the hit");
    if (!templates::why_not(hit, kQuery).empty()) continue;
    fuzz::refusing_only_input([&] {
      const templates::Template made = templates::make_template(hit, kQuery, entry);
      fuzz::require(made.sequence.size() == kQuery.size(), "as long as the query");
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::MemoryFile file(std::string_view(reinterpret_cast<const char*>(data), size));
  fuzz::refusing_only_input([&] { check(templates::read_hmmsearch_hits(file.path(), kQuery.size())); });
  fuzz::refusing_only_input([&] { check(templates::read_hhr_hits(file.path(), kQuery)); });
  fuzz::refusing_only_input([&] { templates::read_obsolete(file.path()); });
  return 0;
}
