#include "foldmesh/hhsuite/hhsearch.h"

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/temp_folder.h"
#include "foldmesh/hhsuite/children.h"
#include "foldmesh/hhsuite/hhblits.h"

namespace foldmesh::hhsuite {

namespace {
constexpr const char* kProgram = "hhsearch";
}

void check_hhsearch_installed() { check_installed(kProgram); }

std::vector<std::string> hhsearch_arguments(const std::filesystem::path& a3m,
                                            const std::filesystem::path& report, const std::string& prefix,
                                            int n_threads) {
  return {"-i", a3m.string(), "-o", report.string(), "-maxseq", "1000000", "-cpu", std::to_string(n_threads),
          "-d", prefix};
}

void run_hhsearch(std::string_view a3m, const std::string& prefix, const std::filesystem::path& report,
                  int n_threads) {
  check_hhsearch_installed();
  check_database(prefix);
  const base::TempFolder folder("foldmesh-hhsearch");
  const std::filesystem::path query = folder.path() / "query.a3m", out = folder.path() / "out.hhr",
                              log = folder.path() / "log";
  base::write_file_atomically(query, a3m);
  std::vector<std::string> words = hhsearch_arguments(query, out, prefix, n_threads);
  words.insert(words.begin(), kProgram);
  Children children;
  const int status = children.run(std::move(words), log);
  const std::string kept = report.string() + ".log";
  if (status != 0) throw_failed("hhsearch failed", status, log, kept);
  if (!std::filesystem::exists(out)) throw_failed("hhsearch wrote no report", status, log, kept);
  base::write_file_atomically(report, base::read_file(out));
}

}  // namespace foldmesh::hhsuite
