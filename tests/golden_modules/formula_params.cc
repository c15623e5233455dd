#include "tests/golden_modules/formula_params.h"

#include <algorithm>
#include <map>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/thread_pool.h"
#include "foldmesh/model/parameters.h"

namespace foldmesh::golden {

tensor::Tensor formula_param(const std::string& name, int block, const std::string& model) {
  static std::map<std::string, std::vector<model::ParamSpec>> lists;
  const auto [list, is_new] = lists.try_emplace(model);
  if (is_new) list->second = model::parameter_list(model::model_by_name(model));
  const std::vector<model::ParamSpec>& specs = list->second;
  const auto spec = std::find_if(specs.begin(), specs.end(), [&](const auto& s) { return s.name == name; });
  if (spec == specs.end()) base::throw_internal("no parameter is named {}", name);
  tensor::Shape shape = spec->shape;
  if (block >= 0) shape.erase(shape.begin());
  tensor::Tensor out(tensor::DType::kF32, shape);
  base::ThreadPool pool(1);
  const int64_t first = block >= 0 ? block * out.size() : 0;
  model::fill_by_formula(*spec, "", first, {out.as<float>(), static_cast<size_t>(out.size())}, pool);
  return out;
}

}  // namespace foldmesh::golden
