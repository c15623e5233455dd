#include "foldmesh/runtime/ref/gated_attention.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

struct AttentionScratch {
  double *x, *query, *key, *value, *gate, *update, *weights;

  AttentionScratch(Arena& arena, const AttentionSizes& n) {
    const int64_t width = n.n_heads * n.head_size;
    x = arena.take(n.length * n.channels);
    query = arena.take(n.length * width);
    key = arena.take(n.length * width);
    value = arena.take(n.length * width);
    gate = arena.take(n.length * width);
    update = arena.take(n.length * n.channels);
    weights = arena.take(n.length);
  }
};

struct BiasSizes {
  int64_t length = 0, channels = 0, n_heads = 0;
};

// bias [h,length,length] (head, query, key), shared by all workers
struct BiasTable {
  double* bias;
  BiasTable(Arena& arena, const BiasSizes& n) : bias(arena.take(n.n_heads * n.length * n.length)) {}
};

struct BiasScratch {
  double *x, *bias;
  BiasScratch(Arena& arena, const BiasSizes& n)
      : x(arena.take(n.length * n.channels)), bias(arena.take(n.length * n.n_heads)) {}
};

void fill_bias(const KernelArgs& args, const BiasSizes& n, const PairBias& pairs, size_t workspace_offset,
               double* bias) {
  args.pool.parallel_for(n.length, [&](int64_t j, int worker) {
    const auto s = worker_scratch<BiasScratch>(args.workspace, workspace_offset, worker, n);
    for (int64_t k = 0; k < n.length; ++k) {
      apply(pairs.norm, pairs.z + pairs.lines.index(j, k) * n.channels, 1, s.x + k * n.channels);
    }
    apply(pairs.weights, s.x, n.length, s.bias);
    for (int64_t k = 0; k < n.length; ++k) {
      for (int64_t h = 0; h < n.n_heads; ++h)
        bias[(h * n.length + j) * n.length + k] = s.bias[k * n.n_heads + h];
    }
  });
}

// Leaves in s.gate the gated, weighted values of all heads: the input of the output layer.
void attend_line(const AttentionSizes& n, const Lines& lines, int64_t line, const double* mask,
                 const double* bias, AttentionScratch& s) {
  const int64_t width = n.n_heads * n.head_size;
  const double scale = 1.0 / std::sqrt(static_cast<double>(n.head_size));
  for (int64_t h = 0; h < n.n_heads; ++h) {
    for (int64_t i = 0; i < n.length; ++i) {
      const double* query = s.query + i * width + h * n.head_size;
      for (int64_t j = 0; j < n.length; ++j) {
        const double* key = s.key + j * width + h * n.head_size;
        double logit = scale * dot(query, key, n.head_size);
        if (bias != nullptr) logit += bias[(h * n.length + i) * n.length + j];
        s.weights[j] = mask[lines.index(line, j)] != 0 ? logit : kMaskedLogit;
      }
      softmax(s.weights, n.length);
      double* gate = s.gate + i * width + h * n.head_size;
      for (int64_t d = 0; d < n.head_size; ++d) {
        double sum = 0;
        for (int64_t j = 0; j < n.length; ++j) sum += s.weights[j] * s.value[j * width + h * n.head_size + d];
        gate[d] = sigmoid(gate[d]) * sum;
      }
    }
  }
}

}  // namespace

AttentionParams read_attention(ParamReader& params, const LayerNorm& norm) {
  AttentionParams p;
  p.norm = norm;
  p.query = params.linear_without_bias();
  p.key = params.linear_without_bias();
  p.value = params.linear_without_bias();
  p.gate = params.linear();
  p.output = params.linear();
  return p;
}

size_t attention_bytes(const AttentionSizes& sizes, int n_threads) {
  return static_cast<size_t>(n_threads) * bytes_of<AttentionScratch>(sizes);
}

size_t biased_attention_bytes(const AttentionSizes& sizes, int64_t pair_channels, int n_threads) {
  const BiasSizes bias = {sizes.length, pair_channels, sizes.n_heads};
  // Filling the table and attending follow each other and share their scratch.
  return bytes_of<BiasTable>(bias) + std::max(static_cast<size_t>(n_threads) * bytes_of<BiasScratch>(bias),
                                              attention_bytes(sizes, n_threads));
}

void attend(const KernelArgs& args, const Lines& lines, const AttentionSizes& sizes,
            const AttentionParams& params, double* x, const double* mask, const PairBias* pairs) {
  double* bias = nullptr;
  size_t offset = 0;
  if (pairs != nullptr) {
    const BiasSizes bias_sizes = {sizes.length, pairs->norm.n, sizes.n_heads};
    bias = shared_scratch<BiasTable>(args.workspace, bias_sizes).bias;
    offset = bytes_of<BiasTable>(bias_sizes);
    fill_bias(args, bias_sizes, *pairs, offset, bias);
  }
  const int64_t c = sizes.channels;
  args.pool.parallel_for(lines.count, [&](int64_t line, int worker) {
    auto s = worker_scratch<AttentionScratch>(args.workspace, offset, worker, sizes);
    for (int64_t p = 0; p < lines.length; ++p)
      apply(params.norm, x + lines.index(line, p) * c, 1, s.x + p * c);
    apply(params.query, s.x, lines.length, s.query);
    apply(params.key, s.x, lines.length, s.key);
    apply(params.value, s.x, lines.length, s.value);
    apply(params.gate, s.x, lines.length, s.gate);
    attend_line(sizes, lines, line, mask, bias, s);
    apply(params.output, s.gate, lines.length, s.update);
    for (int64_t p = 0; p < lines.length; ++p) add(x + lines.index(line, p) * c, s.update + p * c, c);
  });
}

}  // namespace foldmesh::runtime::ref
