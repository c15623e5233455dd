#include "foldmesh/base/temp_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "foldmesh/base/error.h"

namespace foldmesh::base {

TempFolder::TempFolder(std::string_view prefix, const std::filesystem::path& parent) {
  std::string name =
      (parent.empty() ? std::filesystem::temp_directory_path() : parent) / (std::string(prefix) + ".XXXXXX");
  if (::mkdtemp(name.data()) == nullptr) {
    throw_machine("{}: cannot be made: {}", name, std::strerror(errno));
  }
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;  // a leftover temporary folder is no reason to end the program
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace foldmesh::base
