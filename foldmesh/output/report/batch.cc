#include <fmt/format.h>

#include <algorithm>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/output/report/assets.h"
#include "foldmesh/output/report/encoding.h"
#include "foldmesh/output/report/report.h"
#include "foldmesh/output/report/result_reader.h"
#include "foldmesh/structio/structure_reader.h"

namespace foldmesh::output::report {
namespace {

namespace fs = std::filesystem;

// Stages that others' totals contain.
bool counts(const std::string& stage) {
  return !stage.starts_with("search_") && !stage.starts_with("process_");
}

std::string cell(const std::optional<double>& value, int digits) {
  return value ? fmt::format("<td class=\"number\">{:.{}f}</td>", *value, digits) : "<td></td>";
}

std::string index_page(std::span<const SummaryRow> rows, bool any_untrained) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>foldmesh "
      "results</title>\n<style>\n";
  out.append(page_style()).append("</style>\n</head>\n<body>\n<main>\n");
  out += fmt::format("<header><h1>Results</h1><p>{} target{}</p></header>\n", rows.size(),
                     rows.size() == 1 ? "" : "s");
  if (any_untrained) {
    out +=
        "<div id=\"untrained\" role=\"alert\">UNTRAINED: some targets were predicted with generated "
        "parameters; their structures mean nothing.</div>\n";
  }
  out +=
      "<section><div class=\"scroll\"><table>\n<thead><tr><th>target</th><th class=\"number\">residues</th>"
      "<th class=\"number\">chains</th><th>best model</th><th class=\"number\">mean pLDDT</th><th "
      "class=\"number\">pTM</th>"
      "<th class=\"number\">ipTM</th><th "
      "class=\"number\">seconds</th><th>status</th></tr></thead>\n<tbody>\n";
  for (const SummaryRow& row : rows) {
    const std::string name = html_text(row.target);
    out += row.best_model.empty() ? fmt::format("<tr><td>{}</td>", name)
                                  : fmt::format("<tr><td><a href=\"{}/report.html\">{}</a></td>", name, name);
    out += fmt::format("<td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td>", row.n_res,
                       row.n_chains, html_text(row.best_model));
    out += cell(row.mean_plddt, 1) + cell(row.ptm, 3) + cell(row.iptm, 3) + cell(row.seconds, 1);
    out += fmt::format("<td>{}</td></tr>\n", html_text(row.status));
  }
  out += "</tbody></table></div></section>\n</main>\n</body>\n</html>\n";
  return out;
}

}  // namespace

SummaryRow summary_row(const fs::path& folder) {
  const Result result = read_result(folder);
  SummaryRow row;
  row.target = result.name;
  row.status = result.untrained ? kStatusUntrained : kStatusDone;
  double seconds = 0;
  for (const auto& [stage, value] : result.timings) seconds += counts(stage) ? value : 0;
  row.seconds = seconds;
  if (result.models.empty()) return row;
  const ModelResult& best = result.models.front();
  row.best_model = best.name;
  row.mean_plddt = best.mean_plddt;
  row.ptm = best.ptm;
  row.iptm = best.iptm;
  if (!best.structure.empty()) {
    const structio::Entry entry = structio::read_structure(best.structure);
    row.n_chains = entry.chains.size();
    for (const structio::EntryChain& chain : entry.chains) row.n_res += chain.residues.size();
  }
  return row;
}

void write_batch(std::span<const SummaryRow> rows, const fs::path& folder) {
  const bool any_untrained = std::any_of(
      rows.begin(), rows.end(), [](const SummaryRow& row) { return row.status == kStatusUntrained; });
  base::write_file_atomically(folder / "summary.csv", summary_csv(rows));
  base::write_file_atomically(folder / "index.html", index_page(rows, any_untrained));
}

std::vector<fs::path> find_result_folders(const fs::path& folder) {
  if (!fs::is_directory(folder)) base::throw_input("{}: there is no such folder", folder.string());
  if (is_result_folder(folder)) return {folder};
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && is_result_folder(entry.path())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  if (found.empty()) {
    base::throw_input("{}: holds no results (expected ranking_debug.json in it or in folders directly in it)",
                      folder.string());
  }
  return found;
}

}  // namespace foldmesh::output::report
