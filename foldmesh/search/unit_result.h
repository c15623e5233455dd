// What came out of one unit of work.
#ifndef FOLDMESH_SEARCH_UNIT_RESULT_H_
#define FOLDMESH_SEARCH_UNIT_RESULT_H_

#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/hmm/pipeline.h"
#include "foldmesh/search/hit_list.h"
#include "foldmesh/search/units.h"

namespace foldmesh::search {

struct UnitResult {
  struct Part {
    hmm::StageCounters counters;
    HitList hits;
  };
  UnitId id;
  std::vector<Part> parts;  // one per query of the group
};

// As bytes, for records and messages.
std::string encode(const UnitResult& result);
UnitResult decode_unit_result(std::string_view bytes);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_UNIT_RESULT_H_
