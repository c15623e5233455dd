// Stockholm: whatever is accepted can be written, in any block width, and read back unchanged; the two roads
// to the query's view agree.
#include "foldmesh/seqio/query_msa.h"
#include "foldmesh/seqio/stockholm.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

bool same(const bio::MsaRow& a, const bio::MsaRow& b) {
  return a.name == b.name && a.accession == b.accession && a.description == b.description &&
         a.aligned == b.aligned && a.pp == b.pp;
}

bool same(const bio::Msa& a, const bio::Msa& b) {
  if (a.rows.size() != b.rows.size()) return false;
  for (size_t i = 0; i < a.rows.size(); ++i) {
    if (!same(a.rows[i], b.rows[i])) return false;
  }
  return a.name == b.name && a.accession == b.accession && a.description == b.description &&
         a.author == b.author && a.pp_cons == b.pp_cons && a.rf == b.rf && a.ss_cons == b.ss_cons &&
         a.mm == b.mm && a.cutoffs.gathering == b.cutoffs.gathering &&
         a.cutoffs.trusted == b.cutoffs.trusted && a.cutoffs.noise == b.cutoffs.noise;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    seqio::StockholmReader reader(seqio::open_memory(bytes, "input"));
    bio::Msa msa;
    while (reader.next(msa)) {
      const std::string text = seqio::to_stockholm(msa, size % 90);
      seqio::StockholmReader rereader(seqio::open_memory(text, "again"));
      bio::Msa again;
      fuzz::require(rereader.next(again) && same(msa, again), "the same alignment");
      fuzz::require(!rereader.next(again), "one alignment");

      const bio::QueryMsa direct = seqio::to_query_msa(msa);
      const bio::QueryMsa through_a3m = seqio::to_query_msa(seqio::to_a3m(msa), "a3m");
      fuzz::require(
          direct.sequences == through_a3m.sequences && direct.deletion_matrix == through_a3m.deletion_matrix,
          "the same view");
    }
  });
  return 0;
}
