// Queries as bytes, for other machines.
#ifndef FOLDMESH_SEARCH_QUERY_CODEC_H_
#define FOLDMESH_SEARCH_QUERY_CODEC_H_

#include "foldmesh/base/bytes.h"
#include "foldmesh/hmm/core_model.h"
#include "foldmesh/search/thresholds.h"

namespace foldmesh::search {

// All that searching needs, to the last bit; where a model came from (date, command lines) is left out.
void put_model(base::ByteWriter& out, const hmm::CoreModel& model);
hmm::CoreModel get_model(base::ByteReader& in);

void put_thresholds(base::ByteWriter& out, const Thresholds& thresholds);
Thresholds get_thresholds(base::ByteReader& in);

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_QUERY_CODEC_H_
