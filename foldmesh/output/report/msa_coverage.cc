#include "foldmesh/output/report/msa_coverage.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/features/msa_input.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::output::report {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRows = 256, kMostColumns = 1024;  // of the picture
constexpr double kIdentitySteps = 63;
constexpr int kGapId = 21;  // HHblits ids

double identity_to_query(const std::string& row, const std::string& query) {
  int same = 0, residues = 0;
  for (size_t i = 0; i < query.size(); ++i) {
    if (row[i] == '-') continue;
    ++residues;
    same += row[i] == query[i] ? 1 : 0;
  }
  return residues == 0 ? 0.0 : static_cast<double>(same) / residues;
}

// Letters are of no interest, so every id has one of its own.
std::vector<std::string> rows_of_features(const fs::path& path) {
  const tensor::NpzReader file(path);
  if (!file.contains("msa") || file.header("msa").shape.size() != 2) return {};
  const tensor::ConstView msa = file.view("msa");
  const auto n_rows = static_cast<size_t>(msa.dim(0)), n_res = static_cast<size_t>(msa.dim(1));
  std::vector<std::string> rows(n_rows, std::string(n_res, '-'));
  const auto fill = [&](const auto* ids) {
    for (size_t k = 0; k < n_rows * n_res; ++k) {
      if (ids[k] != kGapId) rows[k / n_res][k % n_res] = static_cast<char>('A' + ids[k] % 32);
    }
  };
  if (msa.dtype == tensor::DType::kU8) {
    fill(msa.as<uint8_t>());
  } else if (msa.dtype == tensor::DType::kI32) {
    fill(msa.as<int32_t>());
  } else {
    return {};
  }
  return rows;
}

// Other than hits for pairing, and of structures.
bool is_merged(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool is_alignment = path.extension() == ".sto" || path.extension() == ".a3m";
  return is_alignment && !name.starts_with("pdb_hits") && !name.starts_with("uniprot_hits");
}

std::vector<std::string> rows_of_alignments(const fs::path& folder) {
  if (!fs::is_directory(folder)) return {};
  std::set<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_merged(entry.path())) files.insert(entry.path());
  }
  std::vector<std::string> rows;
  std::set<std::string> seen;
  for (const fs::path& path : files) {
    features::MsaInput input = features::read_msa(fs::absolute(path).string());
    for (std::string& row : input.msa.sequences) {
      if (!rows.empty() && row.size() != rows.front().size()) {
        base::throw_input("{}: is as wide as {} residues (the others: {})", path.string(), row.size(),
                          rows.front().size());
      }
      if (seen.insert(row).second) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace

MsaCoverage msa_coverage(const std::vector<std::string>& rows) {
  MsaCoverage out;
  out.n_rows = rows.size();
  if (rows.empty()) return out;
  const std::string& query = rows.front();
  out.depth.assign(query.size(), 0);
  std::vector<double> identity;
  for (const std::string& row : rows) {
    if (row.size() != query.size())
      base::throw_internal("alignment rows of {} and {} columns", row.size(), query.size());
    identity.push_back(identity_to_query(row, query));
    for (size_t i = 0; i < row.size(); ++i) out.depth[i] += row[i] == '-' ? 0 : 1;
  }
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return identity[a] > identity[b]; });

  out.height = std::min(rows.size(), kMostRows);
  out.width = std::min(query.size(), kMostColumns);
  for (size_t y = 0; y < out.height; ++y) {
    const size_t row = order[(2 * y + 1) * rows.size() / (2 * out.height)];
    out.identity.push_back(static_cast<uint8_t>(std::lround(identity[row] * kIdentitySteps)));
    for (size_t x = 0; x < out.width; ++x) {
      const size_t column = (2 * x + 1) * query.size() / (2 * out.width);
      out.is_covered.push_back(rows[row][column] == '-' ? 0 : 1);
    }
  }
  return out;
}

std::optional<MsaCoverage> read_msa_coverage(const fs::path& folder) {
  try {
    std::vector<std::string> rows;
    if (fs::is_regular_file(folder / "features.npz")) rows = rows_of_features(folder / "features.npz");
    if (rows.empty()) rows = rows_of_alignments(folder / "msas");
    if (rows.empty()) return std::nullopt;
    return msa_coverage(rows);
  } catch (const base::Error& error) {
    base::log::warn("{}; the report shows no alignment", error.what());
    return std::nullopt;
  }
}

}  // namespace foldmesh::output::report
