// Predictions as search models for molecular replacement.
#ifndef FOLDMESH_OUTPUT_REPLACEMENT_MODEL_H_
#define FOLDMESH_OUTPUT_REPLACEMENT_MODEL_H_

#include <cstddef>
#include <filesystem>

namespace foldmesh::output {

struct ReplacementModel {
  size_t n_res = 0, n_left_out = 0;
  double mean_b_factor = 0;  // over residues
};

// Reads a structure whose B-factors are pLDDT, leaves out residues below `minimum_plddt`, and writes it with
// structio::replacement_b_factor(). Throws kInput when B-factors are beyond 0 to 100, look like fractions
// (none above 1), or nothing is left.
ReplacementModel write_replacement_model(const std::filesystem::path& input,
                                         const std::filesystem::path& output, double minimum_plddt);

}  // namespace foldmesh::output

#endif  // FOLDMESH_OUTPUT_REPLACEMENT_MODEL_H_
