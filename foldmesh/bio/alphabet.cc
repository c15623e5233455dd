#include "foldmesh/bio/alphabet.h"

#include "foldmesh/base/error.h"

namespace foldmesh::bio {
namespace {

std::array<Code, 256> make_code_table() {
  std::array<Code, 256> table{};
  table.fill(kNoCode);
  for (size_t code = 0; code < kCodeSymbols.size(); ++code) {
    const char symbol = kCodeSymbols[code];
    table[static_cast<unsigned char>(symbol)] = static_cast<Code>(code);
    if (symbol >= 'A' && symbol <= 'Z')
      table[static_cast<unsigned char>(symbol - 'A' + 'a')] = static_cast<Code>(code);
  }
  table['.'] = kGap;
  table['_'] = kGap;
  return table;
}

std::array<std::vector<Code>, kNumCodes> make_members() {
  std::array<std::vector<Code>, kNumCodes> table;
  for (Code a = 0; a < kNumCanonical; ++a) {
    table[a] = {a};
    table[kX].push_back(a);
  }
  const auto set = [&](Code code, std::string_view residues) {
    for (char c : residues) table[code].push_back(code_of(c));
  };
  set(kB, "DN");
  set(kJ, "IL");
  set(kZ, "EQ");
  set(kO, "K");
  set(kU, "C");
  return table;
}

const std::array<Code, 256>& code_table() {
  static const std::array<Code, 256> table = make_code_table();
  return table;
}

}  // namespace

Code code_of(char symbol) { return code_table()[static_cast<unsigned char>(symbol)]; }

const std::vector<Code>& members(Code code) {
  static const std::array<std::vector<Code>, kNumCodes> table = make_members();
  return table[code];
}

std::vector<Code> digitize(std::string_view residues) {
  std::vector<Code> codes;
  append_codes(residues, codes);
  return codes;
}

void append_codes(std::string_view residues, std::vector<Code>& codes) {
  const std::array<Code, 256>& table = code_table();
  const size_t start = codes.size();
  codes.resize(start + residues.size());
  Code all = 0;  // kNoCode has a bit that no code has
  for (size_t i = 0; i < residues.size(); ++i) {
    const Code code = table[static_cast<unsigned char>(residues[i])];
    codes[start + i] = code;
    all |= code;
  }
  if (all < 0x80) return;
  for (size_t i = 0; i < residues.size(); ++i) {
    if (codes[start + i] == kNoCode) {
      base::throw_internal("digitize: '{}' at position {} has no code",
                           base::printable(residues.substr(i, 1)), i + 1);
    }
  }
}

std::string textize(const Code* codes, size_t n) {
  std::string text(n, ' ');
  for (size_t i = 0; i < n; ++i) text[i] = symbol_of(codes[i]);
  return text;
}

}  // namespace foldmesh::bio
