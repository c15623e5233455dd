// What multiplies bf16 on this machine.
//
// AMX where the processor has it and gives the bits of its definition, else AVX512-BF16, else fp32 arithmetic
// on rounded numbers. The choice depends on the machine alone and is never timed, since AMX adds in another
// order and runs on one machine must not differ: it sums the even and the odd numbers of k apart, 32 numbers
// of k at a time, and adds the two sums, and then their sum to the element (tile_unit.h). Cutting k at
// multiples of 32 changes no bit there either, nor do blocks of rows and columns.
//
// FOLDMESH_BF16=amx|avx512|fp32 in the environment asks for one of them, so that machines of several kinds
// give the same bits: avx512 and fp32 do, but for numbers below 2^-126.
#ifndef FOLDMESH_RUNTIME_CPU_BF16_UNIT_H_
#define FOLDMESH_RUNTIME_CPU_BF16_UNIT_H_

#include <string>

namespace foldmesh::runtime::cpu {

enum class Bf16Unit { kFp32, kAvx512, kAmx, kModelledAmx };

// What the next products use. kInput: FOLDMESH_BF16 asks for what is unknown or not there.
Bf16Unit bf16_unit();
std::string name_of(Bf16Unit unit);  // "fp32", "AVX512-BF16", "AMX", "AMX (modelled)"
bool exists(Bf16Unit unit);

// For tests: while it lives all threads multiply bf16 with this unit. Matrices packed for one unit are not
// for another.
class ForcedBf16Unit {
 public:
  explicit ForcedBf16Unit(Bf16Unit unit);  // kInternal if it does not exist
  ~ForcedBf16Unit();
  ForcedBf16Unit(const ForcedBf16Unit&) = delete;
  ForcedBf16Unit& operator=(const ForcedBf16Unit&) = delete;
};

}  // namespace foldmesh::runtime::cpu

#endif  // FOLDMESH_RUNTIME_CPU_BF16_UNIT_H_
