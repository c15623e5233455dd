// Structures as text: PDB in AlphaFold's layout, and mmCIF with the ModelCIF categories (mmcif_ma.dic).
// The B-factor column holds pLDDT (0-100) in both, unless asked otherwise. The text depends on the arguments
// and the program version only.
#ifndef FOLDMESH_STRUCTIO_STRUCTURE_FILE_H_
#define FOLDMESH_STRUCTIO_STRUCTURE_FILE_H_

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foldmesh/bio/structure.h"

namespace foldmesh::structio {

// A template that the network saw, and what it was a template of.
struct UsedTemplate {
  std::string name;   // "1abc_A", or the name of a user's own
  std::string query;  // the chain's sequence; all chains with this sequence have the template
  std::string
      aligned;  // the template's letters at the query's residues, '-' where it has none; empty: unknown
  // Where these letters stand in the template's chain. Empty: unknown; so are runs that do not fit `aligned`.
  std::string label_id = {};                       // mmCIF's own name of the chain
  std::string chain_sequence = {};                 // all of it
  std::vector<std::pair<int, int>> residues = {};  // first and last ones of runs, counted from 1
};

// What a file says about itself. Only `untrained` shows in a PDB file.
struct Provenance {
  std::string entry_id =
      "model";                  // name of the mmCIF data block; characters outside [A-Za-z0-9_.-] become '_'
  std::string title = "";       // what was predicted, one line
  std::string model_name = "";  // "model_1_ptm_pred_0"
  // By the network; else mmCIF files are without the ModelCIF categories and their B-factors are just that.
  bool is_prediction = true;
  std::optional<double> ptm = {}, iptm = {};
  // The network ran with made-up parameters: the files say so and that the coordinates mean nothing.
  bool untrained = false;
  bool relaxed = false;  // by restrained minimisation after the prediction
  // Of mmCIF only. What people call the chains, one each in the structure's order, or none at all:
  std::vector<std::string> chain_descriptions = {};
  std::vector<UsedTemplate> templates = {};
  std::string pae_file = "";  // beside the structure's file
  // The B-factor columns hold replacement_b_factor() instead of pLDDT, and the files say so.
  bool replacement_b_factors = false;
};

// The B-factor (A^2) of an atom whose predicted error is that of a residue with this pLDDT: 8 pi^2 / 3 rmsd^2
// with rmsd = 1.5 exp(4 (0.7 - pLDDT / 100)), as molecular replacement programs take it (Baek et al. 2021;
// Oeffner et al. 2022). At most 999.99, what the columns hold, which is that of a pLDDT near 35.
double replacement_b_factor(double plddt);

// Why the structure does not fit in a PDB file (more than 62 chains, 99,999 serial numbers, residue 9,999, a
// chain name of several letters, coordinates beyond the columns); empty if it does.
std::string why_not_pdb(const bio::Structure& structure);

// MODEL 1, ATOM records in atom37 order, TER after each chain, ENDMDL, END; lines padded to 80 columns.
// Residue numbers are residue_index + 1. Throws kInput, pointing to mmCIF, when why_not_pdb() has something
// to say; both throw kInput when a coordinate or pLDDT is not finite.
std::string to_pdb(const bio::Structure& structure, const Provenance& provenance);
// One entity per distinct sequence. label_seq_id counts a chain's residues from 1, auth_seq_id is
// residue_index + 1. The local pLDDT table has every residue, those without atoms included; the global pLDDT
// is the mean over residues.
std::string to_mmcif(const bio::Structure& structure, const Provenance& provenance);

void write_pdb(const bio::Structure& structure, const Provenance& provenance,
               const std::filesystem::path& path);
void write_mmcif(const bio::Structure& structure, const Provenance& provenance,
                 const std::filesystem::path& path);

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_STRUCTURE_FILE_H_
