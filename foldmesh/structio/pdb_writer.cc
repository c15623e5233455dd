// PDB format 3.3, ATOM and TER records, in the layout of AlphaFold's files.
#include <fmt/format.h>

#include <iterator>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/structio/atoms.h"
#include "foldmesh/structio/checks.h"
#include "foldmesh/structio/structure_file.h"

namespace foldmesh::structio {
namespace {

constexpr size_t kLineLength = 80;
constexpr int kMaxChains = 62, kMaxSerial = 99'999, kMaxResidueNumber = 9'999, kMinResidueNumber = -999;
// What %8.3f holds.
constexpr float kMaxCoordinate = 9999.999f, kMinCoordinate = -999.999f;

class PdbText {
 public:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    const size_t start = text_.size();
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_.append(kLineLength - (text_.size() - start), ' ');
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

bool fits_columns(const bio::Structure& structure, size_t i) {
  bool fits = true;
  for_each_atom(structure, i, [&](std::string_view, const std::array<float, 3>& position) {
    for (const float x : position) fits = fits && x >= kMinCoordinate && x <= kMaxCoordinate;
  });
  return fits;
}

bool ends_chain(const bio::Structure& structure, size_t i) {
  return i + 1 == structure.n_res() || structure.chain_index[i + 1] != structure.chain_index[i];
}

void add_atoms(const bio::Structure& structure, size_t i, double b_factor, int& serial, PdbText& out) {
  const std::string& chain = structure.chain_ids[static_cast<size_t>(structure.chain_index[i])];
  const std::string_view residue = bio::kRestypeNames3[structure.aatype[i]];
  for_each_atom(structure, i, [&](std::string_view name, const std::array<float, 3>& position) {
    const auto& [x, y, z] = position;
    // Column 13 stays blank but for the longest names, those of hydrogens like HD21.
    out.line("ATOM  {:>5} {:<4} {:>3} {}{:>4}    {:>8.3f}{:>8.3f}{:>8.3f}{:>6.2f}{:>6.2f}          {:>2}  ",
             serial, name.size() < 4 ? fmt::format(" {}", name) : std::string(name), residue, chain,
             structure.residue_index[i] + 1, x, y, z, 1.0, b_factor, name.substr(0, 1));
    ++serial;
  });
}

}  // namespace

std::string why_not_pdb(const bio::Structure& structure) {
  if (structure.chain_ids.size() > kMaxChains) {
    return fmt::format("{} chains (at most {})", structure.chain_ids.size(), kMaxChains);
  }
  for (const std::string& id : structure.chain_ids) {
    if (id.size() != 1) return fmt::format("chain name '{}' (one letter only)", base::printable(id));
  }
  int64_t serials = static_cast<int64_t>(structure.chain_ids.size());  // TER records
  for (size_t i = 0; i < structure.n_res(); ++i) {
    for_each_atom(structure, i, [&](std::string_view, const auto&) { ++serials; });
    const int number = structure.residue_index[i] + 1;
    if (number > kMaxResidueNumber || number < kMinResidueNumber) {
      return fmt::format("residue number {} (at most {})", number, kMaxResidueNumber);
    }
    if (!fits_columns(structure, i))
      return fmt::format("a coordinate of residue {} beyond the columns", number);
  }
  return serials > kMaxSerial ? fmt::format("{} atoms and chain ends (at most {})", serials, kMaxSerial)
                              : std::string();
}

std::string to_pdb(const bio::Structure& structure, const Provenance& provenance) {
  check(structure);
  const std::string obstacle = why_not_pdb(structure);
  if (!obstacle.empty()) {
    base::throw_input("structure: {} does not fit in the PDB format (use the mmCIF file)", obstacle);
  }
  PdbText out;
  if (provenance.untrained || provenance.replacement_b_factors) {
    out.line("REMARK   6");  // free text begins with a blank line
    if (provenance.untrained) out.line("REMARK   6 {}", kUntrainedNote);
    if (provenance.replacement_b_factors) out.line("REMARK   6 {}", kReplacementNote);
  }
  out.line("MODEL     1");
  int serial = 1;
  for (size_t i = 0; i < structure.n_res(); ++i) {
    const auto plddt = static_cast<double>(structure.plddt[i]);
    add_atoms(structure, i, provenance.replacement_b_factors ? replacement_b_factor(plddt) : plddt, serial,
              out);
    if (!ends_chain(structure, i)) continue;
    out.line("TER   {:>5}      {:>3} {}{:>4}", serial, bio::kRestypeNames3[structure.aatype[i]],
             structure.chain_ids[static_cast<size_t>(structure.chain_index[i])],
             structure.residue_index[i] + 1);
    ++serial;
  }
  out.line("ENDMDL");
  out.line("END");
  return out.take();
}

void write_pdb(const bio::Structure& structure, const Provenance& provenance,
               const std::filesystem::path& path) {
  base::write_file_atomically(path, to_pdb(structure, provenance));
}

}  // namespace foldmesh::structio
