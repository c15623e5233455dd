#include "foldmesh/seqdb/verify.h"

#include <algorithm>

namespace foldmesh::seqdb {

void verify(const Database& database, const std::function<void(uint64_t)>& on_progress) {
  for (size_t block = 0; block < database.directory().size(); ++block) {
    if (const auto damage = database.find_damage(block)) throw_damage(database.path(), *damage);
    if (on_progress) on_progress(database.directory()[block].bytes);
  }
  int64_t longest = 0;
  database.for_each_residues(database.all(), [&](int64_t, std::span<const bio::Code> residues) {
    longest = std::max<int64_t>(longest, std::ssize(residues));
  });
  if (longest != database.longest()) {
    throw_damage(database.path(), {offsetof(FileHeader, longest), "the longest sequence is not that long"});
  }
}

}  // namespace foldmesh::seqdb
