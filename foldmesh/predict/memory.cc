#include "foldmesh/predict/memory.h"

#include "foldmesh/base/error.h"
#include "foldmesh/base/memory.h"

namespace foldmesh::predict {

using base::available_memory;
using base::format_bytes;

bool fits(const MemoryEstimate& estimate, size_t limit) {
  if (limit == 0) limit = available_memory();
  return limit == 0 || estimate.total() <= limit;
}

void check_memory(const MemoryEstimate& estimate, size_t limit) {
  const bool asked = limit > 0;
  if (!asked) limit = available_memory();
  if (fits(estimate, limit)) return;
  base::throw_input(
      "this prediction needs {} of memory ({} for activations, decided by {}; {} for parameters), more than "
      "the {} {}",
      format_bytes(estimate.total()), format_bytes(estimate.arena), estimate.worst_node,
      format_bytes(estimate.parameters), format_bytes(limit),
      asked ? "that it may take (--memory)" : "that are free (--memory overrides this check)");
}

}  // namespace foldmesh::predict
