// Tables and AlphaFold 3's jobs: whatever is taken has names that stay in the output folder, and sequences.
#include "foldmesh/pipeline/input_files.h"
#include "foldmesh/search/alignment_search.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

void check(const std::vector<pipeline::Target>& targets) {
  fuzz::require(!targets.empty(), "a target");
  for (const pipeline::Target& target : targets) {
    fuzz::require(search::folder_name(target.name) == target.name && !target.name.empty(),
                  "a name for a folder");
    fuzz::require(!target.chains.empty(), "a chain");
    for (const pipeline::Chain& chain : target.chains) {
      fuzz::require(!chain.sequence.empty() && !chain.id.empty(), "a sequence");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] { check(pipeline::parse_table(text, "t.csv")); });
  fuzz::refusing_only_input([&] { check(pipeline::parse_alphafold3(text, "job.json")); });
  fuzz::refusing_only_input([&] {
    check({{"complex", pipeline::parse_chain_map(text, "map.json"), "map.json"}});
  });
  return 0;
}
