// Alignments from files in the formats that model building takes.
#ifndef FOLDMESH_SEARCH_ALIGNMENT_INPUT_H_
#define FOLDMESH_SEARCH_ALIGNMENT_INPUT_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "foldmesh/bio/msa.h"

namespace foldmesh::search {

enum class AlignmentFormat {
  kGuess,  // Stockholm by its first line; else FASTA, which is aligned if all rows are equally long, else A3M
  kStockholm,     // may hold several alignments
  kAlignedFasta,  // all rows have the same length; '-', '.' and '_' are gaps
  kA3m  // A3M or A2M: lower-case letters are insertions; the columns become the reference annotation
};

// Reads the alignments of a file ("-": standard input) one by one. Every error is kInput and names file and
// line.
class AlignmentReader {
 public:
  AlignmentReader(const std::filesystem::path& path, AlignmentFormat format);
  ~AlignmentReader();
  AlignmentReader(AlignmentReader&&) noexcept;

  // Nothing after the last one.
  std::optional<bio::Msa> next();
  const std::string& path() const { return path_; }

 private:
  struct Impl;
  std::string path_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_ALIGNMENT_INPUT_H_
