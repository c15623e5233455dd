#include <fmt/format.h>

#include <memory>
#include <string>

#include "apps/foldmesh/command_tree.h"
#include "apps/foldmesh/commands.h"

namespace foldmesh::apps {

void setup_completion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "which shell's language to write")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.footer(
      "Prints a script that completes commands, options and their values. For the running shell:\n"
      "  source <(foldmesh completion bash)\n"
      "For all shells to come: foldmesh completion bash > "
      "~/.local/share/bash-completion/completions/foldmesh\n"
      "  foldmesh completion fish > ~/.config/fish/completions/foldmesh.fish");
  command.callback(
      [shell, &command] { fmt::print("{}", completion_script(describe(*command.get_parent()), *shell)); });
}

}  // namespace foldmesh::apps
