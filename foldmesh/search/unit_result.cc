#include "foldmesh/search/unit_result.h"

#include "foldmesh/base/bytes.h"

namespace foldmesh::search {

std::string encode(const UnitResult& result) {
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(result.id.database);
  out.put(result.id.group);
  out.put(result.id.first_target);
  out.put(static_cast<uint32_t>(result.parts.size()));
  for (const UnitResult::Part& part : result.parts) {
    out.put(part.counters);
    for (const size_t length : {part.hits.longest_name, part.hits.longest_accession, part.hits.longest_label})
      out.put(static_cast<uint64_t>(length));
    out.put_text(part.hits.bytes);
  }
  return bytes;
}

UnitResult decode_unit_result(std::string_view bytes) {
  base::ByteReader in(bytes);
  UnitResult result;
  result.id.database = in.get<uint32_t>();
  result.id.group = in.get<uint32_t>();
  result.id.first_target = in.get<int64_t>();
  const auto n_parts = in.get<uint32_t>();
  for (uint32_t i = 0; i < n_parts; ++i) {
    UnitResult::Part& part = result.parts.emplace_back();
    part.counters = in.get<hmm::StageCounters>();
    for (size_t* length : {&part.hits.longest_name, &part.hits.longest_accession, &part.hits.longest_label})
      *length = in.get<uint64_t>();
    part.hits.bytes = in.text();
  }
  return result;
}

}  // namespace foldmesh::search
