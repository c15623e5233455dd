// PDB and mmCIF files: what is accepted makes a structure that our writers take and that reads back the same.
#include <algorithm>

#include "foldmesh/base/log.h"
#include "foldmesh/structio/structure_file.h"
#include "foldmesh/structio/structure_reader.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::log::set_level(base::log::level::off);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    const structio::Entry entry = structio::parse_structure(bytes, "input");
    for (const structio::EntryChain& chain : entry.chains) {
      fuzz::require(structio::find_chain(entry, chain.author_id) != nullptr, "a chain is found by its name");
      fuzz::require(chain.sequence().size() == chain.residues.size(), "a letter per residue");
      for (const structio::EntryResidue& residue : chain.residues) {
        fuzz::require(residue.letter >= 'A' && residue.letter <= 'Z', "letters");
        fuzz::require(residue.observed == (std::count(residue.mask.begin(), residue.mask.end(), 1) > 0),
                      "observed means atoms");
      }
    }
    const bio::Structure structure = structio::to_structure(entry);
    if (structure.n_res() == 0) return;
    const bio::Structure again =
        structio::to_structure(structio::parse_structure(structio::to_mmcif(structure, {}), "again"));
    fuzz::require(again.atom_mask.size() <= structure.atom_mask.size(), "no residue more");
  });
  return 0;
}
