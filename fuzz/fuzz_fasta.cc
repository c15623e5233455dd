// FASTA, plain or compressed: whatever is accepted can be written and read back unchanged.
#include <vector>

#include "foldmesh/seqio/fasta.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

std::vector<bio::Sequence> read_all(std::string_view bytes, const seqio::FastaOptions& options) {
  seqio::FastaReader reader(seqio::open_memory(bytes, "input"), options);
  std::vector<bio::Sequence> records;
  bio::Sequence record;
  while (reader.next(record)) records.push_back(record);
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const seqio::FastaOptions options = {.max_residues = 5000, .allow_empty = size % 2 == 0};
  fuzz::refusing_only_input([&] {
    const std::vector<bio::Sequence> records = read_all(bytes, options);
    std::string text;
    for (const bio::Sequence& record : records) {
      fuzz::require(!record.name.empty(), "a record has a name");
      fuzz::require(record.residues.size() <= options.max_residues, "the limit is kept");
      fuzz::require(options.allow_empty || !record.residues.empty(), "a record has residues");
      seqio::append_fasta(text, record, size % 70);
    }
    const std::vector<bio::Sequence> again = read_all(text, options);
    fuzz::require(again.size() == records.size(), "as many records");
    for (size_t i = 0; i < records.size(); ++i) {
      fuzz::require(again[i].name == records[i].name && again[i].description == records[i].description &&
                        again[i].residues == records[i].residues,
                    "the same records");
    }
  });
  return 0;
}
