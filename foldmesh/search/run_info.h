#ifndef FOLDMESH_SEARCH_RUN_INFO_H_
#define FOLDMESH_SEARCH_RUN_INFO_H_

#include <string>
#include <utility>
#include <vector>

namespace foldmesh::search {

// What outputs say about the run that made them. Free text, one line each.
struct RunInfo {
  std::string program;  // "foldmesh jackhmmer"
  std::string summary;  // what the program does, for the banner
  std::string version;  // "0.1.0"
  std::string query_path, target_path;
  std::string command_line;  // program, options, arguments
  std::string folder;        // current directory, may be empty
  std::string date;          // may be empty
  // Lines of the banner: what an option controls, and its value.
  std::vector<std::pair<std::string, std::string>> settings;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_RUN_INFO_H_
