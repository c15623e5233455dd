#include "foldmesh/model/param_store.h"

#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include "foldmesh/base/error.h"

namespace foldmesh::model {
namespace {

// A bias that every model has; its values tell a generated file from a trained one.
constexpr std::string_view kProbe = "alphafold/alphafold_iteration/evoformer/single_activations//bias";

constexpr std::string_view kFilePrefix = "params_";

// "a, b, c and 12 more"
std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t kShown = 4;
  const size_t n = std::min(names.size(), kShown);
  const std::string shown =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(n), ", "));
  return names.size() > n ? fmt::format("{} and {} more", shown, names.size() - n) : shown;
}

// Every start of the program looks at all parameters, so this loop is one that compilers make vectors of.
bool all_finite(std::span<const float> values) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t n_bad = 0;
  for (const float value : values) n_bad |= (std::bit_cast<uint32_t>(value) & kExponent) == kExponent ? 1 : 0;
  return n_bad == 0;
}

}  // namespace

ParamMismatch compare_params(const tensor::NpzReader& file, const std::vector<ParamSpec>& expected) {
  ParamMismatch result;
  std::map<std::string, bool, std::less<>> used;
  for (const ParamSpec& param : expected) {
    used[param.name] = true;
    if (!file.contains(param.name)) {
      result.missing.push_back(param.name);
      continue;
    }
    const tensor::NpyHeader& header = file.header(param.name);
    if (header.type != tensor::NpyType::kF32 || header.shape != param.shape) {
      result.mis_shaped.push_back(fmt::format("{}: {} {} (expected float32 {})", param.name, name_of(header),
                                              tensor::to_string(header.shape),
                                              tensor::to_string(param.shape)));
    }
  }
  for (const std::string& name : file.names()) {
    if (!used.contains(name) && name != kUntrainedMarker) result.unused.push_back(name);
  }
  return result;
}

ParamReport verify_params(const std::filesystem::path& path, std::string_view model) {
  ParamReport report{.model = std::string(model), .mismatch = {}, .not_finite = {}};
  if (report.model.empty()) {
    const std::string stem = path.stem().string();
    if (!stem.starts_with(kFilePrefix)) {
      base::throw_input(
          "{}: the file name does not say which model this is (expected params_MODEL.npz, or --model)",
          path.string());
    }
    report.model = stem.substr(kFilePrefix.size());
  }
  const ModelConfig config = model_by_name(report.model);
  const tensor::NpzReader file(path);
  const std::vector<ParamSpec> list = parameter_list(config);
  report.mismatch = compare_params(file, list);
  report.untrained = is_untrained(file);
  for (const ParamSpec& param : list) {
    if (!file.contains(param.name) || file.header(param.name).type != tensor::NpyType::kF32) continue;
    if (!all_finite(file.view(param.name).span<float>())) report.not_finite.push_back(param.name);
  }
  return report;
}

std::vector<std::string> models_of(const tensor::NpzReader& file) {
  std::vector<std::string> models;
  size_t fewest_unused = SIZE_MAX;
  for (const std::string& name : model_names()) {
    const ParamMismatch mismatch = compare_params(file, parameter_list(model_by_name(name)));
    if (!mismatch.ok() || mismatch.unused.size() > fewest_unused) continue;
    if (mismatch.unused.size() < fewest_unused) models.clear();
    fewest_unused = mismatch.unused.size();
    models.push_back(name);
  }
  return models;
}

bool is_untrained(const tensor::NpzReader& file) {
  if (file.contains(kUntrainedMarker)) return true;
  return file.contains(kProbe) && file.header(kProbe).type == tensor::NpyType::kF32 &&
         looks_generated(file.view(kProbe).span<float>());
}

bool looks_generated(std::span<const float> biases) {
  int64_t odd = 0;
  for (const float value : biases) {
    const float k = value * 0x1p26F;  // 0.125 * 2^-23 is the formula's step
    if (!(std::fabs(k) <= 8388608.0F) || k != std::nearbyint(k)) return false;
    odd += static_cast<int64_t>(k) & 1;
  }
  // Numbers rounded to few bits lie on the grid as well, but nearly always on its even points.
  const auto n = static_cast<int64_t>(biases.size());
  return n >= 16 && odd > n / 4 && odd < n - n / 4;
}

ParamStore ParamStore::open(const std::filesystem::path& path, const ModelConfig& config,
                            base::ThreadPool& pool) {
  ParamStore store;
  store.source_ = path.string();
  store.file_ = std::make_unique<tensor::NpzReader>(path);
  const std::vector<ParamSpec> list = parameter_list(config);
  ParamMismatch mismatch = compare_params(*store.file_, list);
  if (!mismatch.missing.empty()) {
    base::throw_input("{}: not parameters of {}: {} tensors are missing: {}", store.source_, config.name,
                      mismatch.missing.size(), some_of(mismatch.missing));
  }
  if (!mismatch.mis_shaped.empty()) {
    base::throw_input("{}: not parameters of {}: {} tensors are of another shape or type: {}", store.source_,
                      config.name, mismatch.mis_shaped.size(), some_of(mismatch.mis_shaped));
  }
  store.unused_ = std::move(mismatch.unused);

  // Largest first, so that reading and checking them spreads over the threads.
  std::vector<const ParamSpec*> order;
  for (const ParamSpec& param : list) order.push_back(&param);
  std::stable_sort(order.begin(), order.end(), [](const ParamSpec* a, const ParamSpec* b) {
    return tensor::num_elements(a->shape) > tensor::num_elements(b->shape);
  });
  std::vector<tensor::ConstView> views(order.size());
  std::vector<char> is_finite(order.size());
  pool.parallel_for(static_cast<int64_t>(order.size()), [&](int64_t i, int) {
    const auto at = static_cast<size_t>(i);
    views[at] = store.file_->view(order[at]->name);
    is_finite[at] = all_finite(views[at].span<float>());
  });
  std::vector<std::string> not_finite;
  for (size_t i = 0; i < order.size(); ++i) {
    if (is_finite[i] == 0) not_finite.push_back(order[i]->name);
  }
  if (!not_finite.empty()) {
    base::throw_input("{}: {} tensors hold numbers that are not finite: {}", store.source_, not_finite.size(),
                      some_of(not_finite));
  }
  for (size_t i = 0; i < order.size(); ++i) {
    store.bytes_ += views[i].bytes();
    if (store.file_->is_mapped(order[i]->name)) {
      store.windows_.emplace(static_cast<const std::byte*>(views[i].data), views[i].bytes());
    }
    store.views_.emplace(order[i]->name, std::move(views[i]));
  }
  store.untrained_ = is_untrained(*store.file_);
  return store;
}

ParamStore ParamStore::from_formula(const ModelConfig& config, std::string_view salt,
                                    base::ThreadPool& pool) {
  ParamStore store;
  store.source_ = "formula";
  store.untrained_ = true;
  for (const ParamSpec& param : parameter_list(config)) {
    tensor::Tensor values(tensor::DType::kF32, param.shape);
    fill_by_formula(param, salt, 0, {values.as<float>(), static_cast<size_t>(values.size())}, pool);
    store.bytes_ += values.bytes();
    store.made_.push_back(std::move(values));
    store.views_.emplace(param.name, std::as_const(store.made_.back()).view());
  }
  return store;
}

tensor::ConstView ParamStore::view(const graph::ParamRef& param) const {
  const auto found = views_.find(param.name);
  if (found == views_.end()) base::throw_internal("no parameter {}", param.name);
  tensor::ConstView view = found->second;
  if (param.n_blocks > 0) {
    if (view.shape.empty() || view.shape[0] != param.n_blocks || param.block < 0 ||
        param.block >= param.n_blocks) {
      base::throw_internal("parameter {} has no block {} of {}", param.name, param.block, param.n_blocks);
    }
    view.shape.erase(view.shape.begin());
    view.data = static_cast<const std::byte*>(view.data) + static_cast<size_t>(param.block) * view.bytes();
  }
  if (view.shape != param.shape) {
    base::throw_internal("parameter {} has shape {}, the graph wants {}", param.name,
                         tensor::to_string(view.shape), tensor::to_string(param.shape));
  }
  return view;
}

std::span<const std::byte> ParamStore::pages_of(const tensor::ConstView& view) const {
  constexpr size_t kWorthACall = size_t{32} << 10;
  if (view.bytes() < kWorthACall) return {};
  const auto* const begin = static_cast<const std::byte*>(view.data);
  auto window = windows_.upper_bound(begin);
  if (window == windows_.begin()) return {};
  --window;
  if (begin + view.bytes() > window->first + window->second) return {};
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(begin) + page - 1) / page * page;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(begin) + view.bytes()) / page * page;
  if (first >= end) return {};
  return {reinterpret_cast<const std::byte*>(first), end - first};
}

void ParamStore::let_go(const tensor::ConstView& view) const {
  const std::span<const std::byte> pages = pages_of(view);
  // The pages are clean, so nothing is lost, whatever the call says.
  if (!pages.empty()) ::madvise(const_cast<std::byte*>(pages.data()), pages.size(), MADV_DONTNEED);
}

void write_formula_file(const std::filesystem::path& path, const ModelConfig& config, std::string_view salt,
                        base::ThreadPool& pool) {
  tensor::NpzWriter writer(path);
  const std::string note =
      fmt::format("untrained: made by the formula of foldmesh for {}, salt '{}'", config.name, salt);
  writer.add_raw(kUntrainedMarker, tensor::NpyType::kU8, 1, {static_cast<int64_t>(note.size())},
                 std::as_bytes(std::span(note)));
  for (const ParamSpec& param : parameter_list(config)) {
    tensor::Tensor values(tensor::DType::kF32, param.shape);
    fill_by_formula(param, salt, 0, {values.as<float>(), static_cast<size_t>(values.size())}, pool);
    writer.add(param.name, values.view());
  }
  writer.commit();
}

}  // namespace foldmesh::model
