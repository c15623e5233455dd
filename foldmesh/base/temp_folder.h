// A folder of one's own for files that nobody needs afterwards.
#ifndef FOLDMESH_BASE_TEMP_FOLDER_H_
#define FOLDMESH_BASE_TEMP_FOLDER_H_

#include <filesystem>
#include <string_view>

namespace foldmesh::base {

// Makes a folder with a name that no other process or thread has, and removes it with all that lies in it
// when it goes out of scope (not when the process is killed).
class TempFolder {
 public:
  // `<parent>/<prefix>.XXXXXX`; an empty parent is the system's folder for temporary files. Throws kMachine
  // when it cannot be made.
  explicit TempFolder(std::string_view prefix, const std::filesystem::path& parent = {});
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_TEMP_FOLDER_H_
