// Runs hhsearch of HH-suite 3 with AlphaFold 2's options (alphafold/data/tools/hhsearch.py of its published
// code).
#ifndef FOLDMESH_HHSUITE_HHSEARCH_H_
#define FOLDMESH_HHSUITE_HHSEARCH_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::hhsuite {

// Throws kInput saying how to install it when there is no hhsearch in PATH.
void check_hhsearch_installed();

// The words after `hhsearch`.
std::vector<std::string> hhsearch_arguments(const std::filesystem::path& a3m,
                                            const std::filesystem::path& report, const std::string& prefix,
                                            int n_threads);

// Searches a database (PDB70; hhblits.h says what `prefix` is) with an alignment, whose first row is the
// query. The report appears under its name when it is complete. What hhsearch said is kept beside it
// (`<report>.log`) when it failed. Throws kMachine then, and kInput when the database is not there.
void run_hhsearch(std::string_view a3m, const std::string& prefix, const std::filesystem::path& report,
                  int n_threads);

}  // namespace foldmesh::hhsuite

#endif  // FOLDMESH_HHSUITE_HHSEARCH_H_
