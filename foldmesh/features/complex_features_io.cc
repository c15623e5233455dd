// ComplexFeatures to and from .npz.
#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/complex_features.h"
#include "foldmesh/features/feature_config.h"
#include "foldmesh/features/npz_checks.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

template <typename T, typename From>
Tensor array_of(DType dtype, Shape shape, const From& values) {
  Tensor array(dtype, std::move(shape));
  std::transform(values.begin(), values.end(), array.as<T>(), [](auto v) { return static_cast<T>(v); });
  return array;
}

template <typename From>
Tensor int32_array(Shape shape, const From& values) {
  return array_of<int32_t>(DType::kI32, std::move(shape), values);
}
template <typename From>
Tensor float_array(Shape shape, const From& values) {
  return array_of<float>(DType::kF32, std::move(shape), values);
}

std::vector<int32_t> read_indices(const tensor::NpzReader& file, const std::string& name, const Shape& shape,
                                  int32_t low, int32_t high) {
  const Tensor array = read_int32(file, name, shape);
  check_range(file.path(), name, array.view(), low, high);
  return {array.span<int32_t>().begin(), array.span<int32_t>().end()};
}

// Floating-point numbers in AlphaFold's files, all of them whole.
std::vector<int32_t> read_counts(const tensor::NpzReader& file, const std::string& name, const Shape& shape) {
  const Tensor array = read_float32(file, name, shape);
  std::vector<int32_t> counts;
  counts.reserve(static_cast<size_t>(array.size()));
  for (const float value : array.span<float>()) {
    if (!(value >= 0 && value <= 1e9F)) {
      base::throw_input("{}: '{}' holds {} (expected counts)", file.path(), name, value);
    }
    counts.push_back(static_cast<int32_t>(value));
  }
  return counts;
}

std::vector<uint8_t> read_flags(const tensor::NpzReader& file, const std::string& name, const Shape& shape) {
  std::vector<uint8_t> flags;
  for (const int32_t value : read_counts(file, name, shape)) flags.push_back(value != 0);
  return flags;
}

std::vector<std::string> read_texts(const tensor::NpzReader& file, const std::string& name) {
  if (!file.contains(name) || file.header(name).type != tensor::NpyType::kBytes) return {};
  return file.read_strings(name);
}

// Chains must be contiguous and numbered 1, 2, .., or nothing built on them holds.
size_t count_chains(const tensor::NpzReader& file, const std::vector<int32_t>& asym_id) {
  int32_t last = 0;
  for (const int32_t id : asym_id) {
    if (id != last && id != last + 1) {
      base::throw_input("{}: 'asym_id' has {} after {} (expected chains 1, 2, .. in order)", file.path(), id,
                        last);
    }
    last = id;
  }
  return static_cast<size_t>(last);
}

void read_chain_names(const tensor::NpzReader& file, size_t n_chains, ComplexFeatures& out) {
  out.chain_ids = read_texts(file, "chain_ids");
  const bool is_there = out.chain_ids.size() == n_chains && file.contains("chain_input_order");
  if (is_there) {
    const auto n = static_cast<int64_t>(n_chains);
    out.input_order = read_indices(file, "chain_input_order", {n}, 0, static_cast<int32_t>(n) - 1);
    std::vector<int32_t> sorted = out.input_order;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      base::throw_input("{}: 'chain_input_order' names a chain twice", file.path());
    }
    return;
  }
  // Files of AlphaFold know no other order than their own.
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  out.chain_ids.clear();
  for (size_t c = 0; c < n_chains; ++c) {
    out.chain_ids.push_back(c < kLetters.size() ? std::string(1, kLetters[c]) : fmt::format("C{}", c + 1));
    out.input_order.push_back(static_cast<int32_t>(c));
  }
}

// Leaves out rows that are padding.
void drop_padding(const std::vector<uint8_t>& mask, ComplexFeatures& out) {
  const auto n = static_cast<size_t>(out.n_res());
  size_t kept = 0;
  for (size_t r = 0; r < static_cast<size_t>(out.n_seq); ++r) {
    const auto begin = mask.begin() + static_cast<ptrdiff_t>(r * n);
    if (std::all_of(begin, begin + static_cast<ptrdiff_t>(n), [](uint8_t m) { return m == 0; })) continue;
    const auto move_row = [&](auto& values) {
      std::copy_n(values.begin() + static_cast<ptrdiff_t>(r * n), n,
                  values.begin() + static_cast<ptrdiff_t>(kept * n));
    };
    move_row(out.msa);
    move_row(out.deletions);
    move_row(out.may_mask);
    out.is_favoured[kept] = out.is_favoured[r];
    ++kept;
  }
  out.n_seq = static_cast<int64_t>(kept);
  out.msa.resize(kept * n);
  out.deletions.resize(kept * n);
  out.may_mask.resize(kept * n);
  out.is_favoured.resize(kept);
}

void read_templates(const tensor::NpzReader& file, ComplexFeatures& out) {
  if (!file.contains("template_aatype")) return;
  const int64_t n = out.n_res();
  out.template_aatype = read_int32(file, "template_aatype", {kAnyExtent, n});
  check_range(file.path(), "template_aatype", out.template_aatype.view(), 0, bio::kRestypeGap);
  const int64_t slots = out.template_aatype.dim(0);
  if (slots > kMaxTemplates) {
    base::throw_input("{}: holds {} template slots (expected at most {})", file.path(), slots, kMaxTemplates);
  }
  out.n_templates = slots;
  out.template_positions = read_float32(file, "template_all_atom_positions", {slots, n, bio::kNumAtom37, 3});
  out.template_mask = read_float32(file, "template_all_atom_mask", {slots, n, bio::kNumAtom37});
  for (const Tensor* array : {&out.template_positions, &out.template_mask}) {
    for (const float value : array->span<float>()) {
      if (!(value > -1e6F && value < 1e6F)) {
        base::throw_input("{}: template atoms hold {} (expected coordinates)", file.path(), value);
      }
    }
  }
}

}  // namespace

bool is_complex(const tensor::NpzReader& file) {
  return file.contains("asym_id") && file.contains("msa") && !file.contains("msa_feat");
}

void write_complex_features(const ComplexFeatures& f, const std::filesystem::path& path) {
  const int64_t n = f.n_res();
  std::vector<int32_t> aatype;
  for (const char letter : f.sequence) aatype.push_back(bio::restype_of(letter));
  std::vector<float> deletion_mean(static_cast<size_t>(n));
  for (int64_t k = 0; k < f.n_seq * n; ++k) {
    deletion_mean[static_cast<size_t>(k % n)] +=
        static_cast<float>(f.deletions[static_cast<size_t>(k)]) / static_cast<float>(f.n_seq);
  }
  const std::vector<float> ones(static_cast<size_t>(f.n_seq * n), 1.0F);
  tensor::NpzWriter file(path, tensor::NpzCompression::kDeflated);
  file.add("aatype", int32_array({n}, aatype).view());
  file.add("residue_index", int32_array({n}, f.residue_index).view());
  file.add("asym_id", int32_array({n}, f.asym_id).view());
  file.add("entity_id", int32_array({n}, f.entity_id).view());
  file.add("sym_id", int32_array({n}, f.sym_id).view());
  file.add("seq_mask", float_array({n}, std::span(ones).first(static_cast<size_t>(n))).view());
  file.add("seq_length", int32_array({1}, std::vector<int64_t>{n}).view());
  file.add("assembly_num_chains", int32_array({1}, std::vector<size_t>{f.n_chains()}).view());
  file.add("num_alignments", int32_array({1}, std::vector<int64_t>{f.n_seq}).view());
  file.add("num_paired_alignments", int32_array({1}, std::vector<int64_t>{f.n_paired}).view());
  file.add("msa", int32_array({f.n_seq, n}, f.msa).view());
  file.add("msa_mask", float_array({f.n_seq, n}, ones).view());
  file.add("bert_mask", float_array({f.n_seq, n}, f.may_mask).view());
  file.add("cluster_bias_mask", float_array({f.n_seq}, f.is_favoured).view());
  file.add("deletion_matrix", float_array({f.n_seq, n}, f.deletions).view());
  file.add("deletion_mean", float_array({n}, deletion_mean).view());
  if (f.n_templates > 0) {
    file.add("template_aatype", f.template_aatype.view());
    file.add("template_all_atom_positions", f.template_positions.view());
    file.add("template_all_atom_mask", f.template_mask.view());
  }
  file.add_strings("sequence", std::vector<std::string>{f.sequence});
  file.add_strings("domain_name", std::vector<std::string>{f.name});
  file.add_strings("chain_ids", f.chain_ids);
  file.add("chain_input_order", int32_array({static_cast<int64_t>(f.n_chains())}, f.input_order).view());
  file.commit();
}

ComplexFeatures read_complex_features(const tensor::NpzReader& file) {
  ComplexFeatures out;
  const std::vector<int32_t> aatype = read_indices(file, "aatype", {kAnyExtent}, 0, bio::kRestypeX);
  if (aatype.empty()) base::throw_input("{}: 'aatype' has no residues", file.path());
  for (const int32_t type : aatype) out.sequence += bio::kRestypeLetters[static_cast<size_t>(type)];
  const int64_t n = out.n_res();
  constexpr int32_t kMost = INT32_MAX / 2;
  out.residue_index = read_indices(file, "residue_index", {n}, 0, kMost);
  out.asym_id = read_indices(file, "asym_id", {n}, 1, kMost);
  out.entity_id = read_indices(file, "entity_id", {n}, 1, kMost);
  out.sym_id = read_indices(file, "sym_id", {n}, 1, kMost);
  read_chain_names(file, count_chains(file, out.asym_id), out);
  const std::vector<std::string> names = read_texts(file, "domain_name");
  if (names.size() == 1) out.name = names.front();

  const Tensor msa = read_int32(file, "msa", {kAnyExtent, n});
  check_range(file.path(), "msa", msa.view(), 0, bio::kRestypeGap);
  out.n_seq = msa.dim(0);
  const Shape shape = {out.n_seq, n};
  for (const int32_t letter : msa.span<int32_t>()) out.msa.push_back(static_cast<uint8_t>(letter));
  out.deletions = read_counts(file, "deletion_matrix", shape);
  out.may_mask = read_flags(file, "bert_mask", shape);
  out.is_favoured = read_flags(file, "cluster_bias_mask", {out.n_seq});
  drop_padding(read_flags(file, "msa_mask", shape), out);
  if (out.n_seq == 0) base::throw_input("{}: 'msa' has no rows (expected the query at least)", file.path());
  if (file.contains("num_paired_alignments")) {
    out.n_paired = read_indices(file, "num_paired_alignments", {1}, 0, kMost).front();
  }
  read_templates(file, out);
  return out;
}

}  // namespace foldmesh::features
