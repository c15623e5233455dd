// ColabFold's complexes: chains have the lengths that the first line says, and every chain's rows are an
// alignment of it.
#include "foldmesh/pipeline/complex_inputs.h"
#include "foldmesh/seqio/query_msa.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

size_t n_rows(const std::string& a3m, const std::string& sequence) {
  const bio::QueryMsa msa = seqio::to_query_msa(seqio::read_a3m(seqio::open_memory(a3m, "chain")), "chain");
  fuzz::require(msa.n_res() == sequence.size(), "rows as wide as the chain");
  return msa.n_seq();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    const seqio::A3m a3m = seqio::read_a3m(seqio::open_memory(bytes, "input"));
    const auto header = pipeline::parse_complex_header(a3m.comment, "input");
    if (!header) return;
    const pipeline::Target target = pipeline::parse_complex_a3m(a3m, *header, "input");
    size_t n_chains = 0, n_paired = 0;
    for (const size_t copies : header->copies) n_chains += copies;
    fuzz::require(target.chains.size() == n_chains, "as many chains as copies");
    for (const pipeline::Chain& chain : target.chains) {
      if (!chain.alignment_text.empty()) n_rows(chain.alignment_text, chain.sequence);
      if (chain.paired_text.empty()) continue;
      const size_t n = n_rows(chain.paired_text, chain.sequence);
      fuzz::require(n_paired == 0 || n == n_paired, "as many paired rows in each chain");
      n_paired = n;
    }
  });
  return 0;
}
