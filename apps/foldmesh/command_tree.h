// What the program's help says, as data for completion and man pages.
#ifndef FOLDMESH_APPS_COMMAND_TREE_H_
#define FOLDMESH_APPS_COMMAND_TREE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::apps {

struct OptionInfo {
  std::vector<std::string> names;  // "-o", "--output-dir"; empty for positionals
  std::string positional;          // "inputs", or empty
  std::string value;               // "PATH", "{fp32,bf16}", or empty for flags
  std::vector<std::string> choices;
  std::string help, default_value, group;
  bool required = false;
};

struct CommandInfo {
  std::string path;  // "foldmesh db build"
  std::string summary, footer;
  std::vector<OptionInfo> options;
  std::vector<CommandInfo> subcommands;
};

CommandInfo describe(const CLI::App& command);

// Texts of a shell's completion, "bash", "zsh" or "fish".
std::string completion_script(const CommandInfo& program, std::string_view shell);
// One page in roff's man macros; `version` stands in its foot.
std::string man_page(const CommandInfo& command, const std::string& version);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_COMMAND_TREE_H_
