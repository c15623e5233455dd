// HMM files: whatever is accepted can be written and read back, and after one rounding to five decimals the
// text stays the same for good.
#include "foldmesh/hmm/hmm_file.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refusing_only_input([&] {
    hmm::HmmFileReader reader(bytes, "input");
    while (const auto model = reader.next()) {
      std::string once, twice;
      hmm::append_hmm(once, *model, "fuzz");
      const auto again = hmm::HmmFileReader(once, "again").next();
      fuzz::require(again.has_value() && again->M == model->M, "the model can be read back");
      hmm::append_hmm(twice, *again, "fuzz");
      fuzz::require(once == twice, "the same text");
    }
  });
  return 0;
}
