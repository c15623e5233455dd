#include "foldmesh/relax/engine.h"

namespace foldmesh::relax {

const char* to_string(Stop stop) {
  switch (stop) {
    case Stop::kConverged:
      return "converged";
    case Stop::kIterations:
      return "iterations used up";
    case Stop::kSeconds:
      return "time is up";
    case Stop::kDiverged:
      return "diverged";
  }
  return "";
}

}  // namespace foldmesh::relax
