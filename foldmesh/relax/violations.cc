#include "foldmesh/relax/violations.h"

#include <algorithm>
#include <cmath>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/distance_bounds.h"
#include "foldmesh/relax/vec3.h"

namespace foldmesh::relax {
namespace {

constexpr int kSlotN = 0, kSlotCa = 1, kSlotC = 2, kSlotSulphur = 5;
constexpr double kStddevs = 12, kOverlap = 1.5;
constexpr double kBondEpsilon = 1e-6, kClashEpsilon = 1e-10, kMeanEpsilon = 1e-6, kShareEpsilon = 1e-10;
constexpr double kCaCa = 3.80209737096;
// Target and standard deviation: lengths in Å, cosines of angles. Index 1: the next residue is proline.
constexpr double kCN[2] = {1.329, 1.341}, kCNStddev[2] = {0.014, 0.016};
constexpr double kCaCNCosine = -0.4473, kCaCNStddev = 0.0311, kCNCaCosine = -0.5203, kCNCaStddev = 0.0353;

const int kRestypePro = bio::restype_of('P');

double radius(int restype, int slot) {
  const std::string_view name = bio::kAtom14Names[restype][slot];
  switch (name.empty() ? ' ' : name.front()) {
    case 'C':
      return 1.7;
    case 'N':
      return 1.55;
    case 'O':
      return 1.52;
    case 'S':
      return 1.8;
    default:
      return 0;
  }
}

// Sum of mask and of masked values, ascending.
struct Mean {
  double weight = 0, sum = 0;
  void add(double mask, double value) {
    weight += mask;
    sum += mask * value;
  }
  double get(double epsilon) const { return sum / (weight + epsilon); }
};

double softened(const Vec3& v, double epsilon) { return std::sqrt(epsilon + dot(v, v)); }
double deviation(double value, double target) {
  return std::sqrt(1e-6 + (value - target) * (value - target));
}

// Peptide bonds between residues i and i + 1.
void peptide_bonds(const ViolationInput& in, Violations& out) {
  const size_t n = in.aatype.size();
  out.bond_loss_sum.assign(n, 0);
  out.bond_mask.assign(n, 0);
  Mean c_n, ca_c_n, c_n_ca, ca_ca;
  for (size_t i = 0; i + 1 < n; ++i) {
    const auto &here = in.positions[i], &next = in.positions[i + 1];
    const auto &mask = in.atom_mask[i], &next_mask = in.atom_mask[i + 1];
    const double no_gap = in.residue_index[i + 1] - in.residue_index[i] == 1 ? 1 : 0;
    const size_t proline = in.aatype[i + 1] == kRestypePro ? 1 : 0;

    const Vec3 c_ca = here[kSlotCa] - here[kSlotC], bond = next[kSlotN] - here[kSlotC],
               n_ca = next[kSlotCa] - next[kSlotN];
    const double bond_length = softened(bond, kBondEpsilon);
    const Vec3 bond_unit = bond * (1 / bond_length);
    const double ca_c_n_cosine = dot(c_ca * (1 / softened(c_ca, kBondEpsilon)), bond_unit);
    const double c_n_ca_cosine = -dot(bond_unit, n_ca * (1 / softened(n_ca, kBondEpsilon)));

    double loss_sum = 0, violated = 0;
    const auto judge = [&](Mean& mean, double atoms, double error, double limit) {
      const double loss = std::max(0.0, error - limit);
      loss_sum += loss;
      mean.add(atoms * no_gap, loss);
      if (error > limit) violated = std::max(violated, atoms * no_gap);
    };
    judge(c_n, mask[kSlotC] * next_mask[kSlotN], deviation(bond_length, kCN[proline]),
          kStddevs * kCNStddev[proline]);
    judge(ca_c_n, mask[kSlotCa] * mask[kSlotC] * next_mask[kSlotN], deviation(ca_c_n_cosine, kCaCNCosine),
          kStddevs * kCaCNStddev);
    judge(c_n_ca, mask[kSlotC] * next_mask[kSlotN] * next_mask[kSlotCa],
          deviation(c_n_ca_cosine, kCNCaCosine), kStddevs * kCNCaStddev);

    out.bond_loss_sum[i] += 0.5 * loss_sum;
    out.bond_loss_sum[i + 1] += 0.5 * loss_sum;
    out.bond_mask[i] = std::max(out.bond_mask[i], violated);
    out.bond_mask[i + 1] = std::max(out.bond_mask[i + 1], violated);
    const double step = softened(next[kSlotCa] - here[kSlotCa], kBondEpsilon);
    ca_ca.add(mask[kSlotCa] * next_mask[kSlotCa] * no_gap, step - kCaCa > kOverlap ? 1 : 0);
  }
  out.c_n_loss_mean = c_n.get(kMeanEpsilon);
  out.ca_c_n_loss_mean = ca_c_n.get(kMeanEpsilon);
  out.c_n_ca_loss_mean = c_n_ca.get(kMeanEpsilon);
  out.extreme_ca_ca = ca_ca.get(kShareEpsilon);
}

struct Ball {
  Vec3 centre{};
  double radius = 0;
};

// Holds every known atom of a residue.
Ball ball_of(const ViolationInput& in, size_t i) {
  Ball ball;
  double n_atoms = 0;
  for (int a = 0; a < bio::kNumAtom14; ++a) {
    if (in.atom_mask[i][a] == 0) continue;
    ball.centre = ball.centre + in.positions[i][a];
    ++n_atoms;
  }
  if (n_atoms > 0) ball.centre = ball.centre * (1 / n_atoms);
  for (int a = 0; a < bio::kNumAtom14; ++a) {
    if (in.atom_mask[i][a] == 0) continue;
    const Vec3 v = in.positions[i][a] - ball.centre;
    ball.radius = std::max(ball.radius, std::sqrt(dot(v, v)));
  }
  return ball;
}

// Pairs that may not clash because they are, or may be, bonded.
bool is_exempt(const ViolationInput& in, size_t i, size_t j, int a, int b) {
  const bool peptide = in.residue_index[i] + 1 == in.residue_index[j] && a == kSlotC && b == kSlotN;
  return peptide || (a == kSlotSulphur && b == kSlotSulphur);
}

void clashes_of_pair(const ViolationInput& in, size_t i, size_t j, Violations& out, double& loss_sum) {
  for (int a = 0; a < bio::kNumAtom14; ++a) {
    if (in.atom_mask[i][a] == 0) continue;
    for (int b = 0; b < bio::kNumAtom14; ++b) {
      if (in.atom_mask[j][b] == 0 || is_exempt(in, i, j, a, b)) continue;
      const double distance = softened(in.positions[i][a] - in.positions[j][b], kClashEpsilon);
      const double loss = radius(in.aatype[i], a) + radius(in.aatype[j], b) - kOverlap - distance;
      if (loss <= 0) continue;
      loss_sum += loss;
      out.clash_loss_sum[i][a] += loss;
      out.clash_loss_sum[j][b] += loss;
      out.clash_mask[i][a] = out.clash_mask[j][b] = 1;
    }
  }
}

double count_pairs(const ViolationInput& in, size_t i, size_t j) {
  double n_i = 0, n_j = 0, exempt = in.atom_mask[i][kSlotSulphur] * in.atom_mask[j][kSlotSulphur];
  for (int a = 0; a < bio::kNumAtom14; ++a) {
    n_i += in.atom_mask[i][a];
    n_j += in.atom_mask[j][a];
  }
  if (in.residue_index[i] + 1 == in.residue_index[j])
    exempt += in.atom_mask[i][kSlotC] * in.atom_mask[j][kSlotN];
  return n_i * n_j - exempt;
}

void clashes(const ViolationInput& in, Violations& out) {
  const size_t n = in.aatype.size();
  out.clash_loss_sum.assign(n, {});
  out.clash_mask.assign(n, {});
  constexpr double kReach = 2 * 1.8 - kOverlap;  // of the largest radius
  std::vector<Ball> balls(n);
  for (size_t i = 0; i < n; ++i) balls[i] = ball_of(in, i);
  double pairs = 0, loss_sum = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      if (in.residue_index[i] >= in.residue_index[j]) continue;
      pairs += count_pairs(in, i, j);
      const Vec3 apart = balls[i].centre - balls[j].centre;
      const double near = balls[i].radius + balls[j].radius + kReach;
      if (dot(apart, apart) > near * near) continue;
      clashes_of_pair(in, i, j, out, loss_sum);
    }
  }
  out.clash_mean_loss = loss_sum / (kMeanEpsilon + pairs);
}

struct Bounds {
  double lower = 0, upper = 1e10;
};
using BoundTable =
    std::array<std::array<std::array<Bounds, bio::kNumAtom14>, bio::kNumAtom14>, bio::kNumRestypes>;

const BoundTable& bound_table() {
  static const BoundTable table = [] {
    BoundTable t{};
    for (int r = 0; r < bio::kNumRestypes; ++r) {
      for (int a = 0; a < bio::kNumAtom14; ++a) {
        for (int b = 0; b < bio::kNumAtom14; ++b) t[r][a][b].lower = radius(r, a) + radius(r, b) - kOverlap;
      }
    }
    for (const DistanceBound& row : distance_bounds()) {
      const Bounds bounds{static_cast<double>(row.lower), static_cast<double>(row.upper)};
      t[row.restype][row.atom1][row.atom2] = t[row.restype][row.atom2][row.atom1] = bounds;
    }
    return t;
  }();
  return table;
}

void within_residues(const ViolationInput& in, Violations& out) {
  const size_t n = in.aatype.size();
  out.within_loss_sum.assign(n, {});
  out.within_mask.assign(n, {});
  for (size_t i = 0; i < n; ++i) {
    const auto& bounds = bound_table()[static_cast<size_t>(in.aatype[i])];
    for (size_t a = 0; a < bio::kNumAtom14; ++a) {
      for (size_t b = 0; b < bio::kNumAtom14; ++b) {
        if (a == b || in.atom_mask[i][a] == 0 || in.atom_mask[i][b] == 0) continue;
        const double distance = softened(in.positions[i][a] - in.positions[i][b], kClashEpsilon);
        const double loss =
            std::max(0.0, bounds[a][b].lower - distance) + std::max(0.0, distance - bounds[a][b].upper);
        // Each pair is met twice, and counts twice for both atoms.
        out.within_loss_sum[i][a] += 2 * loss;
        if (loss > 0) out.within_mask[i][a] = 1;
      }
    }
  }
}

double any_of(const Atom14Values& mask) { return *std::max_element(mask.begin(), mask.end()); }

}  // namespace

Violations find_violations(const ViolationInput& input) {
  const size_t n = input.aatype.size();
  if (input.residue_index.size() != n || input.positions.size() != n || input.atom_mask.size() != n) {
    base::throw_internal("violations: arrays of different lengths, {} residues", n);
  }
  Violations out;
  peptide_bonds(input, out);
  clashes(input, out);
  within_residues(input, out);
  Mean bond, clash, within, any;
  for (size_t i = 0; i < n; ++i) {
    const double clash_here = any_of(out.clash_mask[i]), within_here = any_of(out.within_mask[i]);
    out.per_residue.push_back(std::max({out.bond_mask[i], clash_here, within_here}));
    bond.add(1, out.bond_mask[i]);
    clash.add(1, clash_here);
    within.add(1, within_here);
    any.add(1, out.per_residue.back());
  }
  out.between_bond = bond.get(kShareEpsilon);
  out.between_clash = clash.get(kShareEpsilon);
  out.within = within.get(kShareEpsilon);
  out.any = any.get(kShareEpsilon);
  return out;
}

ViolationInput violation_input(const bio::Structure& structure) {
  ViolationInput out;
  out.aatype = structure.aatype;
  out.residue_index = structure.residue_index;
  for (size_t i = 0; i < structure.n_res(); ++i) {
    const auto restype = static_cast<size_t>(structure.aatype[i]);
    Atom14Positions positions{};
    Atom14Values mask{};
    for (size_t a = 0; a < bio::kNumAtom14; ++a) {
      const size_t slot = bio::kAtom14ToAtom37[restype][a];
      if (bio::kAtom14Mask[restype][a] == 0 || structure.atom_mask[i][slot] == 0) continue;
      mask[a] = 1;
      for (size_t k = 0; k < 3; ++k)
        positions[a][k] = static_cast<double>(structure.atom_position[i][slot][k]);
    }
    out.positions.push_back(positions);
    out.atom_mask.push_back(mask);
  }
  return out;
}

}  // namespace foldmesh::relax
