// The only file with OpenMM's headers.
#ifdef FOLDMESH_HAVE_OPENMM

#include <OpenMM.h>
#include <openmm/internal/ForceImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/relax/engine.h"

namespace foldmesh::relax {
namespace {

constexpr double kNm = 0.1;                  // of one Å
constexpr double kCoulomb = 138.935456;      // kJ/mol nm, OpenMM's 1 / (4 pi epsilon0)
constexpr size_t kMostListedAtoms = 50'000;  // whose pairs are listed: some GB
enum Group : int { kBonds, kAngles, kTorsions, kNonbonded, kRestraints };

// A force without effect. OpenMM's minimiser does not say how far it got; it asks each force at each
// evaluation, so this one can count.
class EvaluationCounter : public OpenMM::Force {
 public:
  explicit EvaluationCounter(int64_t* count) : count_(count) {}
  bool usesPeriodicBoundaryConditions() const override { return false; }

 protected:
  OpenMM::ForceImpl* createImpl() const override;

 private:
  int64_t* count_;
};

class EvaluationCounterImpl : public OpenMM::ForceImpl {
 public:
  EvaluationCounterImpl(const EvaluationCounter& owner, int64_t* count) : owner_(owner), count_(count) {}
  void initialize(OpenMM::ContextImpl&) override {}
  const OpenMM::Force& getOwner() const override { return owner_; }
  void updateContextState(OpenMM::ContextImpl&, bool&) override {}
  double calcForcesAndEnergy(OpenMM::ContextImpl&, bool, bool, int) override {
    ++*count_;
    return 0;
  }
  std::map<std::string, double> getDefaultParameters() override { return {}; }
  std::vector<std::string> getKernelNames() override { return {}; }

 private:
  const EvaluationCounter& owner_;
  int64_t* count_;
};

OpenMM::ForceImpl* EvaluationCounter::createImpl() const { return new EvaluationCounterImpl(*this, count_); }

void load_platforms() {
  static std::once_flag once;
  std::call_once(once, [] {
    OpenMM::Platform::loadPluginsFromDirectory(OpenMM::Platform::getDefaultPluginsDirectory());
  });
}

// What OpenMM throws, as ours and on one line.
template <typename F>
auto guarded(const char* what, F&& body) {
  try {
    return body();
  } catch (const base::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    base::throw_machine("OpenMM: {}: {}", what, text);
  }
}

void add_bonds(const Terms& terms, OpenMM::System& system) {
  auto* bonds = new OpenMM::HarmonicBondForce();  // systems own their forces
  system.addForce(bonds);
  bonds->setForceGroup(kBonds);
  for (const Terms::Bond& t : terms.bonds) {
    bonds->addBond(static_cast<int>(t.a), static_cast<int>(t.b), t.length, t.k);
  }
  for (const Terms::Bond& t : terms.constraints) {
    system.addConstraint(static_cast<int>(t.a), static_cast<int>(t.b), t.length);
  }
}

void add_angles(const Terms& terms, OpenMM::System& system) {
  auto* angles = new OpenMM::HarmonicAngleForce();
  system.addForce(angles);
  angles->setForceGroup(kAngles);
  for (const Terms::Angle& t : terms.angles) {
    angles->addAngle(static_cast<int>(t.a), static_cast<int>(t.b), static_cast<int>(t.c), t.angle, t.k);
  }
}

void add_torsions(const Terms& terms, OpenMM::System& system) {
  auto* torsions = new OpenMM::PeriodicTorsionForce();
  system.addForce(torsions);
  torsions->setForceGroup(kTorsions);
  for (const Terms::Torsion& t : terms.torsions) {
    torsions->addTorsion(static_cast<int>(t.atoms[0]), static_cast<int>(t.atoms[1]),
                         static_cast<int>(t.atoms[2]), static_cast<int>(t.atoms[3]), t.term.periodicity,
                         t.term.phase, t.term.k);
  }
}

// The CPU platform computes pairs one by one, slowly, unless there is a cutoff. So it gets one that is longer
// than the molecule: with dielectric 1 outside it, forces are the same, and the energy differs by the
// constant that is returned (kJ/mol). Lists of all pairs take memory, so very large molecules do without.
double add_nonbonded(const Terms& terms, double cutoff, OpenMM::System& system) {
  auto* nonbonded = new OpenMM::NonbondedForce();
  system.addForce(nonbonded);
  nonbonded->setForceGroup(kNonbonded);
  double sum = 0, sum_of_squares = 0;
  for (const Terms::Particle& p : terms.particles) {
    nonbonded->addParticle(p.charge, p.sigma, p.epsilon);
    sum += p.charge;
    sum_of_squares += p.charge * p.charge;
  }
  std::vector<std::pair<int, int>> bonds;
  for (const auto& [a, b] : terms.all_bonds) bonds.emplace_back(a, b);
  nonbonded->createExceptionsFromBonds(bonds, terms.coulomb_scale14, terms.lj_scale14);
  nonbonded->setNonbondedMethod(OpenMM::NonbondedForce::NoCutoff);
  if (cutoff == 0) return 0;
  nonbonded->setNonbondedMethod(OpenMM::NonbondedForce::CutoffNonPeriodic);
  nonbonded->setCutoffDistance(cutoff);
  nonbonded->setReactionFieldDielectric(1);
  double products = 0.5 * (sum * sum - sum_of_squares);
  for (int i = 0; i < nonbonded->getNumExceptions(); ++i) {
    int a = 0, b = 0;
    double charges = 0, sigma = 0, epsilon = 0;
    nonbonded->getExceptionParameters(i, a, b, charges, sigma, epsilon);
    products -=
        terms.particles[static_cast<size_t>(a)].charge * terms.particles[static_cast<size_t>(b)].charge;
  }
  return kCoulomb * products / cutoff;
}

// Longer than any distance that atoms may get to, nm.
double all_embracing_cutoff(const std::vector<Vec3>& positions) {
  double extent2 = 0;
  for (size_t k = 0; k < 3; ++k) {
    const auto by_axis = [k](const Vec3& a, const Vec3& b) { return a[k] < b[k]; };
    const auto [low, high] = std::minmax_element(positions.begin(), positions.end(), by_axis);
    const double extent = ((*high)[k] - (*low)[k]) * kNm;
    extent2 += extent * extent;
  }
  return 2 * std::sqrt(extent2) + 10;
}

void add_restraints(const std::vector<Restraint>& restraints, double stiffness, OpenMM::System& system) {
  auto* force = new OpenMM::CustomExternalForce("0.5*k*((x-x0)^2+(y-y0)^2+(z-z0)^2)");
  system.addForce(force);
  force->setForceGroup(kRestraints);
  force->addGlobalParameter("k", stiffness);
  for (const char* name : {"x0", "y0", "z0"}) force->addPerParticleParameter(name);
  for (const Restraint& r : restraints) {
    force->addParticle(static_cast<int>(r.atom),
                       {r.position[0] * kNm, r.position[1] * kNm, r.position[2] * kNm});
  }
}

std::vector<OpenMM::Vec3> in_nm(const std::vector<Vec3>& positions) {
  std::vector<OpenMM::Vec3> out;
  out.reserve(positions.size());
  for (const Vec3& p : positions) out.emplace_back(p[0] * kNm, p[1] * kNm, p[2] * kNm);
  return out;
}

// Iterations between two looks at the clock: seconds even for large molecules, and for small ones enough to
// converge in one go, because the minimiser forgets the curvature at each start.
int block_length(size_t n_atoms) {
  const double pairs = 0.5 * static_cast<double>(n_atoms) * static_cast<double>(n_atoms);
  const double shortest = n_atoms > kMostListedAtoms ? 5 : 50;
  return static_cast<int>(std::clamp(1e10 / std::max(pairs, 1.0), shortest, 2000.0));
}

using Clock = std::chrono::steady_clock;

}  // namespace

struct Engine::State {
  int64_t n_evaluations = 0;
  double energy_offset = 0;  // of the nonbonded term
  std::unique_ptr<OpenMM::System> system;
  OpenMM::LangevinIntegrator integrator{0, 0.01, 0};  // never takes a step
  std::unique_ptr<OpenMM::Context> context;

  // Null when the platform is not there.
  static OpenMM::Platform* find(const std::string& name) {
    for (int i = 0; i < OpenMM::Platform::getNumPlatforms(); ++i) {
      if (OpenMM::Platform::getPlatform(i).getName() == name) return &OpenMM::Platform::getPlatform(i);
    }
    return nullptr;
  }

  void make_system(const Terms& terms, double cutoff, const std::vector<Restraint>& restraints,
                   double stiffness) {
    system = std::make_unique<OpenMM::System>();
    for (const Terms::Particle& p : terms.particles) system->addParticle(p.mass);
    add_bonds(terms, *system);
    add_angles(terms, *system);
    add_torsions(terms, *system);
    energy_offset = add_nonbonded(terms, cutoff, *system);
    add_restraints(restraints, stiffness, *system);
    auto* counter = new EvaluationCounter(&n_evaluations);
    counter->setForceGroup(kRestraints);
    system->addForce(counter);
  }

  void start(OpenMM::Platform& platform, int n_threads) {
    std::map<std::string, std::string> properties;
    if (platform.getName() == "CPU") {
      properties = {{"Threads", std::to_string(n_threads)}, {"DeterministicForces", "true"}};
    } else if (platform.getName() == "CUDA") {
      properties = {{"Precision", "mixed"}, {"DeterministicForces", "true"}};
    } else if (platform.getName() == "OpenCL") {
      properties = {{"Precision", "mixed"}};
    }
    context = std::make_unique<OpenMM::Context>(*system, integrator, platform, properties);
  }

  double energy(Group group) {
    return context->getState(OpenMM::State::Energy, false, 1 << group).getPotentialEnergy();
  }
  Energies energies() {
    return {energy(kBonds), energy(kAngles), energy(kTorsions), energy(kNonbonded) + energy_offset,
            energy(kRestraints)};
  }
  std::vector<Vec3> positions() const {
    std::vector<Vec3> out;
    const OpenMM::State now = context->getState(OpenMM::State::Positions);
    for (const OpenMM::Vec3& p : now.getPositions()) out.push_back({p[0] / kNm, p[1] / kNm, p[2] / kNm});
    return out;
  }
};

bool has_openmm() { return true; }

std::string openmm_version() {
  const std::string& version = OpenMM::Platform::getOpenMMVersion();
  return version;
}

std::vector<std::string> list_platforms() {
  load_platforms();
  std::vector<std::string> names;
  for (int i = 0; i < OpenMM::Platform::getNumPlatforms(); ++i) {
    names.push_back(OpenMM::Platform::getPlatform(i).getName());
  }
  return names;
}

void check_platform(const EngineOptions& options) {
  const std::vector<std::string> names = list_platforms();
  if (options.platform == "auto" || std::find(names.begin(), names.end(), options.platform) != names.end())
    return;
  base::throw_input(
      "there is no OpenMM platform '{}' on this machine (expected auto or one of {}; others come with "
      "OpenMM's plugins and a driver)",
      base::printable(options.platform), fmt::join(names, ", "));
}

Engine::Engine(const Terms& terms, const std::vector<Vec3>& positions,
               const std::vector<Restraint>& restraints, double stiffness, const EngineOptions& options)
    : state_(std::make_unique<State>()) {
  load_platforms();
  const auto start = [&](OpenMM::Platform& platform) {
    guarded("starting the platform", [&] {
      const bool listed = platform.getName() == "CPU" && positions.size() <= kMostListedAtoms;
      state_->make_system(terms, listed ? all_embracing_cutoff(positions) : 0, restraints, stiffness);
      state_->start(platform, options.n_threads);
    });
  };
  if (options.platform != "auto") {
    check_platform(options);
    start(*State::find(options.platform));
    return;
  }
  std::string why;
  for (const char* name : {"CUDA", "CPU", "Reference"}) {
    OpenMM::Platform* platform = State::find(name);
    if (platform == nullptr) continue;
    try {
      start(*platform);
      return;
    } catch (const base::Error& error) {
      why = error.what();
      base::log::warn("OpenMM's {} platform does not work ({}), trying the next one", name, why);
    }
  }
  base::throw_machine("no OpenMM platform works: {}", why);
}

Engine::~Engine() = default;

std::string Engine::platform() const { return state_->context->getPlatform().getName(); }

Energies Engine::energies(const std::vector<Vec3>& positions) {
  return guarded("energy", [&] {
    state_->context->setPositions(in_nm(positions));
    return state_->energies();
  });
}

Minimised Engine::minimise(std::vector<Vec3>& positions, const MinimiseOptions& options) {
  return guarded("minimisation", [&] {
    const auto start = Clock::now();
    Minimised out;
    out.before = out.after = energies(positions);
    const int64_t evaluations_before = state_->n_evaluations;
    std::optional<double> lowest;
    int64_t n_iterations = 0;
    while (true) {
      int64_t block = options.block > 0 ? options.block : block_length(positions.size());
      if (options.max_iterations > 0) block = std::min(block, options.max_iterations - n_iterations);
      const int64_t before = state_->n_evaluations;
      OpenMM::LocalEnergyMinimizer::minimize(*state_->context, options.tolerance, static_cast<int>(block));
      n_iterations += block;
      const int64_t used = state_->n_evaluations - before;
      const Energies now = state_->energies();
      const bool is_finite = std::isfinite(now.total());
      if (is_finite && (!lowest || now.total() < *lowest)) {
        lowest = now.total();
        out.after = now;
        positions = state_->positions();
      }
      out.n_evaluations = state_->n_evaluations - evaluations_before;
      if (!is_finite) {
        out.stop = Stop::kDiverged;
        break;
      }
      // Each iteration takes an evaluation at least: it ended before it had to.
      if (used < block) break;
      if (options.max_iterations > 0 && n_iterations >= options.max_iterations) {
        out.stop = Stop::kIterations;
        break;
      }
      if (options.max_seconds > 0 &&
          std::chrono::duration<double>(Clock::now() - start).count() >= options.max_seconds) {
        out.stop = Stop::kSeconds;
        break;
      }
    }
    return out;
  });
}

}  // namespace foldmesh::relax

#endif  // FOLDMESH_HAVE_OPENMM
