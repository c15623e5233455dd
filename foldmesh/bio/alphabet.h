// The 29-code digital alphabet of profile search (HMMER's order, spec: codes 0-19 are the residues A C D E F
// G H I K L M N P Q R S T V W Y, then gap, degenerate codes, stop and missing data).
#ifndef FOLDMESH_BIO_ALPHABET_H_
#define FOLDMESH_BIO_ALPHABET_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::bio {

using Code = uint8_t;

inline constexpr int kNumCanonical = 20;  // codes 0..19
inline constexpr int kNumCodes = 29;
inline constexpr std::string_view kCodeSymbols = "ACDEFGHIKLMNPQRSTVWY-BJZOUX*~";
inline constexpr Code kGap = 20, kB = 21, kJ = 22, kZ = 23, kO = 24, kU = 25, kX = 26, kStop = 27,
                      kMissing = 28;
inline constexpr Code kNoCode = 255;  // what code_of() says of a character outside the alphabet

// Code of a character: either case; '.' and '_' read as gap. kNoCode for anything else (digits, white space,
// ...).
Code code_of(char symbol);
inline char symbol_of(Code code) { return kCodeSymbols[code]; }

// Canonical residue or degenerate residue (0-19, 21-26), the codes that occupy a position of a sequence.
inline bool is_residue(Code code) { return code < kGap || (code >= kB && code <= kX); }
inline bool is_canonical(Code code) { return code < kGap; }

// The canonical residues that a code can stand for, ascending; empty for gap, stop and missing.
const std::vector<Code>& members(Code code);

// Callers validate input first: a character without a code is a kInternal error here.
std::vector<Code> digitize(std::string_view residues);
// The same, appended to `codes`.
void append_codes(std::string_view residues, std::vector<Code>& codes);
std::string textize(const Code* codes, size_t n);

}  // namespace foldmesh::bio

#endif  // FOLDMESH_BIO_ALPHABET_H_
