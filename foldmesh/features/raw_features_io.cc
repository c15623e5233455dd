// RawFeatures to and from .npz.
#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/npz_checks.h"
#include "foldmesh/features/raw_features.h"
#include "foldmesh/features/template_arrays.h"

namespace foldmesh::features {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

template <typename From>
Tensor int32_array(Shape shape, const From& values) {
  Tensor array(DType::kI32, std::move(shape));
  std::copy(values.begin(), values.end(), array.as<int32_t>());
  return array;
}

Tensor one_hot_aatype(const std::string& sequence) {
  Tensor array(DType::kI32, {static_cast<int64_t>(sequence.size()), bio::kNumRestypes});
  int32_t* row = array.as<int32_t>();
  for (const char letter : sequence) {
    row[bio::restype_of(letter)] = 1;
    row += bio::kNumRestypes;
  }
  return array;
}

bool has_strings(const tensor::NpzReader& file, const std::string& name) {
  return file.contains(name) && file.header(name).type == tensor::NpyType::kBytes;
}

// The only element of a text array, or empty.
std::string read_text(const tensor::NpzReader& file, const std::string& name) {
  if (!has_strings(file, name)) return {};
  const std::vector<std::string> texts = file.read_strings(name);
  return texts.size() == 1 ? texts.front() : std::string();
}

// Letters of the query from one-hot aatype; the stored text, which can tell U from X, wins where it agrees.
std::string read_sequence(const tensor::NpzReader& file) {
  const Tensor aatype = read_int32(file, "aatype", {kAnyExtent, bio::kNumRestypes});
  const int64_t n_res = aatype.dim(0);
  if (n_res == 0) base::throw_input("{}: 'aatype' has no residues", file.path());
  std::string letters;
  for (int64_t i = 0; i < n_res; ++i) {
    const int32_t* row = aatype.as<int32_t>() + i * bio::kNumRestypes;
    const int type = static_cast<int>(std::find(row, row + bio::kNumRestypes, 1) - row);
    if (type == bio::kNumRestypes || std::count(row, row + bio::kNumRestypes, 0) != bio::kNumRestypes - 1) {
      base::throw_input("{}: row {} of 'aatype' is not one-hot", file.path(), i);
    }
    letters += bio::kRestypeLetters[type];
  }
  const std::string stored = read_text(file, "sequence");
  const auto same_type = [](char a, char b) { return bio::restype_of(a) == bio::restype_of(b); };
  return std::equal(stored.begin(), stored.end(), letters.begin(), letters.end(), same_type) ? stored
                                                                                             : letters;
}

std::vector<std::string> read_species(const tensor::NpzReader& file, int64_t n_seq) {
  const std::string name = "msa_species_identifiers";
  if (!has_strings(file, name)) return std::vector<std::string>(static_cast<size_t>(n_seq));
  std::vector<std::string> species = file.read_strings(name);
  if (static_cast<int64_t>(species.size()) != n_seq) {
    base::throw_input("{}: '{}' has {} elements (expected {})", file.path(), name, species.size(), n_seq);
  }
  return species;
}

}  // namespace

void write_raw_features(const RawFeatures& raw, const std::filesystem::path& path) {
  const int64_t n_res = raw.n_res();
  const std::vector<int64_t> length(raw.sequence.size(), n_res), depth(raw.sequence.size(), raw.n_seq);
  tensor::NpzWriter file(path, tensor::NpzCompression::kDeflated);
  file.add("aatype", one_hot_aatype(raw.sequence).view());
  file.add("between_segment_residues", int32_array({n_res}, raw.between_segment_residues).view());
  file.add("residue_index", int32_array({n_res}, raw.residue_index).view());
  file.add("seq_length", int32_array({n_res}, length).view());
  file.add_strings("sequence", std::vector<std::string>{raw.sequence});
  file.add_strings("domain_name", std::vector<std::string>{raw.name});
  file.add("msa", int32_array({raw.n_seq, n_res}, raw.msa).view());
  file.add("deletion_matrix_int", int32_array({raw.n_seq, n_res}, raw.deletions).view());
  file.add("num_alignments", int32_array({n_res}, depth).view());
  file.add_strings("msa_species_identifiers", raw.species);

  add_raw_templates(file, raw.templates, n_res);
  file.commit();
}

RawFeatures read_raw_features(const tensor::NpzReader& file) {
  RawFeatures raw;
  raw.sequence = read_sequence(file);
  raw.name = read_text(file, "domain_name");
  const int64_t n_res = raw.n_res();

  const auto vector_of = [](const Tensor& array) {
    return std::vector<int32_t>(array.span<int32_t>().begin(), array.span<int32_t>().end());
  };
  raw.residue_index = vector_of(read_int32(file, "residue_index", {n_res}));
  raw.between_segment_residues = vector_of(read_int32(file, "between_segment_residues", {n_res}));

  const Tensor msa = read_int32(file, "msa", {kAnyExtent, n_res});
  raw.n_seq = msa.dim(0);
  if (raw.n_seq == 0) base::throw_input("{}: 'msa' has no rows (expected the query at least)", file.path());
  check_range(file.path(), "msa", msa.view(), 0, bio::kNumHhblits - 1);
  raw.msa.reserve(static_cast<size_t>(msa.size()));
  for (const int32_t id : msa.span<int32_t>()) raw.msa.push_back(static_cast<uint8_t>(id));
  const Tensor deletions = read_int32(file, "deletion_matrix_int", {raw.n_seq, n_res});
  check_range(file.path(), "deletion_matrix_int", deletions.view(), 0, INT32_MAX);
  raw.deletions = vector_of(deletions);
  raw.species = read_species(file, raw.n_seq);
  raw.templates = read_raw_templates(file, n_res);
  return raw;
}

}  // namespace foldmesh::features
