#include "foldmesh/features/feature_set.h"

#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/msa_clusters.h"
#include "foldmesh/features/npz_checks.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

bool holds_processed(const tensor::NpzReader& file, std::string_view prefix) {
  return file.contains(fmt::format("{}msa_feat", prefix)) ||
         file.contains(fmt::format("{}target_feat", prefix));
}

// Reads one file's members into a set, and collects all that is wrong with them.
class Collector {
 public:
  explicit Collector(const tensor::NpzReader& file)
      : file_(file), prefix_(holds_processed(file, kInputPrefix) ? kInputPrefix : "") {}

  bool contains(std::string_view name) const { return file_.contains(stored(name)); }
  // kAnyExtent in `shape` accepts any extent; the array's own shape is returned.
  Shape add_float(const std::string& name, const Shape& shape) {
    return add(name, shape, [&] {
      Tensor array = read_float32(file_, stored(name), shape);
      for (const float value : array.span<float>()) {
        if (!std::isfinite(value)) {
          base::throw_input("{}: '{}' holds a number that is not finite", file_.path(), stored(name));
        }
      }
      return array;
    });
  }
  Shape add_index(const std::string& name, const Shape& shape, int32_t low, int32_t high) {
    return add(name, shape, [&] {
      Tensor array = read_int32(file_, stored(name), shape);
      check_range(file_.path(), stored(name), array.view(), low, high);
      return array;
    });
  }
  // One message for all problems.
  FeatureSet take() {
    if (!missing_.empty()) {
      problems_.insert(problems_.begin(), fmt::format("missing features: {}", fmt::join(missing_, ", ")));
    }
    if (!problems_.empty()) base::throw_input("{}: {}", file_.path(), fmt::join(problems_, "; "));
    return std::move(features_);
  }

 private:
  std::string stored(std::string_view name) const { return fmt::format("{}{}", prefix_, name); }

  template <typename Read>
  Shape add(const std::string& name, const Shape& expected, Read read) {
    if (!contains(name)) {
      missing_.push_back(name);
      return expected;
    }
    try {
      Tensor array = read();
      Shape shape = array.shape();
      if (array.size() == 0) base::throw_input("{}: '{}' is empty", file_.path(), stored(name));
      features_.emplace(name, std::move(array));
      return shape;
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::kInput) throw;
      problems_.push_back(std::string(error.what()).substr(file_.path().size() + 2));
      return expected;
    }
  }

  const tensor::NpzReader& file_;
  std::string_view prefix_;
  FeatureSet features_;
  std::vector<std::string> missing_, problems_;
};

// Multimer models derive all else from atoms.
void add_chain_templates(Collector& out, int64_t n_res) {
  const int64_t n = out.add_index("template_aatype", {kAnyExtent, n_res}, 0, bio::kRestypeGap)[0];
  out.add_float("template_all_atom_positions", {n, n_res, bio::kNumAtom37, 3});
  out.add_float("template_all_atom_mask", {n, n_res, bio::kNumAtom37});
}

void add_templates(Collector& out, int64_t n_res) {
  const int64_t n = out.add_index("template_aatype", {kAnyExtent, n_res}, 0, bio::kRestypeGap)[0];
  out.add_float("template_all_atom_positions", {n, n_res, bio::kNumAtom37, 3});
  out.add_float("template_all_atom_mask", {n, n_res, bio::kNumAtom37});
  out.add_float("template_mask", {n});
  out.add_float("template_torsion_angles_sin_cos", {n, n_res, 7, 2});
  out.add_float("template_alt_torsion_angles_sin_cos", {n, n_res, 7, 2});
  out.add_float("template_torsion_angles_mask", {n, n_res, 7});
  out.add_float("template_pseudo_beta", {n, n_res, 3});
  out.add_float("template_pseudo_beta_mask", {n, n_res});
}

}  // namespace

bool is_processed(const tensor::NpzReader& file) {
  return holds_processed(file, "") || holds_processed(file, kInputPrefix);
}

void write_processed_features(const FeatureSet& features, const std::filesystem::path& path) {
  tensor::NpzWriter file(path);
  for (const auto& [name, array] : features) file.add(name, array.view());
  file.commit();
}

FeatureSet read_processed_features(const tensor::NpzReader& file) {
  Collector out(file);
  const int64_t n_res = out.add_index("aatype", {kAnyExtent}, 0, bio::kRestypeX)[0];
  out.add_index("residue_index", {n_res}, INT32_MIN / 2, INT32_MAX / 2);  // differences must not overflow
  out.add_float("seq_mask", {n_res});
  const bool has_chains = out.contains("asym_id");
  out.add_float("target_feat", {n_res, has_chains ? kChainTargetFeatChannels : kTargetFeatChannels});
  for (const char* name : {"asym_id", "entity_id", "sym_id"}) {
    if (has_chains) out.add_index(name, {n_res}, 0, INT32_MAX / 2);
  }
  const Shape msa = out.add_float("msa_feat", {kAnyExtent, kAnyExtent, n_res, kMsaFeatChannels});
  const int64_t n_passes = msa[0];
  out.add_float("msa_mask", {n_passes, msa[1], n_res});
  const Shape extra = out.add_index("extra_msa", {n_passes, kAnyExtent, n_res}, 0, bio::kNumMsaClasses - 1);
  out.add_float("extra_msa_mask", extra);
  out.add_float("extra_has_deletion", extra);
  out.add_float("extra_deletion_value", extra);
  if (out.contains("template_aatype"))
    has_chains ? add_chain_templates(out, n_res) : add_templates(out, n_res);
  return out.take();
}

}  // namespace foldmesh::features
