// A3M: whatever is accepted can be written and read back unchanged, also as the query's view.
#include <algorithm>

#include "foldmesh/seqio/query_msa.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

void check_query_view(const seqio::A3m& a3m) {
  bio::QueryMsa msa;
  try {
    msa = seqio::to_query_msa(a3m, "input");
  } catch (const base::Error& error) {
    fuzz::require(error.kind() == base::ErrorKind::kInput, error.what());
    return;  // the first row is no query
  }
  const bio::QueryMsa again = seqio::to_query_msa(seqio::to_a3m(msa), "again");
  fuzz::require(again.sequences == msa.sequences && again.deletion_matrix == msa.deletion_matrix &&
                    again.descriptions == msa.descriptions,
                "the same view");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    seqio::A3mReader reader(seqio::open_memory(bytes, "input"));
    while (reader.next_alignment()) {
      seqio::A3m a3m;
      a3m.comment = reader.comment();
      seqio::A3mRow row;
      while (reader.next(row)) a3m.rows.push_back(row);
      fuzz::require(!a3m.rows.empty(), "an alignment has rows");

      const std::string text = seqio::to_text(a3m);
      const seqio::A3m again = seqio::read_a3m(seqio::open_memory(text, "again"));
      fuzz::require(again.comment == a3m.comment && again.rows.size() == a3m.rows.size(), "as many rows");
      for (size_t i = 0; i < a3m.rows.size(); ++i) {
        fuzz::require(again.rows[i].header == a3m.rows[i].header && again.rows[i].text == a3m.rows[i].text,
                      "the same rows");
      }
      check_query_view(a3m);
    }
  });
  return 0;
}
