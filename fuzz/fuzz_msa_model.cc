// Models from alignments: every Stockholm alignment is either refused or gives a model whose probabilities
// are such.
#include <cmath>

#include "foldmesh/hmm/build.h"
#include "foldmesh/seqio/stockholm.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

template <typename Values>
bool sums_to_one(const Values& values) {
  double sum = 0;
  for (float value : values) {
    if (!(value >= 0)) return false;
    sum += static_cast<double>(value);
  }
  return std::abs(sum - 1) < 1e-4;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    seqio::StockholmReader reader(seqio::open_memory(bytes, "input"));
    bio::Msa msa;
    while (reader.next(msa)) {
      hmm::MsaBuildOptions options;
      options.calibrate = false;  // simulations, which see nothing of the input but the model
      options.architecture = size % 2 == 0 ? hmm::Architecture::kFast : hmm::Architecture::kHand;
      const hmm::CoreModel model = hmm::build_from_msa(msa, options);
      fuzz::require(model.consensus.size() == static_cast<size_t>(model.M), "one consensus letter per node");
      for (int k = 1; k <= model.M; ++k) {
        fuzz::require(sums_to_one(model.mat[k]) && sums_to_one(model.ins[k]), "emission probabilities");
      }
      fuzz::require(sums_to_one(model.composition), "composition");
    }
  });
  return 0;
}
