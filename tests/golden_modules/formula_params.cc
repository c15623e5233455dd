#include "tests/golden_modules/formula_params.h"

#include <fstream>
#include <sstream>

#include "foldmesh/base/error.h"

namespace foldmesh::golden {
namespace {

uint64_t hash_of(const std::string& name) {
  uint64_t h = 14695981039346656037U;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return h;
}

// In [-1, 1), a multiple of 2^-23.
double uniform(uint64_t hash, uint64_t index) {
  uint64_t x = hash + (index + 1) * 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  x = x ^ (x >> 31);
  return (static_cast<double>(x >> 40) - 8388608.0) / 8388608.0;
}

}  // namespace

FormulaParams::FormulaParams(const std::string& tsv_path) {
  std::ifstream file(tsv_path);
  if (!file) base::throw_machine("{}: cannot be read", tsv_path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name, shape, base, scale;
    std::getline(fields, name, '\t');
    std::getline(fields, shape, '\t');
    std::getline(fields, base, '\t');
    std::getline(fields, scale, '\t');
    Entry entry;
    std::istringstream extents(shape);
    for (std::string extent; std::getline(extents, extent, ',');) entry.shape.push_back(std::stoll(extent));
    entry.base = std::stod(base);
    entry.scale = std::stof(scale);
    entries_[name] = entry;
  }
}

tensor::Tensor FormulaParams::get(const std::string& name, int block) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) base::throw_internal("no parameter is named {}", name);
  const Entry& entry = found->second;
  tensor::Shape shape = entry.shape;
  if (block >= 0) shape.erase(shape.begin());
  tensor::Tensor out(tensor::DType::kF32, shape);
  const int64_t first = block >= 0 ? block * out.size() : 0;
  const uint64_t hash = hash_of(name);
  for (int64_t i = 0; i < out.size(); ++i) {
    const double u = uniform(hash, static_cast<uint64_t>(first + i));
    out.as<float>()[i] = static_cast<float>(entry.base + static_cast<double>(entry.scale) * u);
  }
  return out;
}

const FormulaParams& model_1_ptm_params() {
  static const FormulaParams params(FOLDMESH_TESTS_DIR "/golden/af2/params_model_1_ptm.tsv");
  return params;
}

}  // namespace foldmesh::golden
