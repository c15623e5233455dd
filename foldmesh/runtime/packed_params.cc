#include "foldmesh/runtime/packed_params.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace foldmesh::runtime {
namespace {

uintptr_t address_of(const Kernel& kernel) { return reinterpret_cast<uintptr_t>(kernel.pack); }

}  // namespace

std::span<const std::byte> PackedParams::get(const Kernel& kernel, std::span<const tensor::ConstView> params,
                                             tensor::Precision precision) {
  if (kernel.pack == nullptr) return {};
  std::vector<uintptr_t> key = {address_of(kernel), static_cast<uintptr_t>(precision)};
  for (const tensor::ConstView& param : params) key.push_back(reinterpret_cast<uintptr_t>(param.data));
  Entry* entry;
  {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Entry>& slot = entries_[std::move(key)];
    if (slot == nullptr) slot = std::make_unique<Entry>();
    entry = slot.get();
  }
  std::call_once(entry->once, [&] {
    simd::AlignedVector<std::byte> memory(kernel.pack(params, precision, nullptr));
    kernel.pack(params, precision, memory.data());
    if (after_packing_) std::for_each(params.begin(), params.end(), after_packing_);
    const std::lock_guard lock(mutex_);
    entry->memory = std::move(memory);
  });
  return entry->memory;
}

size_t PackedParams::bytes() const {
  const std::lock_guard lock(mutex_);
  size_t total = 0;
  for (const auto& [key, entry] : entries_) total += entry->memory.size();
  return total;
}

PackedParamList packed_param_list(const graph::Graph& graph, const Backend& backend) {
  using ParamName = std::pair<std::string, int32_t>;
  std::set<std::pair<uintptr_t, std::vector<ParamName>>> seen;
  std::set<ParamName> seen_params;
  PackedParamList list;
  for (const graph::Node& node : graph.nodes()) {
    const Kernel kernel = backend.kernel(node.kind);
    if (kernel.pack == nullptr) continue;
    std::vector<ParamName> names;
    std::vector<tensor::ConstView> shapes;
    for (const graph::ParamRef& param : node.params) {
      names.emplace_back(param.name, param.block);
      shapes.push_back({nullptr, tensor::DType::kF32, param.shape});
      if (seen_params.insert(names.back()).second) list.params.push_back(param);
    }
    if (seen.emplace(address_of(kernel), std::move(names)).second) {
      list.bytes += kernel.pack(shapes, backend.precision(), nullptr);
    }
  }
  return list;
}

}  // namespace foldmesh::runtime
