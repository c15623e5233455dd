#include "foldmesh/runtime/cpu/bf16_unit.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "foldmesh/base/error.h"
#include "foldmesh/base/log.h"
#include "foldmesh/runtime/cpu/gemm_kernels.h"
#include "foldmesh/simd/target.h"

namespace foldmesh::runtime::cpu {
namespace {

// Null where there is no such unit.
const GemmKernels* kernels_of(Bf16Unit unit) {
  switch (unit) {
    case Bf16Unit::kAmx:
      return amx_kernels();
    case Bf16Unit::kModelledAmx:
      return modelled_amx_kernels();
    case Bf16Unit::kAvx512:
      return avx512_bf16_kernels();
    case Bf16Unit::kFp32:
      return &rounding_kernels();
  }
  base::throw_internal("unit {} multiplies no bf16", static_cast<int>(unit));
}

Bf16Unit asked_for(std::string_view name) {
  for (const auto& [known, unit] :
       {std::pair{"amx", Bf16Unit::kAmx}, {"avx512", Bf16Unit::kAvx512}, {"fp32", Bf16Unit::kFp32}}) {
    if (name != known) continue;
    if (!exists(unit)) base::throw_input("FOLDMESH_BF16={}: this machine has no {}", name, name_of(unit));
    return unit;
  }
  base::throw_input("FOLDMESH_BF16={}: unknown (expected amx, avx512 or fp32)", base::printable(name, 40));
}

Bf16Unit chosen_unit() {
  if (const char* name = std::getenv("FOLDMESH_BF16")) return asked_for(name);
  if (amx_state() == AmxState::kDiffers) {
    base::log::warn("AMX of this processor does not multiply bf16 as documented; AVX512-BF16 is used");
  }
  if (exists(Bf16Unit::kAmx)) return Bf16Unit::kAmx;
  return exists(Bf16Unit::kAvx512) ? Bf16Unit::kAvx512 : Bf16Unit::kFp32;
}

std::atomic<const GemmKernels*> forced_kernels = nullptr;
std::atomic<Bf16Unit> forced_unit = Bf16Unit::kFp32;

// An instruction set that a test forces on this machine has none of the units.
bool has_avx512() { return simd::vector_bytes() == 64; }

}  // namespace

Bf16Unit bf16_unit() {
  if (forced_kernels.load(std::memory_order_relaxed) != nullptr) return forced_unit;
  static const Bf16Unit unit = chosen_unit();
  return has_avx512() ? unit : Bf16Unit::kFp32;
}

const GemmKernels& bf16_kernels() {
  if (const GemmKernels* forced = forced_kernels.load(std::memory_order_relaxed)) return *forced;
  static const GemmKernels* const units[] = {nullptr, avx512_bf16_kernels(), amx_kernels()};
  const Bf16Unit unit = bf16_unit();
  return unit == Bf16Unit::kFp32 ? rounding_kernels() : *units[static_cast<int>(unit)];
}

bool exists(Bf16Unit unit) { return kernels_of(unit) != nullptr; }

std::string name_of(Bf16Unit unit) {
  switch (unit) {
    case Bf16Unit::kAmx:
      return "AMX";
    case Bf16Unit::kModelledAmx:
      return "AMX (modelled)";
    case Bf16Unit::kAvx512:
      return "AVX512-BF16";
    case Bf16Unit::kFp32:
      return "fp32";
  }
  base::throw_internal("unit {} multiplies no bf16", static_cast<int>(unit));
}

ForcedBf16Unit::ForcedBf16Unit(Bf16Unit unit) {
  const GemmKernels* kernels = kernels_of(unit);
  if (kernels == nullptr) base::throw_internal("this machine has no {}", name_of(unit));
  forced_unit = unit;
  forced_kernels = kernels;
}
ForcedBf16Unit::~ForcedBf16Unit() { forced_kernels = nullptr; }

}  // namespace foldmesh::runtime::cpu
