// What this device runs in one pass, and what memory that takes. Internal to predict.
#ifndef FOLDMESH_PREDICT_PROGRAM_H_
#define FOLDMESH_PREDICT_PROGRAM_H_

#include "foldmesh/lower/lower.h"
#include "foldmesh/predict/predict.h"

namespace foldmesh::predict {

int n_devices(const PredictOptions& options);
// Whether this process has the results.
bool is_first(const PredictOptions& options);

struct Program {
  lower::Program program;
  runtime::MemoryPlan memory;
};

// The network as it is, or its parts on one device, in the fastest way.
Program plain_program(const graph::Graph& network, const runtime::Backend& backend,
                      const PredictOptions& options);

// The plain program where it fits on one device, a planned one otherwise; the one of least memory when none
// fits. On several devices all must call it; kInput when no plan fits.
Program choose_program(const graph::Graph& network, const runtime::Backend& backend,
                       const FeatureSource& features, const model::Dims& dims,
                       const model::ParamStore& params, const PredictOptions& options);

// The most there is at a time: all as stored, or as kernels pack them and the stored ones that are still
// read.
size_t parameter_bytes(const model::ParamStore& params, const runtime::PackedParamList& packed);

MemoryEstimate estimate(const FeatureSource& features, const model::Dims& dims,
                        const model::ParamStore& params, const runtime::MemoryPlan& arena,
                        const PredictOptions& options);

}  // namespace foldmesh::predict

#endif  // FOLDMESH_PREDICT_PROGRAM_H_
