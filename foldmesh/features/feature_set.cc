#include "foldmesh/features/feature_set.h"

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

// Reads one file's members into a set.
class Collector {
 public:
  explicit Collector(const tensor::NpzReader& file) : file_(file) {}

  // kAnyExtent in `shape` accepts any extent; the array's own shape is returned.
  Shape add_float(const std::string& name, const Shape& shape) {
    return keep(name, read_float32(file_, name, shape));
  }
  Shape add_index(const std::string& name, const Shape& shape, int32_t low, int32_t high) {
    Tensor array = read_int32(file_, name, shape);
    check_range(file_.path(), name, array.view(), low, high);
    return keep(name, std::move(array));
  }
  FeatureSet take() { return std::move(features_); }

 private:
  Shape keep(const std::string& name, Tensor array) {
    Shape shape = array.shape();
    for (const int64_t extent : shape) {
      if (extent == 0) base::throw_input("{}: '{}' is empty", file_.path(), name);
    }
    features_.emplace(name, std::move(array));
    return shape;
  }

  const tensor::NpzReader& file_;
  FeatureSet features_;
};

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
  out.add_float("target_feat", {n_res, kTargetFeatChannels});
  const Shape msa = out.add_float("msa_feat", {kAnyExtent, kAnyExtent, n_res, kMsaFeatChannels});
  const int64_t n_passes = msa[0];
  out.add_float("msa_mask", {n_passes, msa[1], n_res});
  const Shape extra = out.add_index("extra_msa", {n_passes, kAnyExtent, n_res}, 0, bio::kNumMsaClasses - 1);
  out.add_float("extra_msa_mask", extra);
  out.add_float("extra_has_deletion", extra);
  out.add_float("extra_deletion_value", extra);
  if (file.contains("template_aatype")) add_templates(out, n_res);
  return out.take();
}

}  // namespace foldmesh::features
