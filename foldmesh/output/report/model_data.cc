#include "foldmesh/output/report/model_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/output/report/encoding.h"

namespace foldmesh::output::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMilli = 1000;      // coordinates are kept in thousandths
constexpr double kFarthest = 9'000;  // from the centre, A; the viewer's columns end soon after
constexpr double kErrorStep = 0.5;   // the head's bins are as wide
constexpr size_t kMostCells = 1024;  // per side

std::array<double, 3> centre_of(const structio::Entry& entry) {
  std::array<double, 3> sum{};
  double n = 0;
  for (const structio::EntryChain& chain : entry.chains) {
    for (const structio::EntryResidue& residue : chain.residues) {
      for (size_t a = 0; a < residue.mask.size(); ++a) {
        if (residue.mask[a] == 0) continue;
        ++n;
        for (size_t k = 0; k < 3; ++k) sum[k] += static_cast<double>(residue.position[a][k]);
      }
    }
  }
  for (double& x : sum) x = n > 0 ? x / n : 0;
  return sum;
}

std::span<const uint8_t> bytes_of(const std::vector<int32_t>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(int32_t)};
}

}  // namespace

Layout layout_of(const structio::Entry& entry) {
  Layout layout;
  for (const structio::EntryChain& chain : entry.chains) {
    layout.chains.push_back({chain.author_id, layout.letters.size(), chain.residues.size()});
    for (size_t i = 0; i < chain.residues.size(); ++i) {
      const structio::EntryResidue& residue = chain.residues[i];
      layout.letters += residue.letter;
      layout.types.push_back(bio::restype_of(residue.letter));
      layout.numbers.push_back(residue.observed ? residue.author_number : static_cast<int>(i) + 1);
    }
  }
  return layout;
}

Json atoms_json(const structio::Entry& entry) {
  const std::array<double, 3> centre = centre_of(entry);
  std::vector<uint8_t> counts, names;
  std::vector<int32_t> xyz;
  for (const structio::EntryChain& chain : entry.chains) {
    for (const structio::EntryResidue& residue : chain.residues) {
      uint8_t count = 0;
      for (size_t a = 0; a < residue.mask.size(); ++a) {
        if (residue.mask[a] == 0) continue;
        ++count;
        names.push_back(static_cast<uint8_t>(a));
        for (size_t k = 0; k < 3; ++k) {
          const double from_centre = static_cast<double>(residue.position[a][k]) - centre[k];
          xyz.push_back(
              static_cast<int32_t>(std::lround(std::clamp(from_centre, -kFarthest, kFarthest) * kMilli)));
        }
      }
      counts.push_back(count);
    }
  }
  return {{"counts", base64(counts)}, {"names", base64(names)}, {"xyz", base64(bytes_of(xyz))}};
}

Json pae_json(const AlignedErrors& errors) {
  const size_t n = std::min(errors.n, kMostCells);
  std::string cells;
  cells.reserve(n * n);
  // Residues [begin, end) of cell c; the script finds a residue's cell as floor(residue * n / n_res).
  const auto begin = [&](size_t c) { return (c * errors.n + n - 1) / n; };
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      double sum = 0;
      size_t count = 0;
      for (size_t row = begin(i); row < begin(i + 1); ++row) {
        for (size_t column = begin(j); column < begin(j + 1); ++column, ++count) {
          sum += static_cast<double>(errors.values[row * errors.n + column]);
        }
      }
      const double steps = sum / static_cast<double>(count) / kErrorStep;
      cells += base64_digit(steps > 0 ? static_cast<unsigned>(std::lround(std::min(steps, 63.0))) : 0U);
    }
  }
  return {{"n", n}, {"step", kErrorStep}, {"cells", cells}};
}

}  // namespace foldmesh::output::report
