// NumPy archives: whatever opens can be read, array by array, and what was read can be written and read back
// unchanged.
#include <cstring>
#include <filesystem>

#include "foldmesh/tensor/npz.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

std::filesystem::path scratch_file() {
  const std::filesystem::path memory = "/dev/shm";
  const auto folder = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  return folder / ("fuzz_npz_" + std::to_string(::getpid()));
}

bool same(const tensor::ConstView& a, const tensor::ConstView& b) {
  return a.dtype == b.dtype && a.shape == b.shape &&
         (a.bytes() == 0 || std::memcmp(a.data, b.data, a.bytes()) == 0);
}

// Writes an array under a plain name and reads it again.
void check_round_trip(const tensor::ConstView& array, tensor::NpzCompression compression) {
  const std::filesystem::path path = scratch_file();
  {
    tensor::NpzWriter writer(path, compression);
    writer.add("array", array);
    writer.commit();
  }
  {
    const tensor::NpzReader reader(path);
    fuzz::require(same(reader.view("array"), array), "the same array");
  }
  std::filesystem::remove(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::MemoryFile file({reinterpret_cast<const char*>(data), size});
  fuzz::refusing_only_input([&] {
    const tensor::NpzReader reader(file.path());
    for (const std::string& name : reader.names()) {
      // One bad array must not hide the others.
      fuzz::refusing_only_input([&] {
        if (reader.header(name).type == tensor::NpyType::kBytes) {
          reader.read_strings(name);
          return;
        }
        const tensor::ConstView view = reader.view(name);
        const tensor::Tensor copy = reader.read(name);
        fuzz::require(same(view, copy.view()), "view and copy agree");
        check_round_trip(view,
                         size % 2 == 0 ? tensor::NpzCompression::kStored : tensor::NpzCompression::kDeflated);
      });
    }
  });
  return 0;
}
