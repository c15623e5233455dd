#ifndef FOLDMESH_SEARCH_OUTPUT_FILES_H_
#define FOLDMESH_SEARCH_OUTPUT_FILES_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "foldmesh/base/file.h"

namespace foldmesh::search {

struct OutputPaths {
  std::optional<std::filesystem::path> main;  // -o; standard output when not given
  std::optional<std::filesystem::path> alignment, target_table, domain_table;
};

// The files of one run, which appear under their names together with commit(). Text for an output that was
// not asked for is dropped. Failures throw kMachine.
class OutputFiles {
 public:
  explicit OutputFiles(const OutputPaths& paths);

  void add_main(std::string_view text);
  void add_alignment(std::string_view text);
  void add_target_table(std::string_view text);
  void add_domain_table(std::string_view text);
  void commit();

 private:
  std::unique_ptr<base::AtomicFile> main_, alignment_, target_table_, domain_table_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_OUTPUT_FILES_H_
