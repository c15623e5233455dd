// Families of five models each, as --model-preset names them.
#ifndef FOLDMESH_PIPELINE_MODEL_PRESETS_H_
#define FOLDMESH_PIPELINE_MODEL_PRESETS_H_

#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::pipeline {

// "monomer", "monomer_ptm", "multimer" (the third release), "multimer_v2", "multimer_v1".
std::vector<std::string> model_presets();
// What follows "model_1" in the names of the models; kInput for an unknown preset.
std::string model_suffix(std::string_view preset);
// Whether the models take complexes.
bool is_multimer(std::string_view preset);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_MODEL_PRESETS_H_
