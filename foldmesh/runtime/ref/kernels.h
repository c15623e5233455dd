// Internal: the kernels behind RefBackend, one per operator of graph/op.h.
#ifndef FOLDMESH_RUNTIME_REF_KERNELS_H_
#define FOLDMESH_RUNTIME_REF_KERNELS_H_

#include "foldmesh/runtime/kernel.h"

namespace foldmesh::runtime::ref {

extern const Kernel kRecyclePair;
extern const Kernel kPairEmbedding;
extern const Kernel kMsaEmbedding;
extern const Kernel kExtraMsaEmbedding;
extern const Kernel kTemplatePairEmbedding;
extern const Kernel kTemplatePointwiseAttention;
extern const Kernel kTemplateAngleEmbedding;
extern const Kernel kRowAttention;
extern const Kernel kColumnAttention;
extern const Kernel kGlobalColumnAttention;
extern const Kernel kTransition;
extern const Kernel kOuterProductMean;
extern const Kernel kTriangleMultiplication;
extern const Kernel kTriangleAttention;
extern const Kernel kLayerNorm;
extern const Kernel kFirstRow;
extern const Kernel kLinear;
extern const Kernel kStructureModule;
extern const Kernel kPlddtHead;
extern const Kernel kDistogramHead;
extern const Kernel kChainPairEmbedding;
extern const Kernel kChainTemplateEmbedding;
extern const Kernel kTemplateMean;
extern const Kernel kTemplateChiEmbedding;
extern const Kernel kFusedTriangleMultiplication;
extern const Kernel kChainStructureModule;

}  // namespace foldmesh::runtime::ref

#endif  // FOLDMESH_RUNTIME_REF_KERNELS_H_
