#include "foldmesh/features/template_arrays.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/bio/torsions.h"
#include "foldmesh/features/feature_config.h"
#include "foldmesh/features/npz_checks.h"

namespace foldmesh::features {
namespace {

using templates::Template;
using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

constexpr const char *kAatype = "template_aatype", *kMasks = "template_all_atom_masks",
                     *kPositions = "template_all_atom_positions", *kSumProbs = "template_sum_probs",
                     *kSequence = "template_sequence", *kDomainNames = "template_domain_names";

// Integers are as good as floating-point numbers in other people's files.
Tensor read_numbers(const tensor::NpzReader& file, const std::string& name, const Shape& expected) {
  const tensor::NpyType type = file.header(name).type;
  const bool is_floating = type == tensor::NpyType::kF32 || type == tensor::NpyType::kF64;
  return is_floating ? read_float32(file, name, expected)
                     : read_int32(file, name, expected).cast(DType::kF32);
}

void check_numbers(const tensor::NpzReader& file, const std::string& name, const Tensor& array, float low,
                   float high) {
  for (const float value : array.span<float>()) {
    if (!(value >= low && value <= high)) {
      base::throw_input("{}: '{}' holds {} (expected {}..{})", file.path(), name, value, low, high);
    }
  }
}

// All zeros read as the first type: that is what AlphaFold makes of its template without atoms.
uint8_t type_of_row(const tensor::NpzReader& file, const float* row) {
  const float* end = row + bio::kNumHhblits;
  const auto n_ones = std::count(row, end, 1.0F), n_zeros = std::count(row, end, 0.0F);
  if (n_ones > 1 || n_ones + n_zeros != bio::kNumHhblits) {
    base::throw_input("{}: a row of '{}' is not one-hot", file.path(), kAatype);
  }
  return n_ones == 0 ? uint8_t{0} : static_cast<uint8_t>(std::find(row, end, 1.0F) - row);
}

std::vector<std::string> read_texts(const tensor::NpzReader& file, const char* name, size_t n) {
  if (!file.contains(name) || file.header(name).type != tensor::NpyType::kBytes)
    return std::vector<std::string>(n);
  std::vector<std::string> texts = file.read_strings(name);
  if (texts.size() != n) {
    base::throw_input("{}: '{}' has {} elements (expected {})", file.path(), name, texts.size(), n);
  }
  return texts;
}

// Array `name` of `features` from element `at` on.
template <typename T>
T* slot(FeatureSet& features, const char* name, int64_t at) {
  Tensor& array = features.at(name);
  return array.as<T>() + at * (array.size() / array.dim(0));
}

void add_torsions(FeatureSet& features, const Template& from, int64_t at, std::span<const int32_t> aatype) {
  float* sin_cos = slot<float>(features, "template_torsion_angles_sin_cos", at);
  float* alternative = slot<float>(features, "template_alt_torsion_angles_sin_cos", at);
  float* mask = slot<float>(features, "template_torsion_angles_mask", at);
  for (const bio::ResidueTorsions& residue : bio::torsions_of_atom37(aatype, from.positions, from.masks)) {
    for (size_t t = 0; t < bio::kNumTorsions; ++t) {
      for (size_t k = 0; k < 2; ++k) {
        *sin_cos++ = static_cast<float>(residue.sin_cos[t][k]);
        *alternative++ = static_cast<float>(residue.alt_sin_cos[t][k]);
      }
      *mask++ = residue.mask[t];
    }
  }
}

// CB, or CA of glycine.
void add_pseudo_beta(FeatureSet& features, const Template& from, int64_t at,
                     std::span<const int32_t> aatype) {
  float* beta = slot<float>(features, "template_pseudo_beta", at);
  float* mask = slot<float>(features, "template_pseudo_beta_mask", at);
  for (size_t i = 0; i < aatype.size(); ++i) {
    const size_t atom = i * bio::kNumAtom37 +
                        static_cast<size_t>(aatype[i] == bio::kRestypeGly ? bio::kAtom37Ca : bio::kAtom37Cb);
    std::copy_n(from.positions.data() + 3 * atom, 3, beta + 3 * i);
    mask[i] = from.masks[atom];
  }
}

void add_slots(FeatureSet& features, int64_t n_res) {
  constexpr int64_t kSlots = kMaxTemplates;
  features.emplace("template_aatype", Tensor(DType::kI32, {kSlots, n_res}));
  const std::pair<const char*, Shape> zeros[] = {
      {"template_all_atom_positions", {kSlots, n_res, bio::kNumAtom37, 3}},
      {"template_all_atom_mask", {kSlots, n_res, bio::kNumAtom37}},
      {"template_mask", {kSlots}},
      {"template_torsion_angles_sin_cos", {kSlots, n_res, bio::kNumTorsions, 2}},
      {"template_alt_torsion_angles_sin_cos", {kSlots, n_res, bio::kNumTorsions, 2}},
      {"template_torsion_angles_mask", {kSlots, n_res, bio::kNumTorsions}},
      {"template_pseudo_beta", {kSlots, n_res, 3}},
      {"template_pseudo_beta_mask", {kSlots, n_res}},
  };
  for (const auto& [name, shape] : zeros) features.emplace(name, Tensor(DType::kF32, shape));
}

}  // namespace

void add_raw_templates(tensor::NpzWriter& file, std::span<const Template> templates, int64_t n_res) {
  const int64_t n = std::ssize(templates);
  Tensor aatype(DType::kF32, {n, n_res, bio::kNumHhblits}), masks(DType::kF32, {n, n_res, bio::kNumAtom37});
  Tensor positions(DType::kF32, {n, n_res, bio::kNumAtom37, 3}), sum_probs(DType::kF32, {n, 1});
  std::vector<std::string> sequences, names;
  for (int64_t t = 0; t < n; ++t) {
    const Template& from = templates[static_cast<size_t>(t)];
    if (from.n_res() != n_res)
      base::throw_internal("a template of {} residues (not {})", from.n_res(), n_res);
    float* row = aatype.as<float>() + t * n_res * bio::kNumHhblits;
    for (int64_t i = 0; i < n_res && !from.sequence.empty(); ++i, row += bio::kNumHhblits)
      row[from.aatype[i]] = 1;
    std::copy(from.masks.begin(), from.masks.end(), masks.as<float>() + t * n_res * bio::kNumAtom37);
    std::copy(from.positions.begin(), from.positions.end(),
              positions.as<float>() + t * n_res * bio::kNumAtom37 * 3);
    sum_probs.as<float>()[t] = from.sum_probs;
    sequences.push_back(from.sequence);
    names.push_back(from.domain_name);
  }
  file.add(kAatype, aatype.view());
  file.add(kMasks, masks.view());
  file.add(kPositions, positions.view());
  file.add(kSumProbs, sum_probs.view());
  file.add_strings(kSequence, sequences);
  file.add_strings(kDomainNames, names);
}

std::vector<Template> read_raw_templates(const tensor::NpzReader& file, int64_t n_res) {
  if (!file.contains(kAatype) || file.header(kAatype).shape.empty() || file.header(kAatype).shape[0] == 0)
    return {};
  for (const char* name : {kMasks, kPositions}) {
    if (!file.contains(name)) base::throw_input("{}: has templates, but no '{}'", file.path(), name);
  }
  constexpr float kFarthest = 1e6F;  // A, as of files of structures
  const Tensor aatype = read_numbers(file, kAatype, {kAnyExtent, n_res, bio::kNumHhblits});
  const int64_t n = aatype.dim(0);
  const Tensor masks = read_numbers(file, kMasks, {n, n_res, bio::kNumAtom37});
  const Tensor positions = read_numbers(file, kPositions, {n, n_res, bio::kNumAtom37, 3});
  check_numbers(file, kMasks, masks, 0, 1);
  check_numbers(file, kPositions, positions, -kFarthest, kFarthest);
  const std::vector<std::string> sequences = read_texts(file, kSequence, static_cast<size_t>(n));
  const std::vector<std::string> names = read_texts(file, kDomainNames, static_cast<size_t>(n));
  Tensor sum_probs;
  if (file.contains(kSumProbs)) sum_probs = read_numbers(file, kSumProbs, {n, 1});

  std::vector<Template> templates(static_cast<size_t>(n));
  for (int64_t t = 0; t < n; ++t) {
    Template& out = templates[static_cast<size_t>(t)];
    out.domain_name = names[static_cast<size_t>(t)];
    out.sequence = sequences[static_cast<size_t>(t)];
    const auto part = [&](const Tensor& array) {
      const int64_t size = array.size() / n;
      const float* from = array.as<float>() + t * size;
      return std::vector<float>(from, from + size);
    };
    for (int64_t i = 0; i < n_res; ++i) {
      out.aatype.push_back(type_of_row(file, aatype.as<float>() + (t * n_res + i) * bio::kNumHhblits));
    }
    out.masks = part(masks);
    out.positions = part(positions);
    if (file.contains(kSumProbs)) out.sum_probs = sum_probs.as<float>()[t];
  }
  return templates;
}

void add_template_inputs(FeatureSet& features, std::span<const Template> templates, int64_t n_res) {
  add_slots(features, n_res);
  const int64_t n = std::min<int64_t>(std::ssize(templates), kMaxTemplates);
  for (int64_t t = 0; t < n; ++t) {
    const Template& from = templates[static_cast<size_t>(t)];
    int32_t* types = slot<int32_t>(features, "template_aatype", t);
    std::transform(from.aatype.begin(), from.aatype.end(), types,
                   [](uint8_t id) { return bio::kHhblitsToRestype[id]; });
    const std::span<const int32_t> aatype(types, static_cast<size_t>(n_res));
    std::copy(from.positions.begin(), from.positions.end(),
              slot<float>(features, "template_all_atom_positions", t));
    std::copy(from.masks.begin(), from.masks.end(), slot<float>(features, "template_all_atom_mask", t));
    *slot<float>(features, "template_mask", t) = 1;
    add_torsions(features, from, t, aatype);
    add_pseudo_beta(features, from, t, aatype);
  }
}

}  // namespace foldmesh::features
