#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/version.h"

namespace foldmesh::apps {
namespace {

// In the order in which --help lists them.
const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"fold", "the whole pipeline: sequences to ranked structures", setup_fold},
      {"search", "many queries against many databases in one pass, for alignments as AlphaFold uses them",
       setup_search},
      {"jackhmmer", "iterative profile search from a sequence, with HMMER's options and files",
       setup_jackhmmer},
      {"phmmer", "search with a sequence, with HMMER's options and files", setup_phmmer},
      {"hmmsearch", "search with profile HMMs, with HMMER's options and files", setup_hmmsearch},
      {"hmmbuild", "profile HMMs from alignments, with HMMER's options and files", setup_hmmbuild},
      {"db", "packed sequence databases: build, info, verify, extract", setup_db},
      {"features", "merge alignments into features for the network", setup_features},
      {"predict", "run the network on features: structure and confidence", setup_predict},
      {"params", "generate, verify or list parameter files", setup_params},
      {"bench", "measure this machine: how a search scales over processors", setup_bench},
  };
  return table;
}

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 a failure of ours or the machine's, 2 wrong usage or bad input.\n"
    "Started through a symbolic link named like a subcommand (say jackhmmer), the program behaves as that "
    "subcommand.";

int run(int argc, char** argv) {
  CLI::App app("foldmesh: protein sequence in, structure out (AlphaFold 2 as one native program)",
               "foldmesh");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", "foldmesh " + base::version_string() + "\ninstruction set: " +
                                        base::instruction_set() + "\nbackends: cpu (fp32), reference (fp64)");
  bool quiet = false, verbose = false;
  app.add_flag("--quiet", quiet, "no progress, warnings and errors only");
  app.add_flag("--verbose", verbose, "log decisions in detail");
  app.fallthrough();  // --quiet and --verbose may stand after the subcommand, too
  app.parse_complete_callback([&] {
    base::set_up_log(quiet     ? base::Verbosity::kQuiet
                     : verbose ? base::Verbosity::kVerbose
                               : base::Verbosity::kNormal);
    if (quiet) base::set_progress_style(base::ProgressStyle::kQuiet);
  });

  std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string started_as = std::filesystem::path(argv[0]).filename().string();
  for (const Command& command : commands()) {
    command.setup(*app.add_subcommand(command.name, command.summary));
    if (started_as == command.name) arguments.insert(arguments.begin(), started_as);
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    std::string path = "foldmesh";
    for (const CLI::App* used : app.get_subcommands()) path += " " + used->get_name();
    base::throw_input("{} (see {} --help)", error.what(), path);
  }
}

}  // namespace
}  // namespace foldmesh::apps

int main(int argc, char** argv) {
  try {
    return foldmesh::apps::run(argc, argv);
  } catch (const foldmesh::base::Error& error) {
    std::fprintf(stderr, "foldmesh: %s\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "foldmesh: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "foldmesh: internal error: %s\n", error.what());
    return 1;
  }
}
