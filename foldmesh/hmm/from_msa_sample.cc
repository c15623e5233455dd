#include "foldmesh/hmm/from_msa_sample.h"

#include <cmath>
#include <cstdint>
#include <random>

namespace foldmesh::hmm {
namespace {

// Method D pays off while the population is this many times the sample.
constexpr double kSparseness = 13;

// One run of sequential sampling. Names follow the paper: n still to select, N still to look at.
class Sampler {
 public:
  Sampler(size_t population, size_t sample)
      : N_(static_cast<double>(population)), n_(static_cast<double>(sample)) {}

  std::vector<size_t> run() {
    if (n_ >= 1) method_d();
    return std::move(selected_);
  }

 private:
  // Uniform in [0, 1) with 53 random bits.
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

  void skip_and_select(double skip) {
    next_ += static_cast<size_t>(skip);
    selected_.push_back(next_++);
    N_ -= skip + 1;
    n_ -= 1;
  }

  // Draws each gap length by rejection from a continuous approximation; V' carries over between gaps.
  void method_d() {
    double v_prime = std::exp(std::log(uniform()) / n_);
    while (n_ > 1 && kSparseness * n_ < N_) {
      const double skip = draw_gap(v_prime);
      skip_and_select(skip);
    }
    if (n_ > 1) {
      method_a();
    } else {
      skip_and_select(std::trunc(N_ * v_prime));
    }
  }

  double draw_gap(double& v_prime) {
    const double choices = N_ - n_ + 1;  // a gap is shorter than this
    for (;;) {
      double x = 0, gap = 0;
      for (;;) {
        x = N_ * (1.0 - v_prime);
        gap = std::trunc(x);
        if (gap < choices) break;
        v_prime = std::exp(std::log(uniform()) / n_);
      }
      const double y1 = std::exp(std::log(uniform() * N_ / choices) / (n_ - 1));
      v_prime = y1 * (1.0 - x / N_) * (choices / (choices - gap));
      if (v_prime <= 1.0) return gap;  // quick acceptance; V' is ready for the next gap

      double y2 = 1.0, top = N_ - 1, bottom = 0, limit = 0;
      if (n_ - 1 > gap) {
        bottom = N_ - n_;
        limit = N_ - gap;
      } else {
        bottom = N_ - gap - 1;
        limit = choices;
      }
      for (double t = N_ - 1; t >= limit; --t) y2 = y2 * top-- / bottom--;
      if (N_ / (N_ - x) >= y1 * std::exp(std::log(y2) / (n_ - 1))) {
        v_prime = std::exp(std::log(uniform()) / (n_ - 1));
        return gap;
      }
      v_prime = std::exp(std::log(uniform()) / n_);
    }
  }

  // Draws each gap length by summing its distribution.
  void method_a() {
    double top = N_ - n_;
    while (n_ >= 2) {
      const double v = uniform();
      double gap = 0, left = N_, quotient = top / left;
      while (quotient > v) {
        ++gap;
        --top;
        --left;
        quotient = quotient * top / left;
      }
      skip_and_select(gap);
    }
    skip_and_select(std::trunc(N_ * uniform()));
  }

  std::mt19937_64 engine_{42};
  double N_, n_;
  size_t next_ = 0;  // the next number to look at
  std::vector<size_t> selected_;
};

}  // namespace

std::vector<size_t> sample_rows(size_t n, size_t n_sample) { return Sampler(n, n_sample).run(); }

}  // namespace foldmesh::hmm
