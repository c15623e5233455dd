#include "foldmesh/seqdb/verify.h"

namespace foldmesh::seqdb {

void verify(const Database& database, const std::function<void(uint64_t)>& on_progress) {
  for (size_t block = 0; block < database.directory().size(); ++block) {
    if (const auto damage = database.find_damage(block)) throw_damage(database.path(), *damage);
    if (on_progress) on_progress(database.directory()[block].bytes);
  }
}

}  // namespace foldmesh::seqdb
