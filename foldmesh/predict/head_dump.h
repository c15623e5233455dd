// All that the network puts out, pass by pass, for comparison with other implementations.
#ifndef FOLDMESH_PREDICT_HEAD_DUMP_H_
#define FOLDMESH_PREDICT_HEAD_DUMP_H_

#include <filesystem>
#include <functional>
#include <string>

#include "foldmesh/predict/predict.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::predict {

// Hands out every output of one pass as float32 under its name in the dump: msa, pair, single, msa_first_row,
// final_atom_positions, sm_frames, sm_angles, sm_unnormalized_angles, sm_positions, sm_single, lddt_logits,
// plddt, distogram_logits, masked_msa_logits, experimentally_resolved_logits and, with a PAE head, tm_logits,
// ptm_score [1], predicted_aligned_error, with several chains also iptm_score and weighted_ptm_score [1].
// Frames of multimer models are 4x4 matrices. Other shapes as in model/monomer.h, but msa without the
// template rows. Needs all_heads.
void for_each_head(
    const PassResult& result,
    const std::function<void(const std::string& name, const tensor::ConstView& values)>& visit);

// An .npz that receives `out<pass>_<name>` of every pass. Not thread-safe.
class HeadDump {
 public:
  explicit HeadDump(const std::filesystem::path& path) : writer_(path) {}
  void add(const PassResult& result);
  // The file appears only then.
  void commit() { writer_.commit(); }

 private:
  tensor::NpzWriter writer_;
};

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_HEAD_DUMP_H_
