#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"

namespace foldmesh::apps {
namespace {

namespace fs = std::filesystem;

struct State {
  fs::path folder;
  bool force = false;
};

void install_links(const State& state) {
  const fs::path program = fs::canonical("/proc/self/exe");
  std::error_code error;
  fs::create_directories(state.folder, error);
  if (error) base::throw_machine("{}: cannot be created: {}", state.folder.string(), error.message());
  for (const char* name : {"jackhmmer", "phmmer", "hmmsearch", "hmmbuild"}) {
    const fs::path link = state.folder / name;
    if (fs::is_symlink(link) && fs::read_symlink(link) == program) continue;
    if (fs::exists(fs::symlink_status(link))) {
      if (!state.force) base::throw_input("{}: exists (--force replaces it)", link.string());
      fs::remove(link);
    }
    fs::create_symlink(program, link, error);
    if (error) base::throw_machine("{}: cannot be created: {}", link.string(), error.message());
  }
  fmt::print(
      "{0}/jackhmmer, phmmer, hmmsearch and hmmbuild are {1}\nAlphaFold: "
      "--jackhmmer_binary_path={0}/jackhmmer "
      "--hmmsearch_binary_path={0}/hmmsearch --hmmbuild_binary_path={0}/hmmbuild\n",
      state.folder.string(), program.string());
}

}  // namespace

void setup_install_links(CLI::App& app) {
  auto state = std::make_shared<State>();
  app.add_option("folder", state->folder, "where to make the links; made if missing")->required();
  app.add_flag("--force", state->force, "replace files of these names");
  app.footer("Put the folder first in PATH, or name the links to the program that runs HMMER.");
  app.callback([state] { install_links(*state); });
}

}  // namespace foldmesh::apps
