#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "apps/foldmesh/familiar_spelling.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/base/progress.h"
#include "foldmesh/base/version.h"
#include "foldmesh/comm/launch.h"

namespace foldmesh::apps {
namespace {

// In the order in which --help lists them.
const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"fold", "the whole pipeline: sequences to ranked structures", setup_fold},
      {"search", "many queries against many databases in one pass, for alignments as AlphaFold uses them",
       setup_search},
      {"jackhmmer", "iterative profile search from a sequence, with HMMER's options and files",
       setup_jackhmmer, true},
      {"phmmer", "search with a sequence, with HMMER's options and files", setup_phmmer, true},
      {"hmmsearch", "search with profile HMMs, with HMMER's options and files", setup_hmmsearch, true},
      {"hmmbuild", "profile HMMs from alignments, with HMMER's options and files", setup_hmmbuild, true},
      {"install-links", "links named like HMMER's programs, to run in their place", setup_install_links},
      {"db", "packed sequence databases: build, info, verify, extract", setup_db},
      {"features", "merge alignments into features for the network", setup_features},
      {"predict", "run the network on features: structure and confidence", setup_predict},
      {"relax", "restrained minimisation of a structure in a force field, with OpenMM", setup_relax},
      {"plan", "how long a prediction would take and what memory, on any machine, without running it",
       setup_plan},
      {"report", "report.html of a result folder: structure, confidence and alignment in one file",
       setup_report},
      {"bfactors", "pLDDT to B-factors, for molecular replacement", setup_bfactors},
      {"params", "generate, verify or list parameter files", setup_params},
      {"bench",
       "measure this machine: how a search scales over processors, how fast the network's operators are",
       setup_bench},
      {"doctor", "look before a long run: databases, parameters, helper programs, memory", setup_doctor},
      {"completion", "a script that completes commands and options in bash, zsh or fish", setup_completion},
      {"man", "the manual, page by page", setup_man},
  };
  return table;
}

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 a failure of ours or the machine's, 2 wrong usage or bad input.\n"
    "Started through a symbolic link named jackhmmer, phmmer, hmmsearch or hmmbuild (`foldmesh "
    "install-links` "
    "makes them),\nthe program stands in for that program of HMMER: its options, its files, exit code 1 for "
    "every error.";

// The program of HMMER that a symbolic link was named after, or null.
const Command* stand_in(const char* argv0) {
  const std::string name = std::filesystem::path(argv0).filename().string();
  for (const Command& command : commands()) {
    if (command.is_hmmer && name == command.name) return &command;
  }
  return nullptr;
}

// HMMER takes any beginning of a long option's name that no other option shares: --inco for --incomplete.
void complete_abbreviations(const CLI::App& command, std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    const std::string given = argument.substr(0, argument.find('='));
    if (given.size() < 3 || !given.starts_with("--")) continue;
    std::vector<std::string> matches;
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (("--" + name).starts_with(given)) matches.push_back("--" + name);
      }
    }
    if (matches.size() == 1) argument.replace(0, given.size(), matches.front());
  }
}

int run(const Command* hmmer, int argc, char** argv) {
  CLI::App app("foldmesh: protein sequence in, structure out (AlphaFold 2 as one native program)",
               "foldmesh");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", "foldmesh " + base::version_string() + "\ninstruction set: " +
                                        base::instruction_set() + "\nbackends: cpu (fp32), reference (fp64)");
  bool quiet = hmmer != nullptr, verbose = false;  // HMMER's programs say nothing on standard error
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
  for (const Command& command : commands()) {
    command.setup(*app.add_subcommand(command.name, command.summary));
  }
  if (hmmer != nullptr) {
    // Pipelines look for a line like this one in the help.
    app.get_subcommand(hmmer->name)
        ->description(fmt::format("# {} :: {}\n# HMMER 3.4 compatible: foldmesh {}", hmmer->name,
                                  hmmer->summary, base::version_string()));
    complete_abbreviations(*app.get_subcommand(hmmer->name), arguments);
    arguments.insert(arguments.begin(), hmmer->name);
  } else {
    arguments = familiar_spelling(app, std::move(arguments));
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
    return 0;
  } catch (const CLI::ParseError& error) {
    // Wrappers ask `jackhmmer -h --some_option` whether there is that option.
    if (error.get_exit_code() == 0 && (hmmer == nullptr || app.remaining_size(true) == 0)) {
      return app.exit(error);  // --help and --version
    }
    std::string path = "foldmesh";
    for (const CLI::App* used : app.get_subcommands()) path += " " + used->get_name();
    const std::vector<std::string> unknown = app.remaining(true);
    base::throw_input("{} (see {} --help)",
                      error.get_exit_code() == 0 ? "there is no option " + unknown.front() : error.what(),
                      path);
  }
}

}  // namespace

bool is_hmmer_command(std::string_view name) {
  return std::any_of(commands().begin(), commands().end(),
                     [&](const Command& command) { return command.is_hmmer && name == command.name; });
}

}  // namespace foldmesh::apps

int main(int argc, char** argv) {
  const foldmesh::apps::Command* hmmer = foldmesh::apps::stand_in(argv[0]);
  int exit_code = 1;
  std::string message;
  try {
    return foldmesh::apps::run(hmmer, argc, argv);
  } catch (const foldmesh::base::Error& error) {
    message = error.what();
    exit_code = hmmer != nullptr ? 1 : error.exit_code();
  } catch (const std::bad_alloc&) {
    message = "out of memory";
  } catch (const std::exception& error) {
    message = std::string("internal error: ") + error.what();
  }
  if (foldmesh::comm::is_to_report()) std::fprintf(stderr, "foldmesh: %s\n", message.c_str());
  foldmesh::comm::end_all(exit_code);  // others may be waiting for us
  return exit_code;
}
