// report.html: everything about one target in one file that needs no network, and index.html for many.
#ifndef FOLDMESH_OUTPUT_REPORT_REPORT_H_
#define FOLDMESH_OUTPUT_REPORT_REPORT_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/output/summary.h"

namespace foldmesh::output::report {

// About as many bytes of models (structures, errors) as a page takes, best model first; at least the best one
// is in it.
inline constexpr size_t kModelBytes = size_t{2'100'000};

// The page of a result folder, made of its files alone. Files of single models that are missing or damaged
// are left out with a remark on the page; kInput when there is no ranking.
std::string report_page(const std::filesystem::path& folder);
// Writes it to `folder`/report.html.
void write_report(const std::filesystem::path& folder);

// What summary.csv says about a target, read back from its folder.
SummaryRow summary_row(const std::filesystem::path& folder);

// Writes index.html, with links to the targets' reports, and summary.csv.
void write_batch(std::span<const SummaryRow> rows, const std::filesystem::path& folder);

// Result folders: `folder` itself if it is one, else those directly in it, by name.
std::vector<std::filesystem::path> find_result_folders(const std::filesystem::path& folder);

}  // namespace foldmesh::output::report

#endif  // FOLDMESH_OUTPUT_REPORT_REPORT_H_
