#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/foldmesh/commands.h"
#include "foldmesh/output/report/report.h"

namespace foldmesh::apps {
namespace {

struct Options {
  std::string folder;
  bool json = false;
};

void run(const Options& options) {
  namespace report = output::report;
  const std::vector<std::filesystem::path> folders = report::find_result_folders(options.folder);
  const bool is_batch = folders.size() > 1 || folders.front() != options.folder;
  std::vector<output::SummaryRow> rows;
  nlohmann::ordered_json written = nlohmann::ordered_json::array();
  for (const std::filesystem::path& folder : folders) {
    report::write_report(folder);
    rows.push_back(report::summary_row(folder));
    written.push_back((folder / "report.html").string());
  }
  if (is_batch) {
    report::write_batch(rows, options.folder);
    for (const char* name : {"index.html", "summary.csv"}) {
      written.push_back((std::filesystem::path(options.folder) / name).string());
    }
  }
  if (options.json) {
    fmt::print("{}\n", written.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    for (const auto& path : written) fmt::print("{}\n", path.get<std::string>());
  }
}

}  // namespace

void setup_report(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command
      .add_option(
          "folder", options->folder,
          "a target's result folder, of foldmesh or of AlphaFold 2, or a folder of such folders, which "
          "gets index.html and summary.csv, too")
      ->required();
  command.add_flag("--json", options->json, "print the names of the files written as JSON");
  command.footer(
      "Writes report.html into each result folder: structure, aligned error, alignment and tables in one "
      "file that\nopens in any browser without a network. `foldmesh fold` does this by itself.");
  command.callback([options] { run(*options); });
}

}  // namespace foldmesh::apps
