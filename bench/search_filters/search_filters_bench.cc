// Speed of the search's integer filters for profiles of several lengths: the first pass over a block of
// random targets against a bare loop of the same steps in the same run, and the exact filters that rescore
// survivors.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/search_filters/bare_loop.h"
#include "foldmesh/hmm/filters/bias.h"
#include "foldmesh/hmm/filters/first_pass.h"
#include "foldmesh/hmm/filters/msv.h"
#include "foldmesh/hmm/filters/ssv.h"
#include "foldmesh/hmm/filters/viterbi.h"
#include "foldmesh/hmm/random_model.h"
#include "foldmesh/simd/target.h"

using namespace foldmesh;

namespace {

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Median over `repeats` of the CPU seconds that one call takes; each time long enough to measure.
template <typename F>
double seconds(int repeats, const F& f) {
  std::vector<double> times(static_cast<size_t>(repeats));
  for (double& time : times) {
    const double start = cpu_seconds();
    int n = 0;
    do {
      f();
      ++n;
      time = cpu_seconds() - start;
    } while (time < 0.02);
    time /= n;
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[static_cast<size_t>(repeats / 2)];
}

// About a million residues in targets whose lengths are spread like those of proteins (log-normal, mean 450).
std::vector<std::vector<bio::Code>> random_block(base::Rng& rng) {
  std::vector<std::vector<bio::Code>> targets;
  for (size_t n = 0; n < (size_t{1} << 20); n += targets.back().size()) {
    const double normal = std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(2 * M_PI * rng.uniform());
    const double length = 400 * std::exp(0.5 * normal);
    targets.push_back(hmm::random_target(rng, static_cast<int>(std::clamp(length, 20.0, 5000.0))));
  }
  return targets;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("speed of the search's integer filters");
  std::vector<int> sizes = {60, 64, 100, 128, 200, 256, 320, 400, 505, 640, 800, 1000, 1400, 2000};
  int repeats = 5;
  double F1 = 5e-4;
  app.add_option("--sizes", sizes, "nodes of the profiles");
  app.add_option("--repeats", repeats, "measurements of which the median is shown");
  app.add_option("--F1", F1, "P-value threshold of the MSV filter");
  CLI11_PARSE(app, argc, argv);

  base::Rng rng(1);
  const std::vector<std::vector<bio::Code>> residues = random_block(rng);
  size_t n_residues = 0, n_pairs = 0;
  for (const auto& target : residues) {
    n_residues += target.size();
    n_pairs += (target.size() + 1) / 2;
  }
  hmm::PairBlock pairs;
  const double prepare = seconds(repeats, [&] {
    pairs.assign({residues.begin(), residues.end()});
    pairs.for_each_group(1, [](const auto&, const auto&) {});
  });
  std::vector<uint16_t> rows(n_pairs);
  for (uint16_t& row : rows) row = static_cast<uint16_t>(rng.below(20) * hmm::kPairRadix + rng.below(20));

  fmt::print("{}: G cells/s; first pass over {} targets, bare loop of the same steps, survivors at F1 {}\n",
             simd::target_name(simd::current_target()), residues.size(), F1);
  fmt::print("pairs of the block, written once for all profiles that see it: {:.2f} ms\n", prepare * 1e3);
  fmt::print("{:>6} {:>8} {:>8} {:>6} {:>9} {:>7} {:>7} {:>8} {:>9}\n", "nodes", "pass", "bare", "ratio",
             "survive", "SSV", "MSV", "Viterbi", "table/ms");
  for (const int M : sizes) {
    const auto query = hmm::random_target(rng, M);
    const hmm::CoreModel model =
        hmm::build_from_sequence({"query", "", "", bio::textize(query.data(), query.size())});
    const hmm::Profile profile(model);
    const hmm::DiagonalTable& table = profile.pair_table().scores;
    if (table.empty()) continue;
    const double cells = static_cast<double>(M) * static_cast<double>(n_residues) * 1e-9;

    std::vector<uint32_t> survivors;
    hmm::FirstPass first_pass(profile, F1);
    const double pass = seconds(repeats, [&] { first_pass.run(pairs, survivors); });
    volatile int sink = 0;
    const int n_streams = static_cast<int>(hmm::pair_group_size(table.shape));
    const double bare = seconds(repeats, [&] { sink = sink + bench::bare_loop(table, rows, n_streams); });

    hmm::UngappedScratch ungapped;
    hmm::ViterbiScratch viterbi;
    const std::span<const bio::Code> one = residues[1];
    const double one_cells = static_cast<double>(M) * static_cast<double>(one.size()) * 1e-9;
    const double ssv =
        seconds(repeats, [&] { sink = sink + hmm::diagonal_maximum(profile.diagonal_table(), one); });
    const double msv = seconds(repeats, [&] { hmm::full_msv_filter(profile, one, ungapped); });
    const double vit = seconds(repeats, [&] { hmm::viterbi_filter(profile, one, viterbi); });
    const double build = seconds(repeats, [&] { sink = sink + hmm::make_pair_table(profile).slack; });
    fmt::print("{:>6} {:>8.1f} {:>8.1f} {:>6.2f} {:>8.2f}% {:>7.1f} {:>7.1f} {:>8.1f} {:>9.2f}\n", M,
               cells / pass, cells / bare, bare / pass,
               100.0 * static_cast<double>(survivors.size()) / static_cast<double>(residues.size()),
               one_cells / ssv, one_cells / msv, one_cells / vit, build * 1e3);
  }
  return 0;
}
