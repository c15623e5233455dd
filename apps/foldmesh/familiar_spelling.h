// Options as people paste them from AlphaFold's scripts.
#ifndef FOLDMESH_APPS_FAMILIAR_SPELLING_H_
#define FOLDMESH_APPS_FAMILIAR_SPELLING_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace foldmesh::apps {

// Rewrites the words of a command line so that CLI11 understands what absl's flags allow:
//   --model_preset and --model-preset are the same; -model_preset is taken, too
//   --noflag and --no-flag are --flag=false, for options without a value
//   --flagfile=FILE stands for the options in FILE, one a line; lines that begin with # or // are remarks
// Commands that stand in for HMMER's keep HMMER's rules, and what is unknown is left for CLI11 to refuse.
std::vector<std::string> familiar_spelling(const CLI::App& program, std::vector<std::string> words);

}  // namespace foldmesh::apps

#endif  // FOLDMESH_APPS_FAMILIAR_SPELLING_H_
