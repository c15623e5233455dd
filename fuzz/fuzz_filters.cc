// The integer filters on every instruction set: whatever the profile and the target, they say what the plain
// code says, and the first pass over residue pairs rejects nothing that MSV lets pass.
#include <algorithm>
#include <array>
#include <vector>

#include "foldmesh/hmm/background.h"
#include "foldmesh/hmm/evalue.h"
#include "foldmesh/hmm/filters/cascade.h"
#include "foldmesh/hmm/filters/first_pass.h"
#include "foldmesh/hmm/filters/msv.h"
#include "foldmesh/hmm/filters/viterbi.h"
#include "foldmesh/hmm/random_model.h"
#include "foldmesh/simd/target.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

constexpr double kF1 = 5e-4;
constexpr size_t kMaxResidues = 500;  // keeps one input far below a second under the sanitizers

bool same(const hmm::FilterResult& a, const hmm::FilterResult& b) {
  return a.status == b.status && a.nats == b.nats;
}

void check(const hmm::Profile& profile, const std::vector<hmm::Target>& block) {
  std::vector<uint32_t> survivors;
  std::vector<std::span<const bio::Code>> residues;
  for (const hmm::Target& target : block) residues.push_back(target.residues);
  hmm::PairBlock pairs;
  pairs.assign(residues);
  hmm::FirstPass(profile, kF1).run(pairs, survivors);
  hmm::UngappedScratch ungapped;
  hmm::ViterbiScratch viterbi;
  for (uint32_t i = 0; i < block.size(); ++i) {
    const std::span<const bio::Code> target = block[i].residues;
    const hmm::FilterResult msv = hmm::msv_filter_ref(profile, target, ungapped);
    fuzz::require(same(hmm::msv_filter(profile, target, ungapped), msv), "MSV");
    fuzz::require(same(hmm::full_msv_filter(profile, target, ungapped),
                       hmm::full_msv_filter_ref(profile, target, ungapped)),
                  "full MSV");
    fuzz::require(same(hmm::viterbi_filter(profile, target, viterbi),
                       hmm::viterbi_filter_ref(profile, target, viterbi)),
                  "Viterbi filter");
    const hmm::EvalueParameters& fit = profile.core().evalue;
    const float bits = hmm::bit_score(msv.nats, hmm::null_score(static_cast<int>(target.size())));
    const bool passes = hmm::gumbel_survival(bits, fit.mu_msv, fit.lambda) <= kF1;
    fuzz::require(!passes || std::binary_search(survivors.begin(), survivors.end(), i), "the first pass");
  }
}

}  // namespace

// Bytes: size of the model, spread and seed of its scores, location of its E-values; then residues, a new
// target at each byte above those of the alphabet.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 6) return 0;
  const int M = 1 + (data[0] + 256 * data[1]) % 400;
  base::Rng rng(data[2]);
  hmm::CoreModel model = hmm::random_model(rng, M, 0.1 + data[3] / 64.0);
  model.evalue.mu_msv = static_cast<float>(data[4]) / 8.0f - 16.0f;

  std::vector<std::vector<bio::Code>> residues(1);
  for (const uint8_t byte : std::span(data + 5, std::min(size - 5, kMaxResidues))) {
    const uint8_t code = byte % 32;
    if (code >= bio::kNumCodes) {
      residues.emplace_back();
    } else if (code != bio::kGap && code != bio::kMissing) {
      residues.back().push_back(code);
    }
  }
  std::vector<hmm::Target> block;
  for (const auto& target : residues) {
    if (!target.empty()) block.push_back({"", "", "", target});
  }
  for (const simd::Target target : simd::available_targets()) {
    const simd::ForcedTarget forced(target);
    check(hmm::Profile(model), block);
  }
  return 0;
}
