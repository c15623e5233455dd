// What bf16 products change: whole models at full depth, first pass and three recycles, against the goldens,
// which were made in fp32. docs/design/inference-numerics.md says where the bounds come from.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "foldmesh/predict/head_dump.h"
#include "foldmesh/predict/predict.h"
#include "tests/golden_whole/golden_case.h"
#include "tests/sanitized.h"

namespace foldmesh::predict {
namespace {

using Point = std::array<double, 3>;

// The largest eigenvalue of a symmetric 4 x 4 matrix, by Jacobi's rotations.
double largest_eigenvalue(std::array<std::array<double, 4>, 4> a) {
  for (int sweep = 0; sweep < 50; ++sweep) {
    for (size_t p = 0; p < 4; ++p) {
      for (size_t q = p + 1; q < 4; ++q) {
        if (a[p][q] == 0) continue;
        const double theta = 0.5 * std::atan2(2 * a[p][q], a[p][p] - a[q][q]);
        const double c = std::cos(theta), s = std::sin(theta);
        for (size_t k = 0; k < 4; ++k) {
          const double x = a[k][p], y = a[k][q];
          a[k][p] = c * x + s * y;
          a[k][q] = c * y - s * x;
        }
        for (size_t k = 0; k < 4; ++k) {
          const double x = a[p][k], y = a[q][k];
          a[p][k] = c * x + s * y;
          a[q][k] = c * y - s * x;
        }
      }
    }
  }
  return std::max({a[0][0], a[1][1], a[2][2], a[3][3]});
}

// Root mean square distance after the best superposition (Horn, J. Opt. Soc. Am. A 4 (1987) 629).
double superposed_rmsd(std::vector<Point> x, std::vector<Point> y) {
  const double n = static_cast<double>(x.size());
  for (std::vector<Point>* points : {&x, &y}) {
    Point center = {};
    for (const Point& p : *points) {
      for (size_t axis = 0; axis < 3; ++axis) center[axis] += p[axis] / n;
    }
    for (Point& p : *points) {
      for (size_t axis = 0; axis < 3; ++axis) p[axis] -= center[axis];
    }
  }
  double squares = 0, s[3][3] = {};
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t a = 0; a < 3; ++a) {
      squares += x[i][a] * x[i][a] + y[i][a] * y[i][a];
      for (size_t b = 0; b < 3; ++b) s[a][b] += x[i][a] * y[i][b];
    }
  }
  const double eigenvalue = largest_eigenvalue(
      {{{s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0]},
        {s[1][2] - s[2][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2]},
        {s[2][0] - s[0][2], s[0][1] + s[1][0], s[1][1] - s[0][0] - s[2][2], s[1][2] + s[2][1]},
        {s[0][1] - s[1][0], s[2][0] + s[0][2], s[1][2] + s[2][1], s[2][2] - s[0][0] - s[1][1]}}});
  return std::sqrt(std::max(0.0, squares - 2 * eigenvalue) / n);
}

TEST(SuperposedRmsd, MovesAndRotates) {
  const std::vector<Point> x = {{0, 0, 0}, {3, 0, 0}, {0, 4, 0}, {0, 0, 5}};
  std::vector<Point> y;
  for (const Point& p : x) y.push_back({7 - p[1], p[0] - 2, p[2] + 1});  // a quarter turn and a step
  EXPECT_NEAR(superposed_rmsd(x, y), 0, 1e-6);
  for (Point& p : y) p[0] = -p[0];  // a mirror image is another thing
  EXPECT_GT(superposed_rmsd(x, y), 1);
}

// Radius of gyration: what distances are to be compared with.
double radius(const std::vector<Point>& points) {
  const double n = static_cast<double>(points.size());
  double squares = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    double mean = 0;
    for (const Point& p : points) mean += p[axis] / n;
    for (const Point& p : points) squares += (p[axis] - mean) * (p[axis] - mean) / n;
  }
  return std::sqrt(squares);
}

// For pass 1; pass p may have p times as much.
struct Bounds {
  double ca_rmsd = 0.5;      // A
  double plddt = 0.6;        // of any residue, of 100
  double mean_plddt = 0.25;  // of all residues
  double ptm = 0.01;
  double single = 1.25e-2;  // rms of the difference over rms
};
struct Case {
  const char* model;
  int n_res;
};

// rms(got - want) / rms(want) over valid units of `width` numbers.
double relative(const tensor::ConstView& got, const tensor::ConstView& want, const std::vector<bool>& valid) {
  const size_t width = static_cast<size_t>(want.size()) / valid.size();
  double squares = 0, differences = 0;
  for (size_t i = 0; i < static_cast<size_t>(want.size()); ++i) {
    if (!valid[i / width]) continue;
    const double w = want.as<float>()[i], d = got.as<float>()[i] - w;
    squares += w * w;
    differences += d * d;
  }
  return std::sqrt(differences / squares);
}

struct Difference {
  double ca_rmsd = -1, radius = 0, plddt = 0, mean_plddt = 0, ptm = 0, single = -1, pair = NAN, msa = NAN;
};

Difference compare(const PassResult& result, const tensor::NpzReader& golden, const FeatureSource& features) {
  constexpr size_t kAtoms = 37, kCa = 1;
  const auto seq_mask = features.get("seq_mask").span<float>(),
             msa_mask = features.get("msa_mask").span<float>();
  const std::vector<bool> residues(seq_mask.begin(), seq_mask.end()), rows(msa_mask.begin(), msa_mask.end());
  std::vector<bool> pairs;
  for (const bool a : residues) {
    for (const bool b : residues) pairs.push_back(a && b);
  }
  Difference difference;
  for_each_head(result, [&](const std::string& name, const tensor::ConstView& got) {
    const std::string stored = fmt::format("out{}_{}", result.pass, name);
    if (!golden.contains(stored)) return;
    const tensor::ConstView want = golden.view(stored);
    if (name == "final_atom_positions") {
      std::vector<Point> x, y;
      for (size_t i = 0; i < residues.size(); ++i) {
        if (!residues[i]) continue;
        const size_t at = (i * kAtoms + kCa) * 3;
        const float *a = got.as<float>() + at, *b = want.as<float>() + at;
        x.push_back({a[0], a[1], a[2]});
        y.push_back({b[0], b[1], b[2]});
      }
      difference.ca_rmsd = superposed_rmsd(x, y);
      difference.radius = radius(y);
    } else if (name == "plddt") {
      const auto n = static_cast<double>(std::count(residues.begin(), residues.end(), true));
      for (size_t i = 0; i < residues.size(); ++i) {
        const double d = residues[i] ? got.as<float>()[i] - want.as<float>()[i] : 0;
        difference.plddt = std::max(difference.plddt, std::abs(d));
        difference.mean_plddt += d / n;
      }
    } else if (name == "ptm_score") {
      difference.ptm = got.as<float>()[0] - want.as<float>()[0];
    } else if (name == "single") {
      difference.single = relative(got, want, residues);
    } else if (name == "pair") {
      difference.pair = relative(got, want, pairs);
    } else if (name == "msa") {
      difference.msa = relative(got, want, rows);
    }
  });
  return difference;
}

void expect_within(const Bounds& bounds, int n_passes, const Difference& difference) {
  ASSERT_GE(difference.ca_rmsd, 0);
  ASSERT_GE(difference.single, 0);
  EXPECT_GT(difference.single, 1e-3) << "is this fp32?";
  EXPECT_LE(difference.ca_rmsd, n_passes * bounds.ca_rmsd);
  EXPECT_LE(difference.plddt, n_passes * bounds.plddt);
  EXPECT_LE(std::abs(difference.mean_plddt), n_passes * bounds.mean_plddt);
  EXPECT_LE(std::abs(difference.ptm), n_passes * bounds.ptm);
  EXPECT_LE(difference.single, n_passes * bounds.single);
}

class Bf16 : public ::testing::TestWithParam<Case> {};

TEST_P(Bf16, StaysCloseToFp32) {
  const Case& param = GetParam();
  if (tests::kSanitized && param.n_res > 16) GTEST_SKIP() << "takes too long under a sanitizer";
  const std::string name = fmt::format("{}_N{}", param.model, param.n_res);
  const std::string path = golden_path(name);
  if (path.empty()) GTEST_SKIP() << "FOLDMESH_MORE_GOLDENS names no folder with " << name << ".npz";
  GoldenCase the(param.model, path);
  the.options.precision = Precision::kBf16;
  the.options.on_pass = [&](const PassResult& result) {
    const Difference d = compare(result, the.golden, *the.features);
    fmt::print("  {:>4} {:>8.3f} {:>8.2f} {:>+8.3f} {:>8.3f} {:>+8.4f} {:>9.1e} {:>9.1e} {:>9.1e}\n",
               result.pass + 1, d.ca_rmsd, d.radius, d.mean_plddt, d.plddt, d.ptm, d.single, d.pair, d.msa);
    expect_within(Bounds(), result.pass + 1, d);
  };
  fmt::print(
      "{}: bf16 against the golden; lengths in A, pLDDT of all and of the worst residue, the rest relative\n",
      name);
  fmt::print("  pass  CA RMSD   radius    pLDDT    worst      pTM    single      pair       msa\n");
  predict(*the.features, the.config, the.params, the.options);
}

INSTANTIATE_TEST_SUITE_P(Goldens, Bf16,
                         ::testing::Values(Case{"model_1_ptm", 16}, Case{"model_3", 16},
                                           Case{"model_1_ptm", 64}, Case{"model_3", 64},
                                           Case{"model_1_multimer_v3", 14}, Case{"model_1_multimer_v3", 44}),
                         [](const auto& test) {
                           return fmt::format("{}_N{}", test.param.model, test.param.n_res);
                         });

}  // namespace
}  // namespace foldmesh::predict
