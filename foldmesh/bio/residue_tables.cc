#include "foldmesh/bio/residue_tables.h"

#include <array>

namespace foldmesh::bio {
namespace {

using LetterTable = std::array<int8_t, 256>;

LetterTable make_restype_table() {
  LetterTable table;
  table.fill(kRestypeX);
  for (int i = 0; i < kNumAminoAcids; ++i) {
    table[static_cast<unsigned char>(kRestypeLetters[i])] = static_cast<int8_t>(i);
  }
  return table;
}

LetterTable make_hhblits_table() {
  LetterTable table;
  table.fill(-1);
  for (int i = 0; i < kNumHhblits; ++i) {
    table[static_cast<unsigned char>(kHhblitsLetters[i])] = static_cast<int8_t>(i);
  }
  table['B'] = table['D'];
  table['Z'] = table['E'];
  table['U'] = table['C'];
  table['J'] = table['O'] = kHhblitsX;
  return table;
}

}  // namespace

int restype_of(char letter) {
  static const LetterTable table = make_restype_table();
  return table[static_cast<unsigned char>(letter)];
}

int hhblits_id(char letter) {
  static const LetterTable table = make_hhblits_table();
  return table[static_cast<unsigned char>(letter)];
}

}  // namespace foldmesh::bio
