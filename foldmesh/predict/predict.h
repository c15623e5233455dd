// From features to a structure: the network run n_recycles + 1 times, each pass starting from what the pass
// before left (Jumper et al. 2021, suppl. algorithms 2 and 30).
#ifndef FOLDMESH_PREDICT_PREDICT_H_
#define FOLDMESH_PREDICT_PREDICT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/bio/structure.h"
#include "foldmesh/comm/group.h"
#include "foldmesh/confidence/confidence.h"
#include "foldmesh/model/network.h"
#include "foldmesh/model/param_store.h"
#include "foldmesh/predict/feature_source.h"
#include "foldmesh/predict/memory.h"
#include "foldmesh/runtime/executor.h"

namespace foldmesh::predict {

enum class Precision : uint8_t {
  kFp32,       // the cpu backend
  kBf16,       // the cpu backend with the trunk's matrix products in bf16 (docs/design/inference-numerics.md)
  kReference,  // the ref backend: float64, slow, for checking
};

// "fp32", "bf16", "reference"; kInput for anything else.
Precision precision_by_name(std::string_view name);

// What can be looked at after a pass. Valid during the callback only.
struct PassResult {
  int pass = 0;
  const model::ModelConfig& config;
  const model::Dims& dims;
  const runtime::Executor& executor;  // outputs and states by the names in model/monomer.h and multimer.h
  const std::vector<double>& plddt;
  const std::optional<confidence::AlignedError>& aligned_error;
};
using PassCallback = std::function<void(const PassResult&)>;

struct PredictOptions {
  int n_recycles = 3;  // ModelConfig has the published number and tolerance
  // When a pass has changed the distances between C-alpha atoms by no more than this (root mean square, A),
  // the next one is the last. 0: all passes run.
  double recycle_tolerance = 0;
  Precision precision = Precision::kFp32;
  int n_threads = 1;
  // Most memory to take, in bytes; 0 is what the machine has free. A prediction that needs more is refused.
  size_t memory_limit = 0;
  // What others in this process may take meanwhile; counts as part of what the prediction needs.
  size_t other_memory = 0;
  // The devices that share this prediction; all of them call predict() with the same features, parameters and
  // options. Only member 0 gets the aligned error and the contacts. Null: one device.
  comm::Group* group = nullptr;
  // Parameters in the kernels' form, if several executors of this process share them.
  std::shared_ptr<runtime::PackedParams> packed = nullptr;
  // Chains of a complex in AlphaFold's order and by its letters, B, C, ..., instead of the user's.
  bool alphafold_chain_ids = false;
  // Compute the probabilities of contacts.
  bool contacts = false;
  // Compute all heads, needed or not, for on_pass.
  bool all_heads = false;
  PassCallback on_pass;
  // Work done so far and in all, in floating-point operations; called before every operator.
  std::function<void(double done, double total)> progress;
};

struct OperatorTime {
  std::string name;  // of the catalogue: "row_attention"
  double seconds = 0, flops = 0;
};

struct Prediction {
  std::string model;
  bool untrained = false;  // made with generated parameters: the structure means nothing
  // One chain "A", or the chains of a complex. Padded residues (seq_mask 0) are left out here and in all that
  // follows.
  bio::Structure structure;
  std::vector<double> plddt;                              // [n_res], 0..100
  std::optional<confidence::AlignedError> aligned_error;  // models with a PAE head
  std::vector<double> contact_probability;                // [n_res, n_res] if asked for, else empty
  double ranking_confidence = 0;                          // mean pLDDT; 0.8 ipTM + 0.2 pTM of complexes
  int n_passes = 0;                                       // that ran
  double last_change = 0;  // of distances, by the pass before the last; if there was a tolerance
  model::Dims dims;
  MemoryEstimate memory;
  std::vector<double> pass_seconds;
  std::vector<OperatorTime> operator_times;  // summed over passes, in the order of the catalogue
};

// Throws kInput when the features hold too few passes or the prediction does not fit into memory.
// Results depend on features, parameters, recycles and precision only, not on threads, devices or progress.
Prediction predict(FeatureSource& features, const model::ModelConfig& config, const model::ParamStore& params,
                   const PredictOptions& options);

// The same on `n_devices` devices, which are threads of this process (or groups of threads: n_threads are
// shared out among them). `make_source` is called once for each, with its threads, and always makes the same
// features. The members of options.group are not used.
using SourceMaker = std::function<std::unique_ptr<FeatureSource>(base::ThreadPool& pool)>;
Prediction predict_on_devices(int n_devices, const SourceMaker& make_source, const model::ModelConfig& config,
                              const model::ParamStore& params, const PredictOptions& options);

// What such a prediction would take, without running it. `all_heads` etc. as in options.
MemoryEstimate estimate_memory(const FeatureSource& features, const model::ModelConfig& config,
                               const model::ParamStore& params, const PredictOptions& options);

// Extents for the network. Template slots behind the last one that holds anything are left out: masked slots
// change nothing.
model::Dims network_dims(const FeatureSource& features, const model::ModelConfig& config);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_PREDICT_H_
