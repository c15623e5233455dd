#include "foldmesh/runtime/ref/ref_backend.h"

#include "foldmesh/runtime/ref/kernels.h"

namespace foldmesh::runtime {

Kernel RefBackend::kernel(graph::OpKind kind) const {
  switch (kind) {
    case graph::OpKind::kRecyclePair:
      return ref::kRecyclePair;
    case graph::OpKind::kPairEmbedding:
      return ref::kPairEmbedding;
    case graph::OpKind::kMsaEmbedding:
      return ref::kMsaEmbedding;
    case graph::OpKind::kExtraMsaEmbedding:
      return ref::kExtraMsaEmbedding;
    case graph::OpKind::kTemplatePairEmbedding:
      return ref::kTemplatePairEmbedding;
    case graph::OpKind::kTemplatePointwiseAttention:
      return ref::kTemplatePointwiseAttention;
    case graph::OpKind::kTemplateAngleEmbedding:
      return ref::kTemplateAngleEmbedding;
    case graph::OpKind::kRowAttention:
      return ref::kRowAttention;
    case graph::OpKind::kColumnAttention:
      return ref::kColumnAttention;
    case graph::OpKind::kGlobalColumnAttention:
      return ref::kGlobalColumnAttention;
    case graph::OpKind::kTransition:
      return ref::kTransition;
    case graph::OpKind::kOuterProductMean:
      return ref::kOuterProductMean;
    case graph::OpKind::kTriangleMultiplication:
      return ref::kTriangleMultiplication;
    case graph::OpKind::kTriangleAttention:
      return ref::kTriangleAttention;
    case graph::OpKind::kLayerNorm:
      return ref::kLayerNorm;
    case graph::OpKind::kFirstRow:
      return ref::kFirstRow;
    case graph::OpKind::kLinear:
      return ref::kLinear;
    case graph::OpKind::kStructureModule:
      return ref::kStructureModule;
    case graph::OpKind::kPlddtHead:
      return ref::kPlddtHead;
    case graph::OpKind::kDistogramHead:
      return ref::kDistogramHead;
    case graph::OpKind::kChainPairEmbedding:
      return ref::kChainPairEmbedding;
    case graph::OpKind::kChainTemplateEmbedding:
      return ref::kChainTemplateEmbedding;
    case graph::OpKind::kTemplateMean:
      return ref::kTemplateMean;
    case graph::OpKind::kTemplateChiEmbedding:
      return ref::kTemplateChiEmbedding;
    case graph::OpKind::kFusedTriangleMultiplication:
      return ref::kFusedTriangleMultiplication;
    case graph::OpKind::kChainStructureModule:
      return ref::kChainStructureModule;
    default:
      return {};  // it runs networks as they are
  }
}

}  // namespace foldmesh::runtime
