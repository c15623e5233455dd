#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "apps/foldmesh/command_tree.h"
#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/version.h"

namespace foldmesh::apps {
namespace {

struct Options {
  std::string page, output_dir;
};

void write_all(const CommandInfo& program, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  base::write_file_atomically(folder / "foldmesh.1", man_page(program, base::version()));
  for (const CommandInfo& command : program.subcommands) {
    std::string name = command.path;
    std::replace(name.begin(), name.end(), ' ', '-');
    base::write_file_atomically(folder / (name + ".1"), man_page(command, base::version()));
  }
}

void run(const Options& options, const CLI::App& root) {
  const CommandInfo program = describe(root);
  if (!options.output_dir.empty()) {
    write_all(program, options.output_dir);
    return;
  }
  if (options.page.empty()) {
    fmt::print("{}", man_page(program, base::version()));
    return;
  }
  for (const CommandInfo& command : program.subcommands) {
    if (command.path == "foldmesh " + options.page) {
      fmt::print("{}", man_page(command, base::version()));
      return;
    }
  }
  base::throw_input("there is no command '{}' (see foldmesh --help)", base::printable(options.page));
}

}  // namespace

void setup_man(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("command", options->page, "whose page to print; none: the program's");
  command.add_option("--output-dir", options->output_dir,
                     "write all pages there instead: foldmesh.1, foldmesh-fold.1, ...");
  command.footer("To read one: foldmesh man fold | man -l -");
  command.callback([options, &command] { run(*options, *command.get_parent()); });
}

}  // namespace foldmesh::apps
