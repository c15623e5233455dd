// RawFeatures to and from named arrays.
#include <algorithm>
#include <cstring>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/raw_features.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

constexpr int64_t kSpeciesWidth = 5;

template <typename From>
Tensor int32_array(Shape shape, const From& values) {
  Tensor array(DType::kI32, std::move(shape));
  std::copy(values.begin(), values.end(), array.as<int32_t>());
  return array;
}

Tensor bytes_array(std::string_view text) {
  Tensor array(DType::kU8, {static_cast<int64_t>(text.size())});
  if (!text.empty()) std::memcpy(array.as<uint8_t>(), text.data(), text.size());
  return array;
}

// Checked access to the arrays of one file.
class Reader {
 public:
  Reader(const FeatureSet& features, const std::string& path) : features_(features), path_(path) {}

  const Tensor& find(const std::string& name) const {
    const auto at = features_.find(name);
    if (at == features_.end()) base::throw_input("{}: no array '{}' (expected raw features)", path_, name);
    return at->second;
  }

  // The array as int32, of the given shape (-1: any extent).
  Tensor int32(const std::string& name, const Shape& expected) const {
    const Tensor& array = find(name);
    const DType dtype = array.dtype();
    if (dtype == DType::kF32 || dtype == DType::kF64) {
      base::throw_input("{}: '{}' is {} (expected integers)", path_, name, tensor::name_of(dtype));
    }
    bool fits = array.shape().size() == expected.size();
    for (size_t axis = 0; fits && axis < expected.size(); ++axis) {
      fits = expected[axis] < 0 || expected[axis] == array.dim(axis);
    }
    if (!fits) {
      base::throw_input("{}: '{}' has shape {} (expected {}; -1 stands for any)", path_, name,
                        tensor::to_string(array.shape()), tensor::to_string(expected));
    }
    return array.cast(DType::kI32);
  }

  void check_range(const std::string& name, const Tensor& array, int32_t low, int32_t high) const {
    for (const int32_t value : array.span<int32_t>()) {
      if (value < low || value > high) {
        base::throw_input("{}: '{}' holds {} (expected {}..{})", path_, name, value, low, high);
      }
    }
  }

  // Bytes of a text array; empty if the file has none.
  std::string text(const std::string& name) const {
    const auto at = features_.find(name);
    if (at == features_.end() || at->second.dtype() != DType::kU8) return {};
    const auto bytes = at->second.span<uint8_t>();
    return {bytes.begin(), bytes.end()};
  }

  const FeatureSet& features() const { return features_; }
  const std::string& path() const { return path_; }

 private:
  const FeatureSet& features_;
  const std::string& path_;
};

// Letters of the query from one-hot aatype; the stored text, which can tell U from X, wins where it agrees.
std::string read_sequence(const Reader& reader) {
  const Tensor aatype = reader.int32("aatype", {-1, bio::kNumRestypes});
  const int64_t n_res = aatype.dim(0);
  if (n_res == 0) base::throw_input("{}: 'aatype' has no residues", reader.path());
  std::string letters;
  for (int64_t i = 0; i < n_res; ++i) {
    const int32_t* row = aatype.as<int32_t>() + i * bio::kNumRestypes;
    const int type = static_cast<int>(std::find(row, row + bio::kNumRestypes, 1) - row);
    if (type == bio::kNumRestypes || std::count(row, row + bio::kNumRestypes, 0) != bio::kNumRestypes - 1) {
      base::throw_input("{}: row {} of 'aatype' is not one-hot", reader.path(), i);
    }
    letters += bio::kRestypeLetters[type];
  }
  const std::string stored = reader.text("sequence");
  const auto same_type = [](char a, char b) { return bio::restype_of(a) == bio::restype_of(b); };
  const bool agrees = std::equal(stored.begin(), stored.end(), letters.begin(), letters.end(), same_type);
  return agrees ? stored : letters;
}

std::vector<std::string> read_species(const Reader& reader, int64_t n_seq) {
  std::vector<std::string> species(static_cast<size_t>(n_seq));
  const auto at = reader.features().find("msa_species_identifiers");
  if (at == reader.features().end() || at->second.dtype() != DType::kU8) return species;
  const Tensor& array = at->second;
  if (array.shape().size() != 2 || array.dim(0) != n_seq) {
    base::throw_input("{}: 'msa_species_identifiers' has shape {} (expected {} rows)", reader.path(),
                      tensor::to_string(array.shape()), n_seq);
  }
  const int64_t width = array.dim(1);
  for (int64_t r = 0; r < n_seq; ++r) {
    const uint8_t* row = array.as<uint8_t>() + r * width;
    species[static_cast<size_t>(r)].assign(row, std::find(row, row + width, uint8_t{0}));
  }
  return species;
}

void refuse_templates(const Reader& reader) {
  const auto at = reader.features().find("template_aatype");
  if (at == reader.features().end() || at->second.shape().empty() || at->second.dim(0) == 0) return;
  base::throw_input("{}: holds {} templates (expected none: templates are not supported yet)", reader.path(),
                    at->second.dim(0));
}

}  // namespace

FeatureSet to_feature_set(const RawFeatures& raw) {
  const int64_t n_res = raw.n_res();
  FeatureSet out;
  Tensor aatype(DType::kI32, {n_res, bio::kNumRestypes});
  for (int64_t i = 0; i < n_res; ++i) {
    aatype.as<int32_t>()[i * bio::kNumRestypes + bio::restype_of(raw.sequence[static_cast<size_t>(i)])] = 1;
  }
  out.emplace("aatype", std::move(aatype));
  out.emplace("between_segment_residues", int32_array({n_res}, raw.between_segment_residues));
  out.emplace("residue_index", int32_array({n_res}, raw.residue_index));
  const std::vector<int64_t> length(static_cast<size_t>(n_res), n_res);
  out.emplace("seq_length", int32_array({n_res}, length));
  out.emplace("sequence", bytes_array(raw.sequence));
  out.emplace("domain_name", bytes_array(raw.name));
  out.emplace("msa", int32_array({raw.n_seq, n_res}, raw.msa));
  out.emplace("deletion_matrix_int", int32_array({raw.n_seq, n_res}, raw.deletions));
  const std::vector<int64_t> depth(static_cast<size_t>(n_res), raw.n_seq);
  out.emplace("num_alignments", int32_array({n_res}, depth));
  Tensor species(DType::kU8, {raw.n_seq, kSpeciesWidth});
  for (int64_t r = 0; r < raw.n_seq; ++r) {
    const std::string& code = raw.species[static_cast<size_t>(r)];
    std::copy_n(code.begin(), std::min<size_t>(code.size(), kSpeciesWidth),
                species.as<uint8_t>() + r * kSpeciesWidth);
  }
  out.emplace("msa_species_identifiers", std::move(species));

  out.emplace("template_aatype", Tensor(DType::kF32, {0, n_res, bio::kNumHhblits}));
  out.emplace("template_all_atom_masks", Tensor(DType::kF32, {0, n_res, bio::kNumAtom37}));
  out.emplace("template_all_atom_positions", Tensor(DType::kF32, {0, n_res, bio::kNumAtom37, 3}));
  out.emplace("template_sum_probs", Tensor(DType::kF32, {0, 1}));
  return out;
}

RawFeatures raw_from_feature_set(const FeatureSet& features, const std::string& path) {
  const Reader reader(features, path);
  refuse_templates(reader);
  RawFeatures raw;
  raw.sequence = read_sequence(reader);
  raw.name = reader.text("domain_name");
  const int64_t n_res = raw.n_res();

  const auto per_residue = [&](const char* name) {
    const Tensor array = reader.int32(name, {n_res});
    return std::vector<int32_t>(array.span<int32_t>().begin(), array.span<int32_t>().end());
  };
  raw.residue_index = per_residue("residue_index");
  raw.between_segment_residues = per_residue("between_segment_residues");

  const Tensor msa = reader.int32("msa", {-1, n_res});
  raw.n_seq = msa.dim(0);
  if (raw.n_seq == 0) base::throw_input("{}: 'msa' has no rows (expected the query at least)", path);
  reader.check_range("msa", msa, 0, bio::kNumHhblits - 1);
  raw.msa.reserve(static_cast<size_t>(msa.size()));
  for (const int32_t id : msa.span<int32_t>()) raw.msa.push_back(static_cast<uint8_t>(id));
  const Tensor deletions = reader.int32("deletion_matrix_int", {raw.n_seq, n_res});
  reader.check_range("deletion_matrix_int", deletions, 0, INT32_MAX);
  raw.deletions.assign(deletions.span<int32_t>().begin(), deletions.span<int32_t>().end());
  raw.species = read_species(reader, raw.n_seq);
  return raw;
}

}  // namespace foldmesh::features
