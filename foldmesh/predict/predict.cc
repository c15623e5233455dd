#include "foldmesh/predict/predict.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/memory.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/comm/local_group.h"
#include "foldmesh/graph/cost.h"
#include "foldmesh/plan/layout.h"
#include "foldmesh/predict/chain_order.h"
#include "foldmesh/predict/network_inputs.h"
#include "foldmesh/predict/program.h"
#include "foldmesh/predict/recycling.h"
#include "foldmesh/runtime/cpu/bf16_unit.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/ref/ref_backend.h"

namespace foldmesh::predict {
namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<runtime::Backend> backend_for(Precision precision) {
  if (precision == Precision::kReference) return std::make_unique<runtime::RefBackend>();
  return std::make_unique<runtime::CpuBackend>(precision == Precision::kBf16 ? tensor::Precision::kBf16
                                                                             : tensor::Precision::kFp32);
}

// What is packed is not wanted twice.
std::shared_ptr<runtime::PackedParams> packed_params(const model::ParamStore& params) {
  return std::make_shared<runtime::PackedParams>(
      [&params](const tensor::ConstView& param) { params.let_go(param); });
}

// Once, by one of the ranks.
void log_bf16_unit(const PredictOptions& options) {
  static std::once_flag said;
  if (options.precision != Precision::kBf16 || (options.group != nullptr && options.group->rank() != 0))
    return;
  std::call_once(said, [] {
    base::log::info("bf16 is multiplied by {}", runtime::cpu::name_of(runtime::cpu::bf16_unit()));
  });
}

graph::Graph build(const model::ModelConfig& config, const model::Dims& dims, const PredictOptions& options) {
  return model::build_network(config, dims, {.distogram = options.contacts, .all_heads = options.all_heads});
}

// An output that is split by rows over the devices: whole for the first of them, and nothing for the others.
class GatheredRows {
 public:
  GatheredRows(const graph::Graph& network, const runtime::Executor& executor, std::string_view name,
               comm::Group* group)
      : part_(executor.read(name)) {
    if (group == nullptr || group->size() == 1) return;
    const tensor::Shape& shape = network.value(network.find(name)).shape;
    const auto n = static_cast<size_t>(group->size());
    std::vector<comm::SendPart> send(n);
    std::vector<comm::ReceivePart> receive(n);
    send[0] = {static_cast<const std::byte*>(part_.data), part_.bytes()};
    if (group->rank() == 0) {
      whole_.emplace(part_.dtype, shape);
      auto* at = static_cast<std::byte*>(whole_->view().data);
      const size_t row = whole_->bytes() / static_cast<size_t>(shape[0]);
      for (size_t member = 0; member < n; ++member) {
        const int64_t rows = plan::part_size(shape[0], group->size(), static_cast<int>(member));
        receive[member] = {at, row * static_cast<size_t>(rows)};
        at += receive[member].size();
      }
    }
    group->exchange(send, receive);
  }
  tensor::ConstView view() const { return whole_ ? whole_->view() : part_; }

 private:
  tensor::ConstView part_;
  std::optional<tensor::Tensor> whole_;
};

std::optional<confidence::AlignedError> aligned_error(const FeatureSource& features,
                                                      const model::ModelConfig& config,
                                                      const graph::Graph& network,
                                                      runtime::Executor& executor,
                                                      const PredictOptions& options) {
  if (!config.has_pae_head) return std::nullopt;
  const GatheredRows logits(network, executor, "tm_logits", options.group);
  if (!is_first(options)) return std::nullopt;
  std::span<const int32_t> asym_id;
  if (config.is_multimer) asym_id = features.get("asym_id").span<int32_t>();
  return confidence::aligned_error(logits.view(), asym_id, executor.pool());
}

template <typename T>
bio::Structure structure_of(const FeatureSource& features, const T* positions,
                            const std::vector<double>& plddt) {
  const auto aatype = features.get("aatype").span<int32_t>();
  const auto residue_index = features.get("residue_index").span<int32_t>();
  const auto seq_mask = features.get("seq_mask").span<float>();
  bio::Structure structure;
  structure.chain_ids = {"A"};
  for (size_t i = 0; i < aatype.size(); ++i) {
    if (seq_mask[i] == 0) continue;
    structure.aatype.push_back(aatype[i]);
    structure.residue_index.push_back(residue_index[i]);
    structure.chain_index.push_back(0);
    structure.plddt.push_back(static_cast<float>(plddt[i]));
    structure.atom_position.emplace_back();
    structure.atom_mask.emplace_back();
    for (size_t atom = 0; atom < bio::kNumAtom37; ++atom) {
      structure.atom_mask.back()[atom] = bio::kAtom37Mask[aatype[i]][atom];
      for (size_t axis = 0; axis < 3; ++axis) {
        structure.atom_position.back()[atom][axis] =
            static_cast<float>(positions[(i * bio::kNumAtom37 + atom) * 3 + axis]);
      }
    }
  }
  return structure;
}

bio::Structure structure_of(const FeatureSource& features, const tensor::ConstView& positions,
                            const std::vector<double>& plddt) {
  if (positions.dtype == tensor::DType::kF64) return structure_of(features, positions.as<double>(), plddt);
  return structure_of(features, positions.as<float>(), plddt);
}

// Rows and columns of an [n, n] matrix that belong to real residues.
std::vector<double> without_padding(const std::vector<double>& matrix, std::span<const float> seq_mask) {
  std::vector<double> kept;
  for (size_t i = 0; i < seq_mask.size(); ++i) {
    for (size_t j = 0; j < seq_mask.size(); ++j) {
      if (seq_mask[i] != 0 && seq_mask[j] != 0) kept.push_back(matrix[i * seq_mask.size() + j]);
    }
  }
  return kept;
}

// What is left of the last pass for the user.
void finish(const FeatureSource& features, const model::ModelConfig& config, const graph::Graph& network,
            runtime::Executor& executor, const PredictOptions& options, Prediction* result) {
  const auto seq_mask = features.get("seq_mask").span<float>();
  result->structure = structure_of(features, executor.read("prev_positions"), result->plddt);
  result->plddt.assign(result->structure.plddt.begin(), result->structure.plddt.end());
  result->ranking_confidence = confidence::ranking_confidence(result->plddt, result->aligned_error);
  if (config.is_multimer && result->aligned_error && !result->aligned_error->iptm) {
    result->ranking_confidence = 0.2 * result->aligned_error->ptm;
  }
  if (result->aligned_error) {
    result->aligned_error->pae = without_padding(result->aligned_error->pae, seq_mask);
  }
  if (options.contacts) {
    const GatheredRows logits(network, executor, "distogram_logits", options.group);
    if (is_first(options)) {
      result->contact_probability =
          without_padding(confidence::contact_probability(logits.view(), executor.pool()), seq_mask);
    }
  }
  if (!config.is_multimer || !is_first(options)) return;
  std::vector<int32_t> asym_id;
  for (size_t i = 0; i < seq_mask.size(); ++i) {
    if (seq_mask[i] != 0) asym_id.push_back(features.get("asym_id").as<int32_t>()[i]);
  }
  name_chains(features.chains(), asym_id, options.alphafold_chain_ids, result);
}

class Timer {
 public:
  Timer(const graph::Graph& network, const lower::Program& program, double element_bytes)
      : network_(network), program_(program) {
    for (const graph::Node& node : network.nodes()) {
      flops_.push_back(graph::node_cost(network, node, element_bytes).flops);
      total_ += flops_.back();
    }
  }
  double flops_of_pass() const { return total_; }
  // Of the network's node that the program's node completes; 0 when more parts of it follow.
  double flops(size_t node) const {
    const int32_t step = program_.step[node];
    const bool last = node + 1 == program_.step.size() || program_.step[node + 1] != step;
    return last ? flops_[static_cast<size_t>(step)] : 0;
  }
  std::vector<double>* node_seconds() { return &seconds_; }
  void add_pass() {
    for (size_t i = 0; i < seconds_.size(); ++i) {
      const graph::OpKind kind = network_.nodes()[static_cast<size_t>(program_.step[i])].kind;
      OperatorTime& time = times_[kind];
      time.name = graph::spec(kind).name;
      time.seconds += seconds_[i];
      time.flops += flops(i);
    }
  }
  std::vector<OperatorTime> times() const {
    std::vector<OperatorTime> result;
    for (const auto& [kind, time] : times_) result.push_back(time);
    return result;
  }

 private:
  const graph::Graph& network_;
  const lower::Program& program_;
  std::vector<double> flops_;    // by node of the network
  std::vector<double> seconds_;  // by node of the program
  double total_ = 0;
  std::map<graph::OpKind, OperatorTime> times_;
};

}  // namespace

Precision precision_by_name(std::string_view name) {
  if (name == "fp32") return Precision::kFp32;
  if (name == "bf16") return Precision::kBf16;
  if (name == "reference") return Precision::kReference;
  base::throw_input("unknown precision {} (expected fp32, bf16 or reference)", name);
}

model::Dims network_dims(const FeatureSource& features, const model::ModelConfig& config) {
  const tensor::Shape msa = features.get("msa_feat").shape;
  model::Dims dims{.n_res = msa[1], .n_seq = msa[0], .n_extra = features.get("extra_msa").shape[0]};
  if (config.is_multimer) {
    dims.n_templates = static_cast<int64_t>(template_weights(features).size());
    return dims;
  }
  if (!config.uses_templates || !features.contains("template_mask")) return dims;
  const auto mask = features.get("template_mask").span<float>();
  const auto torsions = features.get("template_torsion_angles_mask").span<float>();
  const size_t per_template = torsions.size() / mask.size();
  for (size_t t = 0; t < mask.size(); ++t) {
    const auto slot = torsions.subspan(t * per_template, per_template);
    if (mask[t] != 0 || std::any_of(slot.begin(), slot.end(), [](float v) { return v != 0; })) {
      dims.n_templates = static_cast<int64_t>(t) + 1;
    }
  }
  return dims;
}

MemoryEstimate estimate_memory(const FeatureSource& features, const model::ModelConfig& config,
                               const model::ParamStore& params, const PredictOptions& options) {
  const model::Dims dims = network_dims(features, config);
  const graph::Graph network = build(config, dims, options);
  const auto backend = backend_for(options.precision);
  const Program chosen = choose_program(network, *backend, features, dims, params, options);
  return estimate(features, dims, params, chosen.memory, options);
}

Prediction predict(FeatureSource& features, const model::ModelConfig& config, const model::ParamStore& params,
                   const PredictOptions& options) {
  if (features.contains("asym_id") != config.is_multimer) {
    base::throw_input("{} {} (expected {})", config.name,
                      config.is_multimer ? "is for complexes and these are features of a single chain"
                                         : "is for single chains and these are features of a complex",
                      config.is_multimer ? "features with asym_id" : "features without asym_id");
  }
  int n_passes = options.n_recycles + 1;
  if (features.n_passes() < n_passes) {
    base::throw_input("features are sampled for {} passes (expected {}: one more than --num-recycles)",
                      features.n_passes(), n_passes);
  }
  if (options.on_pass && n_devices(options) > 1) {
    base::throw_input("what a pass puts out can be looked at on one device only (there are {})",
                      n_devices(options));
  }
  features.start_pass(0);
  const auto seq_mask = features.get("seq_mask").span<float>();
  if (std::all_of(seq_mask.begin(), seq_mask.end(), [](float value) { return value == 0; }))
    base::throw_input("seq_mask leaves no residue (expected 1 for every real one)");
  log_bf16_unit(options);
  Prediction result;
  result.model = config.name;
  result.untrained = params.untrained();
  result.dims = network_dims(features, config);
  const graph::Graph network = build(config, result.dims, options);
  const auto backend = backend_for(options.precision);
  auto [program, plan] = choose_program(network, *backend, features, result.dims, params, options);
  result.memory = estimate(features, result.dims, params, plan, options);
  check_memory(result.memory, options.memory_limit);

  const auto packed = options.packed ? options.packed : packed_params(params);
  runtime::Executor executor(
      program.graph, *backend, std::move(plan),
      [&](const graph::ParamRef& param) { return params.view(param); }, options.n_threads, options.group,
      packed);
  Timer timer(network, program, static_cast<double>(tensor::size_of(backend->activation())));
  double flops_done = 0;
  runtime::RunOptions run{.progress = {}, .node_seconds = timer.node_seconds()};
  if (options.progress) {
    run.progress = [&](size_t node, const graph::Node&) {
      options.progress(flops_done, timer.flops_of_pass() * n_passes);
      flops_done += timer.flops(node);
    };
  }
  Points c_alphas_before(static_cast<size_t>(result.dims.n_res));  // the first pass starts from zeros
  for (int pass = 0; pass < n_passes; ++pass) {
    const auto start = Clock::now();
    features.start_pass(pass);
    set_inputs(features, network, result.dims, executor);
    executor.run(run);
    timer.add_pass();
    if (options.recycle_tolerance > 0 && pass + 1 < n_passes) {
      Points c_alphas_now = c_alphas(executor.read("prev_positions"));
      result.last_change =
          distance_change(c_alphas_before, c_alphas_now, features.get("seq_mask").span<float>());
      c_alphas_before = std::move(c_alphas_now);
      if (result.last_change <= options.recycle_tolerance) n_passes = pass + 2;
    }
    if (options.on_pass || pass + 1 == n_passes) {
      result.plddt = confidence::plddt(executor.read("lddt_logits"));
      result.aligned_error = aligned_error(features, config, network, executor, options);
    }
    if (options.on_pass) {
      options.on_pass({pass, config, result.dims, executor, result.plddt, result.aligned_error});
    }
    result.pass_seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  if (options.progress) options.progress(flops_done, timer.flops_of_pass() * n_passes);
  result.n_passes = n_passes;
  finish(features, config, network, executor, options, &result);
  result.operator_times = timer.times();
  return result;
}

Prediction predict_on_devices(int n_devices, const SourceMaker& make_source, const model::ModelConfig& config,
                              const model::ParamStore& params, const PredictOptions& options) {
  PredictOptions shared = options;
  shared.n_threads = std::max(1, options.n_threads / n_devices);
  const size_t limit = options.memory_limit > 0 ? options.memory_limit : base::available_memory();
  // Each device counts the parameters, which are there only once, also in the kernels' form. That does not
  // depend on extents.
  const graph::Graph smallest = build(
      config, {.n_res = 1, .n_seq = 1, .n_extra = 1, .n_templates = config.is_multimer ? 1 : 0}, options);
  const auto backend = backend_for(options.precision);
  const size_t parameters =
      std::min(parameter_bytes(params, plain_program(smallest, *backend, shared).memory.packed), limit);
  shared.memory_limit = (limit - parameters) / static_cast<size_t>(n_devices) + parameters;
  if (!shared.packed) shared.packed = packed_params(params);
  Prediction result;
  comm::run_local(n_devices, [&](comm::Group& group) {
    PredictOptions own = shared;
    own.group = &group;
    if (group.rank() != 0) own.progress = {};
    base::ThreadPool pool(own.n_threads);
    const std::unique_ptr<FeatureSource> source = make_source(pool);
    Prediction prediction = predict(*source, config, params, own);
    if (group.rank() == 0) result = std::move(prediction);
  });
  return result;
}

}  // namespace foldmesh::predict
