#include "tests/shard/sharded_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "foldmesh/base/rng.h"
#include "foldmesh/comm/sim_group.h"
#include "foldmesh/lower/lower.h"
#include "foldmesh/runtime/cpu/cpu_backend.h"
#include "foldmesh/runtime/executor.h"

namespace foldmesh::tests {
namespace {

using tensor::DType;
using tensor::Tensor;

uint64_t number_of(const std::string& name, int32_t block) {
  uint64_t hash = 1469598103934665603U + static_cast<uint64_t>(block + 1);
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

// Made when first asked for, and shared by all devices.
class Parameters {
 public:
  tensor::ConstView view(const graph::ParamRef& param) {
    const std::lock_guard lock(mutex_);
    // Models of different kinds have tensors of one name and different shapes.
    const Key key = {param.name + tensor::to_string(param.shape), param.block};
    Tensor& t = tensors_.try_emplace(key, DType::kF32, param.shape).first->second;
    if (filled_.insert(key).second) {
      base::Rng rng(number_of(param.name, param.block));
      const double scale = param.shape.size() < 2 ? 0.5 : 1 / std::sqrt(static_cast<double>(param.shape[0]));
      for (int64_t i = 0; i < t.size(); ++i) {
        t.as<float>()[i] = static_cast<float>(scale * (2 * rng.uniform() - 1));
      }
    }
    return t.view();
  }

 private:
  std::mutex mutex_;
  using Key = std::pair<std::string, int32_t>;
  std::map<Key, Tensor> tensors_;
  std::set<Key> filled_;
};

Tensor input(const graph::Value& value, int pass) {
  base::Rng rng(number_of(value.name, pass));
  Tensor t(value.is_integer ? DType::kI32 : DType::kF32, value.shape);
  for (int64_t i = 0; i < t.size(); ++i) {
    if (value.name == "residue_index") {
      t.as<int32_t>()[i] = static_cast<int32_t>(i);
    } else if (value.is_integer) {
      t.as<int32_t>()[i] = static_cast<int32_t>(rng.below(20));
    } else if (value.name == "template_weight") {
      t.as<float>()[i] = static_cast<float>(1 + i);
    } else if (value.name.find("mask") != std::string::npos) {
      t.as<float>()[i] = rng.uniform() < 0.8 ? 1.0F : 0.0F;
    } else {
      t.as<float>()[i] = static_cast<float>(2 * rng.uniform() - 1);
    }
  }
  return t;
}

bool is_kept(const graph::Value& value) {
  return value.role == graph::Role::kOutput || value.role == graph::Role::kState;
}

// Rows of the whole that a device holds.
void copy_part(const tensor::ConstView& part, int n_devices, int device, Tensor* whole) {
  const int64_t rows = whole->dim(0);
  const bool is_whole = part.shape == whole->shape();
  const int64_t begin = is_whole ? 0 : plan::part_begin(rows, n_devices, device);
  if (rows == 0 || part.size() == 0) return;
  const size_t row = whole->bytes() / static_cast<size_t>(rows);
  std::memcpy(static_cast<std::byte*>(whole->view().data) + row * static_cast<size_t>(begin), part.data,
              part.bytes());
}

}  // namespace

ShardedResult run_sharded(const graph::Graph& network, std::span<const plan::Strategy> strategies,
                          int n_devices, int n_passes, uint64_t seed, tensor::Precision precision) {
  static Parameters parameters;
  ShardedResult result;
  for (const graph::Value& value : network.values()) {
    if (is_kept(value)) result.outputs.try_emplace(value.name, DType::kF32, value.shape);
  }
  result.received_bytes.resize(static_cast<size_t>(n_devices));
  const runtime::CpuBackend backend(precision);
  std::vector<int64_t> busiest;  // by node
  comm::SimOptions options;
  options.seed = seed;
  comm::run_simulated(
      n_devices,
      [&](comm::SimGroup& group) {
        const int device = group.rank();
        const lower::Program program = lower::lower(network, strategies, n_devices, device);
        runtime::MemoryPlan memory = runtime::plan_memory(program.graph, backend, 1);
        result.arena_bytes = std::max(result.arena_bytes, static_cast<int64_t>(memory.bytes));
        runtime::Executor executor(
            program.graph, backend, std::move(memory),
            [&](const graph::ParamRef& param) { return parameters.view(param); }, 1, &group);
        for (int pass = 0; pass < n_passes; ++pass) {
          for (const graph::Value& value : network.values()) {
            if (value.role == graph::Role::kInput) executor.set(value.name, input(value, pass).view());
          }
          executor.run();
        }
        for (auto& [name, whole] : result.outputs) {
          copy_part(executor.read(name), n_devices, device, &whole);
        }
        result.received_bytes[static_cast<size_t>(device)] = group.traffic().received_bytes;
        const auto& nodes = program.graph.nodes();
        busiest.resize(nodes.size());
        for (size_t i = 0; i < nodes.size(); ++i) {
          int64_t bytes = 0;
          for (size_t other = 0; other < nodes[i].exchange.receive.size(); ++other) {
            if (static_cast<int>(other) != device) bytes += nodes[i].exchange.receive[other].size() * 4;
          }
          busiest[i] = std::max(busiest[i], bytes);
        }
      },
      options);
  for (const int64_t bytes : busiest) result.planned_traffic += bytes;
  return result;
}

std::string differences(const ShardedResult& a, const ShardedResult& b) {
  std::string names;
  for (const auto& [name, tensor] : a.outputs) {
    const Tensor& other = b.outputs.at(name);
    const bool finite = std::all_of(tensor.span<float>().begin(), tensor.span<float>().end(),
                                    [](float v) { return std::isfinite(v); });
    if (!finite) names += name + " (not finite) ";
    if (std::memcmp(tensor.view().data, other.view().data, tensor.bytes()) != 0) names += name + " ";
  }
  return names;
}

}  // namespace foldmesh::tests
