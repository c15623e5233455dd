// Profile HMM files in HMMER's ASCII format "HMMER3/f" (docs/formats/hmm.md).
//
// Probabilities are written as -ln p with five decimals, so a model read back is close to, but not bit for
// bit, the model that was written; writing it once more gives the same bytes.
#ifndef FOLDMESH_HMM_HMM_FILE_H_
#define FOLDMESH_HMM_HMM_FILE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/hmm/core_model.h"

namespace foldmesh::hmm {

inline constexpr int kMaxModelLength = 100000;  // nodes; a longer LENG is refused

// Streams the models of a file, which may hold many one after another. Memory use is that of one model.
// Every defect throws kInput "FILE:LINE: what is wrong (what was expected)".
class HmmFileReader {
 public:
  // "-" is standard input.
  explicit HmmFileReader(const std::filesystem::path& path);
  // Over bytes in memory, which must outlive the reader; `name` is for messages.
  HmmFileReader(std::string_view bytes, std::string name);

  // The next model, or nothing at the end of the file. A file without any model is an error.
  std::optional<CoreModel> next();

 private:
  std::string_view line();   // the next non-blank line; an error at the end of the file
  bool skip_to_next_line();  // false at the end of the file
  [[noreturn]] void fail(const std::string& what) const;

  void read_header(CoreModel& model);
  void read_header_line(std::string_view tag, std::string_view rest, CoreModel& model);
  void read_body(CoreModel& model);
  void read_node_line(int k, CoreModel& model);
  void read_transitions(std::array<float, 7>& t);
  void check_sums(const CoreModel& model, int k) const;
  template <size_t N>
  void read_probabilities(std::string_view& rest, std::array<float, N>& values) const;

  std::optional<base::MappedFile> mapped_;
  std::string owned_, name_;
  std::string_view rest_;  // unread bytes
  int64_t line_number_ = 0;
  int n_models_ = 0;
  // What the header announced for the node lines.
  bool has_map_ = false, has_consensus_ = false, has_rf_ = false, has_mm_ = false, has_cs_ = false;
  int n_statistics_ = 0;
};

// All models of a file.
std::vector<CoreModel> read_hmm_file(const std::filesystem::path& path);

// Appends one model. `writer` goes into the brackets of the first line, where HMMER names its version.
void append_hmm(std::string& out, const CoreModel& model, std::string_view writer);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_HMM_FILE_H_
