#include "foldmesh/relax/heavy_atoms.h"

#include <algorithm>
#include <numbers>

namespace foldmesh::relax {
namespace {

using bio::kAtom37C, bio::kAtom37Ca, bio::kAtom37Cb, bio::kAtom37N, bio::kAtom37O;
constexpr int kAtom37Oxt = 36;
constexpr double kDegree = std::numbers::pi / 180;
constexpr double kCarbonyl = 1.23, kCarboxylate = 1.25;  // Å

struct Frame {
  Vec3 origin{}, x{1, 0, 0}, y{0, 1, 0}, z{0, 0, 1};
  Vec3 to_global(const Vec3& p) const { return origin + x * p[0] + y * p[1] + z * p[2]; }
  Vec3 to_local(const Vec3& p) const { return {dot(p - origin, x), dot(p - origin, y), dot(p - origin, z)}; }
};

// x from `origin` along `direction`, y towards `side`.
Frame frame_of(const Vec3& origin, const Vec3& direction, const Vec3& side) {
  Frame f;
  f.origin = origin;
  f.x = unit_or(direction, {1, 0, 0});
  f.y = unit_or(side - f.x * dot(side, f.x), any_normal(f.x));
  f.z = cross(f.x, f.y);
  return f;
}

// Turned by an angle about its x axis.
Frame turned(Frame f, double angle) {
  const Vec3 y = f.y * std::cos(angle) + f.z * std::sin(angle);
  f.z = f.z * std::cos(angle) - f.y * std::sin(angle);
  f.y = y;
  return f;
}

Vec3 literature_position(int aatype, int slot37) {
  const float* p = bio::kAtom14LiteraturePosition[aatype][bio::kAtom37ToAtom14[aatype][slot37]];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

// Smallest distance from any of `points` to any of `others`.
double clearance(const std::vector<Vec3>& points, const std::vector<Vec3>& others) {
  double smallest = 1e9;
  for (const Vec3& p : points) {
    for (const Vec3& o : others) smallest = std::min(smallest, dot(p - o, p - o));
  }
  return std::sqrt(smallest);
}

// Atoms of one torsion's group that have no position yet.
std::vector<int> missing_in_group(const HeavyAtoms& residue, int group) {
  std::vector<int> slots;
  for (int slot = 0; slot < bio::kNumAtom37; ++slot) {
    if (bio::kAtom37Mask[residue.aatype][slot] == 1 && !residue.position[slot] &&
        bio::kAtom37ToRigidGroup[residue.aatype][slot] == group) {
      slots.push_back(slot);
    }
  }
  return slots;
}

// At torsion 0 of angle `chi`.
Frame frame_at_zero(const HeavyAtoms& residue, int chi) {
  const uint8_t* axis = bio::kChiAtom37[residue.aatype][chi];
  const Vec3 &a = *residue.position[axis[0]], &b = *residue.position[axis[1]],
             &c = *residue.position[axis[2]];
  return frame_of(c, c - b, a - b);
}

// In radians; the four atoms are known.
double measured(const HeavyAtoms& residue, int chi) {
  const Vec3 last =
      frame_at_zero(residue, chi).to_local(*residue.position[bio::kChiAtom37[residue.aatype][chi][3]]);
  return std::atan2(last[2], last[1]);
}

// Candidates in degrees.
std::vector<double> rotamers(const HeavyAtoms& residue, int chi) {
  const char letter = bio::kRestypeLetters[static_cast<size_t>(residue.aatype)];
  if (letter == 'P') {
    // The ring closes when the second angle undoes the first.
    return chi == 0 ? std::vector<double>{-25, 28}
                    : std::vector<double>{-1.35 * measured(residue, 0) / kDegree};
  }
  const bool planar = chi == 1 && std::string_view("FYWHND").find(letter) != std::string_view::npos;
  const bool amide = chi == 2 && (letter == 'E' || letter == 'Q');
  if (planar || amide) return {-90, 90, 0, 180};
  if (letter == 'R' && chi == 3) return {180, 90, -90};
  return {-60, 180, 60};
}

// Places the group of chi number `chi`; the atoms before it are known.
int place_group(HeavyAtoms& residue, int chi, const std::vector<Vec3>& others) {
  const std::vector<int> slots = missing_in_group(residue, chi + 4);
  if (slots.empty()) return 0;
  const Frame at_zero = frame_at_zero(residue, chi);
  const auto placed = [&](double angle) {
    const Frame frame = turned(at_zero, angle);
    std::vector<Vec3> points;
    for (const int slot : slots) points.push_back(frame.to_global(literature_position(residue.aatype, slot)));
    return points;
  };
  std::vector<Vec3> best;
  if (residue.position[bio::kChiAtom37[residue.aatype][chi][3]]) {
    best = placed(measured(residue, chi));
  } else {
    double widest = -1;
    for (const double angle : rotamers(residue, chi)) {
      std::vector<Vec3> points = placed(angle * kDegree);
      const double room = clearance(points, others);
      if (room > widest + 1e-9) {
        widest = room;
        best = std::move(points);
      }
    }
  }
  for (size_t i = 0; i < slots.size(); ++i) residue.position[slots[i]] = best[i];
  return static_cast<int>(slots.size());
}

// Away from two neighbours at once, in their plane.
Vec3 opposite(const Vec3& centre, const Vec3& a, const Vec3& b, double length) {
  const Vec3 u = unit_or(a - centre, {1, 0, 0}), v = unit_or(b - centre, {1, 0, 0});
  return centre + unit_or((u + v) * -1, any_normal(u)) * length;
}

}  // namespace

bool complete_backbone(HeavyAtoms& residue) {
  static constexpr int kCore[] = {kAtom37N, kAtom37Ca, kAtom37C, kAtom37Cb};
  std::vector<int> known, missing;
  for (const int slot : kCore) {
    if (bio::kAtom37Mask[residue.aatype][slot] == 0) continue;
    (residue.position[slot] ? known : missing).push_back(slot);
  }
  if (missing.empty()) return true;
  if (known.size() < 3) return false;
  const auto frame = [&](const auto& position) {
    const Vec3 p = position(known[0]), q = position(known[1]), r = position(known[2]);
    return frame_of(q, r - q, p - q);
  };
  const Frame ideal = frame([&](int slot) { return literature_position(residue.aatype, slot); });
  const Frame real = frame([&](int slot) { return *residue.position[slot]; });
  for (const int slot : missing) {
    residue.position[slot] = real.to_global(ideal.to_local(literature_position(residue.aatype, slot)));
  }
  return true;
}

int complete_side_chain(HeavyAtoms& residue, const std::optional<Vec3>& next_n,
                        const std::vector<Vec3>& others) {
  int n_placed = 0;
  const Vec3 &n = *residue.position[kAtom37N], &ca = *residue.position[kAtom37Ca],
             &c = *residue.position[kAtom37C];
  if (!residue.position[kAtom37O]) {
    constexpr double kExtendedPsi = 135;
    const Frame psi = turned(frame_of(c, c - ca, n - ca), (kExtendedPsi + 180) * kDegree);
    residue.position[kAtom37O] = next_n ? opposite(c, ca, *next_n, kCarbonyl)
                                        : psi.to_global(literature_position(residue.aatype, kAtom37O));
    ++n_placed;
  }
  for (int chi = 0; chi < bio::kNumChi; ++chi) {
    if (bio::kChiMask[residue.aatype][chi] == 1) n_placed += place_group(residue, chi, others);
  }
  return n_placed;
}

void add_oxt(HeavyAtoms& residue) {
  if (residue.position[kAtom37Oxt]) return;
  residue.position[kAtom37Oxt] = opposite(*residue.position[kAtom37C], *residue.position[kAtom37Ca],
                                          *residue.position[kAtom37O], kCarboxylate);
}

}  // namespace foldmesh::relax
