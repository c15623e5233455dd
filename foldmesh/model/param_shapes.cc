#include "foldmesh/model/param_shapes.h"

#include "foldmesh/base/error.h"
#include "foldmesh/model/config.h"

namespace foldmesh::model {
namespace {

using graph::OpKind;
using Shapes = std::vector<tensor::Shape>;

constexpr int64_t kOuterChannels = 32;
constexpr int64_t kRecycleBins = 15, kRelativePositions = 65;
constexpr int64_t kChainRelativePositions = 73, kTemplateChiFeatures = 34;
constexpr int64_t kExtraMsaFeatures = 25, kTemplatePairFeatures = 88, kTemplateAngleFeatures = 57;

void add_norm(Shapes& shapes, int64_t c) {
  shapes.push_back({c});
  shapes.push_back({c});
}

void add_linear(Shapes& shapes, int64_t in, int64_t out) {
  shapes.push_back({in, out});
  shapes.push_back({out});
}

// query_w .. output_b of gated attention. With `shared`, all heads use one key and one value.
void add_attention(Shapes& shapes, const Widths& w, bool shared = false) {
  const tensor::Shape per_head = {w.channels, w.heads, w.head_dim};
  const tensor::Shape key_value = shared ? tensor::Shape{w.channels, w.head_dim} : per_head;
  shapes.push_back(per_head);
  shapes.push_back(key_value);
  shapes.push_back(key_value);
  shapes.push_back(per_head);
  shapes.push_back({w.heads, w.head_dim});
  shapes.push_back({w.heads, w.head_dim, w.channels});
  shapes.push_back({w.channels});
}

Shapes structure_module(bool multimer) {
  constexpr int64_t kHeads = 12, kScalarQk = 16, kScalarV = 16, kQueryPoints = 4, kValuePoints = 8;
  constexpr int64_t kSidechain = 128, kTorsions = 7;
  constexpr int64_t kIpaOutput = kHeads * (kScalarV + 4 * kValuePoints + kPairChannels);
  constexpr int64_t c = kSingleChannels;
  Shapes shapes;
  add_norm(shapes, c);
  add_linear(shapes, c, c);
  add_norm(shapes, kPairChannels);
  if (multimer) {
    for (const int64_t scalars : {kScalarQk, kScalarQk, kScalarV}) shapes.push_back({c, kHeads, scalars});
    for (const int64_t points : {kQueryPoints, kQueryPoints, kValuePoints}) {
      shapes.push_back({c, kHeads, 3 * points});
      shapes.push_back({kHeads, 3 * points});
    }
  } else {
    add_linear(shapes, c, kHeads * kScalarQk);
    add_linear(shapes, c, kHeads * (kScalarQk + kScalarV));
    add_linear(shapes, c, kHeads * kQueryPoints * 3);
    add_linear(shapes, c, kHeads * (kQueryPoints + kValuePoints) * 3);
  }
  shapes.push_back({kHeads});
  add_linear(shapes, kPairChannels, kHeads);
  add_linear(shapes, kIpaOutput, c);
  add_norm(shapes, c);
  for (int layer = 0; layer < 3; ++layer) add_linear(shapes, c, c);
  add_norm(shapes, c);
  add_linear(shapes, c, 6);
  add_linear(shapes, c, kSidechain);
  add_linear(shapes, c, kSidechain);
  for (int layer = 0; layer < 4; ++layer) add_linear(shapes, kSidechain, kSidechain);
  add_linear(shapes, kSidechain, 2 * kTorsions);
  return shapes;
}

}  // namespace

std::vector<tensor::Shape> param_shapes(OpKind kind, const Widths& w) {
  Shapes shapes;
  switch (kind) {
    case OpKind::kRecyclePair:
      add_norm(shapes, kPairChannels);
      add_linear(shapes, kRecycleBins, kPairChannels);
      break;
    case OpKind::kPairEmbedding:
      add_linear(shapes, kTargetFeatures, kPairChannels);
      add_linear(shapes, kTargetFeatures, kPairChannels);
      add_linear(shapes, kRelativePositions, kPairChannels);
      break;
    case OpKind::kMsaEmbedding:
      add_linear(shapes, w.channels, kMsaChannels);
      add_linear(shapes, kMsaFeatures, kMsaChannels);
      add_norm(shapes, kMsaChannels);
      break;
    case OpKind::kExtraMsaEmbedding:
      add_linear(shapes, kExtraMsaFeatures, kExtraMsaChannels);
      break;
    case OpKind::kTemplatePairEmbedding:
      add_linear(shapes, kTemplatePairFeatures, kTemplateChannels);
      break;
    case OpKind::kTemplatePointwiseAttention:
      shapes.push_back({kPairChannels, w.heads, w.head_dim});
      shapes.push_back({kTemplateChannels, w.heads, w.head_dim});
      shapes.push_back({kTemplateChannels, w.heads, w.head_dim});
      shapes.push_back({w.heads, w.head_dim, kPairChannels});
      shapes.push_back({kPairChannels});
      break;
    case OpKind::kTemplateAngleEmbedding:
      add_linear(shapes, kTemplateAngleFeatures, kMsaChannels);
      add_linear(shapes, kMsaChannels, kMsaChannels);
      break;
    case OpKind::kRowAttention:
      add_norm(shapes, w.channels);
      add_norm(shapes, kPairChannels);
      shapes.push_back({kPairChannels, w.heads});
      add_attention(shapes, w);
      break;
    case OpKind::kColumnAttention:
      add_norm(shapes, w.channels);
      add_attention(shapes, w);
      break;
    case OpKind::kGlobalColumnAttention:
      add_norm(shapes, w.channels);
      add_attention(shapes, w, true);
      break;
    case OpKind::kTransition:
      add_norm(shapes, w.channels);
      add_linear(shapes, w.channels, w.hidden);
      add_linear(shapes, w.hidden, w.channels);
      break;
    case OpKind::kOuterProductMean:
      add_norm(shapes, w.channels);
      add_linear(shapes, w.channels, kOuterChannels);
      add_linear(shapes, w.channels, kOuterChannels);
      shapes.push_back({kOuterChannels, kOuterChannels, kPairChannels});
      shapes.push_back({kPairChannels});
      break;
    case OpKind::kTriangleMultiplication:
      add_norm(shapes, w.channels);
      for (int layer = 0; layer < 4; ++layer) add_linear(shapes, w.channels, w.channels);
      add_norm(shapes, w.channels);
      add_linear(shapes, w.channels, w.channels);
      add_linear(shapes, w.channels, w.channels);
      break;
    case OpKind::kTriangleAttention:
      add_norm(shapes, w.channels);
      shapes.push_back({w.channels, w.heads});
      add_attention(shapes, w);
      break;
    case OpKind::kLayerNorm:
      add_norm(shapes, w.channels);
      break;
    case OpKind::kFirstRow:
      break;
    case OpKind::kLinear:
      add_linear(shapes, w.channels, w.out);
      break;
    case OpKind::kStructureModule:
      return structure_module(false);
    case OpKind::kPlddtHead:
      add_norm(shapes, kSingleChannels);
      add_linear(shapes, kSingleChannels, 128);
      add_linear(shapes, 128, 128);
      add_linear(shapes, 128, kPlddtBins);
      break;
    case OpKind::kDistogramHead:
      add_linear(shapes, kPairChannels, kDistogramBins);
      break;
    case OpKind::kChainPairEmbedding:
      add_linear(shapes, kMultimerTargetFeatures, kPairChannels);
      add_linear(shapes, kMultimerTargetFeatures, kPairChannels);
      add_linear(shapes, kChainRelativePositions, kPairChannels);
      break;
    case OpKind::kChainTemplateEmbedding: {
      constexpr int64_t kDistances = 39, kTypes = 22, kScalar = 0;
      add_norm(shapes, kPairChannels);
      for (const int64_t in :
           {kDistances, kScalar, kTypes, kTypes, kScalar, kScalar, kScalar, kScalar, kPairChannels}) {
        shapes.push_back(in == kScalar ? tensor::Shape{kTemplateChannels}
                                       : tensor::Shape{in, kTemplateChannels});
        shapes.push_back({kTemplateChannels});
      }
      break;
    }
    case OpKind::kTemplateMean:
      add_linear(shapes, kTemplateChannels, kPairChannels);
      break;
    case OpKind::kTemplateChiEmbedding:
      add_linear(shapes, kTemplateChiFeatures, kMsaChannels);
      add_linear(shapes, kMsaChannels, kMsaChannels);
      break;
    case OpKind::kFusedTriangleMultiplication:
      add_norm(shapes, w.channels);
      add_linear(shapes, w.channels, 2 * w.channels);
      add_linear(shapes, w.channels, 2 * w.channels);
      add_norm(shapes, w.channels);
      add_linear(shapes, w.channels, w.channels);
      add_linear(shapes, w.channels, w.channels);
      break;
    case OpKind::kChainStructureModule:
      return structure_module(true);
    default:
      base::throw_internal("{} is no operator of a network", graph::spec(kind).name);
  }
  return shapes;
}

}  // namespace foldmesh::model
