// Attention over MSA tensors (suppl. algorithms 7, 8 and 19).
#include <algorithm>
#include <cmath>

#include "foldmesh/runtime/ref/gated_attention.h"
#include "foldmesh/runtime/ref/kernels.h"
#include "foldmesh/runtime/ref/scratch.h"

namespace foldmesh::runtime::ref {
namespace {

size_t row_bytes(const KernelShapes& shapes) {
  const AttentionSizes n = attention_sizes(rows_of(shapes.inputs[0]), param(shapes, "attention//query_w"));
  return biased_attention_bytes(n, shapes.inputs[1][2], shapes.n_threads);
}

void run_row(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm query_norm = params.layer_norm();
  PairBias bias;
  bias.norm = params.layer_norm();
  bias.weights = params.linear_without_bias();
  bias.lines = rows_of(args.inputs[1].shape);
  bias.z = args.inputs[1].as<double>();
  const AttentionParams attention = read_attention(params, query_norm);
  const Lines rows = rows_of(args.inputs[0].shape);
  attend(args, rows, attention_sizes(rows, param(args, "attention//query_w").shape), attention,
         args.outputs[0].as<double>(), args.inputs[2].as<double>(), &bias);
}

size_t column_bytes(const KernelShapes& shapes) {
  return attention_bytes(attention_sizes(columns_of(shapes.inputs[0]), param(shapes, "attention//query_w")),
                         shapes.n_threads);
}

void run_column(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm query_norm = params.layer_norm();
  const AttentionParams attention = read_attention(params, query_norm);
  const Lines columns = columns_of(args.inputs[0].shape);
  attend(args, columns, attention_sizes(columns, param(args, "attention//query_w").shape), attention,
         args.outputs[0].as<double>(), args.inputs[1].as<double>(), nullptr);
}

// Global column attention: one query per column (the masked mean of its rows), keys and values shared by the
// heads. Rows differ only in their gate.

struct GlobalScratch {
  double *x, *mean, *query, *key, *value, *gate, *weights, *attended, *update;

  GlobalScratch(Arena& arena, const AttentionSizes& n) {
    x = arena.take(n.length * n.channels);
    mean = arena.take(n.channels);
    query = arena.take(n.n_heads * n.head_size);
    key = arena.take(n.length * n.head_size);
    value = arena.take(n.length * n.head_size);
    gate = arena.take(n.length * n.n_heads * n.head_size);
    weights = arena.take(n.length);
    attended = arena.take(n.n_heads * n.head_size);
    update = arena.take(n.length * n.channels);
  }
};

constexpr double kMaskedMeanEpsilon = 1e-10;

void masked_mean(const AttentionSizes& n, const Lines& columns, int64_t column, const double* mask,
                 const GlobalScratch& s) {
  double count = 0;
  std::fill_n(s.mean, n.channels, 0.0);
  for (int64_t row = 0; row < n.length; ++row) {
    const double valid = mask[columns.index(column, row)];
    count += valid;
    for (int64_t c = 0; c < n.channels; ++c) s.mean[c] += valid * s.x[row * n.channels + c];
  }
  for (int64_t c = 0; c < n.channels; ++c) s.mean[c] /= count + kMaskedMeanEpsilon;
}

// s.attended [h,d] = attention of the column's query over its rows.
void attend_globally(const AttentionSizes& n, const Lines& columns, int64_t column, const double* mask,
                     const GlobalScratch& s) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(n.head_size));
  for (int64_t h = 0; h < n.n_heads; ++h) {
    for (int64_t row = 0; row < n.length; ++row) {
      const double logit = scale * dot(s.query + h * n.head_size, s.key + row * n.head_size, n.head_size);
      s.weights[row] = mask[columns.index(column, row)] != 0 ? logit : kMaskedLogit;
    }
    softmax(s.weights, n.length);
    for (int64_t d = 0; d < n.head_size; ++d) {
      double sum = 0;
      for (int64_t row = 0; row < n.length; ++row) sum += s.weights[row] * s.value[row * n.head_size + d];
      s.attended[h * n.head_size + d] = sum;
    }
  }
}

size_t global_bytes(const KernelShapes& shapes) {
  const AttentionSizes n = attention_sizes(columns_of(shapes.inputs[0]), param(shapes, "attention//query_w"));
  return static_cast<size_t>(shapes.n_threads) * bytes_of<GlobalScratch>(n);
}

void run_global(const KernelArgs& args) {
  ParamReader params(args.params);
  const LayerNorm query_norm = params.layer_norm();
  const AttentionParams p = read_attention(params, query_norm);
  const Lines columns = columns_of(args.inputs[0].shape);
  const AttentionSizes n = attention_sizes(columns, param(args, "attention//query_w").shape);
  const int64_t width = n.n_heads * n.head_size;
  double* m = args.outputs[0].as<double>();
  const double* mask = args.inputs[1].as<double>();

  args.pool.parallel_for(columns.count, [&](int64_t column, int worker) {
    const auto s = worker_scratch<GlobalScratch>(args.workspace, 0, worker, n);
    for (int64_t row = 0; row < n.length; ++row) {
      apply(p.norm, m + columns.index(column, row) * n.channels, 1, s.x + row * n.channels);
    }
    masked_mean(n, columns, column, mask, s);
    apply(p.query, s.mean, 1, s.query);
    apply(p.key, s.x, n.length, s.key);
    apply(p.value, s.x, n.length, s.value);
    apply(p.gate, s.x, n.length, s.gate);
    attend_globally(n, columns, column, mask, s);
    for (int64_t row = 0; row < n.length; ++row) {
      for (int64_t k = 0; k < width; ++k)
        s.gate[row * width + k] = sigmoid(s.gate[row * width + k]) * s.attended[k];
    }
    apply(p.output, s.gate, n.length, s.update);
    for (int64_t row = 0; row < n.length; ++row) {
      add(m + columns.index(column, row) * n.channels, s.update + row * n.channels, n.channels);
    }
  });
}

}  // namespace

const Kernel kRowAttention = {run_row, row_bytes};
const Kernel kColumnAttention = {run_column, column_bytes};
const Kernel kGlobalColumnAttention = {run_global, global_bytes};

}  // namespace foldmesh::runtime::ref
