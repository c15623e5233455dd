#include "foldmesh/structio/residue_names.h"

#include <algorithm>
#include <cctype>
#include <gemmi/resinfo.hpp>

namespace foldmesh::structio {

namespace {

// What force fields call amino acids in some protonation or bonding state; ' ' for all other names.
char state_of(const std::string& name) {
  for (const char* histidine : {"HID", "HIE", "HIP", "HSD", "HSE", "HSP"}) {
    if (name == histidine) return 'H';
  }
  if (name == "CYX" || name == "CYM") return 'C';
  if (name == "ASH") return 'D';
  if (name == "GLH") return 'E';
  return name == "LYN" ? 'K' : ' ';
}

}  // namespace

Component find_component(const std::string& name) {
  const char state = state_of(name);
  if (state != ' ') return {ComponentKind::kAminoAcid, state};
  // gemmi's table shifts letters, which must not be negative.
  const bool is_ascii = std::all_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x80; });
  if (!is_ascii) return {};
  const gemmi::ResidueInfo info = gemmi::find_tabulated_residue(name);
  if (!info.found()) return {};
  if (info.is_nucleic_acid()) return {ComponentKind::kNucleotide, 'X'};
  if (!info.is_amino_acid()) return {ComponentKind::kOther, 'X'};
  const int letter = std::toupper(static_cast<unsigned char>(info.one_letter_code));
  return {ComponentKind::kAminoAcid, letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter) : 'X'};
}

}  // namespace foldmesh::structio
