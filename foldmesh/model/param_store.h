// The parameters of one model in memory, looked up by the references in the graph's nodes.
#ifndef FOLDMESH_MODEL_PARAM_STORE_H_
#define FOLDMESH_MODEL_PARAM_STORE_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/thread_pool.h"
#include "foldmesh/graph/graph.h"
#include "foldmesh/model/parameters.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::model {

// A member of files made by `foldmesh params generate`: its uint8 elements are a line of text. The name has
// the form scope//leaf and the content is numeric because loaders of official files expect that of every
// member.
inline constexpr std::string_view kUntrainedMarker = "foldmesh//untrained_parameters";

// How a parameter file differs from what a model needs. Only `unused` is harmless.
struct ParamMismatch {
  std::vector<std::string> missing;     // names
  std::vector<std::string> mis_shaped;  // "NAME: float32 [3,4] (expected float32 [4,3])"
  std::vector<std::string> unused;      // names of tensors that the model does not have
  bool ok() const { return missing.empty() && mis_shaped.empty(); }
};
ParamMismatch compare_params(const tensor::NpzReader& file, const std::vector<ParamSpec>& expected);

// What `foldmesh params verify` finds: the comparison, and tensors with NaN or infinite values.
struct ParamReport {
  std::string model;
  ParamMismatch mismatch;
  std::vector<std::string> not_finite;
  bool untrained = false;
  bool ok() const { return mismatch.ok() && not_finite.empty(); }
};
// Reads and checks all that the model needs. An empty model name is taken from a file name params_MODEL.npz.
ParamReport verify_params(const std::filesystem::path& path, std::string_view model);

// The models for which a file is complete and which use most of its tensors.
std::vector<std::string> models_of(const tensor::NpzReader& file);

// By the marker, or by the values of a tensor that all models have.
bool is_untrained(const tensor::NpzReader& file);

// Whether values come from the formula, whatever its salt: all lie on the formula's grid k * 2^-26 with |k| <
// 2^23, and as many k are odd as even. Meant for a tensor of biases; trained float32 numbers fail at once.
bool looks_generated(std::span<const float> biases);

// Immutable after construction and safe to share between threads.
class ParamStore {
 public:
  // An official-style .npz, stored members being used straight from the memory map. Unknown tensors are
  // allowed. Throws kInput naming the tensors that are missing, have another shape or type, or hold a number
  // that is not finite.
  static ParamStore open(const std::filesystem::path& path, const ModelConfig& config,
                         base::ThreadPool& pool);
  // The formula's parameters, made in memory.
  static ParamStore from_formula(const ModelConfig& config, std::string_view salt, base::ThreadPool& pool);

  // The tensor, or the slice of it, that a node asks for. Valid while the store lives. kInternal when there
  // is none.
  tensor::ConstView view(const graph::ParamRef& param) const;

  // For one who will hardly look at this tensor again: it stays valid, but where it is a window on the file
  // its pages no longer count as memory of the process until they are read again.
  void let_go(const tensor::ConstView& view) const;
  // How many bytes that is.
  size_t bytes_let_go(const tensor::ConstView& view) const { return pages_of(view).size(); }

  // True when the values were made by the formula: nothing predicted with them means anything.
  bool untrained() const { return untrained_; }
  const std::string& source() const { return source_; }  // file path, or "formula"
  const std::vector<std::string>& unused() const { return unused_; }
  size_t bytes() const { return bytes_; }

 private:
  ParamStore() = default;
  std::span<const std::byte> pages_of(const tensor::ConstView& view) const;  // whole ones, of the file

  std::string source_;
  bool untrained_ = false;
  size_t bytes_ = 0;
  std::vector<std::string> unused_;
  std::unique_ptr<tensor::NpzReader> file_;  // owns what `views_` look at, unless the formula made it
  std::vector<tensor::Tensor> made_;
  std::map<std::string, tensor::ConstView, std::less<>> views_;
  std::map<const std::byte*, size_t> windows_;  // on the file: begin and bytes
};

// Writes the formula's parameters as an official-style .npz with the untrained marker. `salt` as in
// formula_value.
void write_formula_file(const std::filesystem::path& path, const ModelConfig& config, std::string_view salt,
                        base::ThreadPool& pool);

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_PARAM_STORE_H_
