// Residues, atoms and ideal geometry as AlphaFold 2 numbers them (Jumper et al. 2021, suppl. 1.8.4 and tables
// 2-3).
//
// Three atom numberings: atom37 has one slot for every heavy-atom name of the 20 amino acids; atom14 lists
// the atoms of one residue type densely (backbone order N CA C O CB, whereas atom37 has CB before O); a rigid
// group is the set of atoms that one torsion moves: 0 backbone, 1 pre-omega (no atoms), 2 phi (hydrogens
// only), 3 psi (holds O), 4..7 chi1..chi4. The tables hold numbers from tests/golden/af2/constants.npz
// (tools/generate_residue_tables.py).
#ifndef FOLDMESH_BIO_RESIDUE_TABLES_H_
#define FOLDMESH_BIO_RESIDUE_TABLES_H_

#include <cstdint>
#include <string_view>

namespace foldmesh::bio {

// Residue types of the network: 0..19 amino acids, then X. MSAs add gap and the mask token.
inline constexpr std::string_view kRestypeLetters = "ARNDCQEGHILKMFPSTWYVX-";
inline constexpr int kNumAminoAcids = 20;
inline constexpr int kNumRestypes = 21;  // with X: the leading extent of every table below
inline constexpr int kRestypeX = 20, kRestypeGap = 21, kRestypeMask = 22;
inline constexpr int kRestypeGly = 7;
inline constexpr int kNumMsaClasses = 23;  // with gap and mask token

inline constexpr int kNumAtom37 = 37;
inline constexpr int kNumAtom14 = 14;
inline constexpr int kNumRigidGroups = 8;
inline constexpr int kNumChi = 4;
inline constexpr int kAtom37N = 0, kAtom37Ca = 1, kAtom37C = 2, kAtom37Cb = 3, kAtom37O = 4;

// Upper-case letter -> residue type; every other character is X.
int restype_of(char letter);

extern const std::string_view kRestypeNames3[kNumRestypes];  // "ALA" ..., X is "UNK"
extern const std::string_view kAtom37Names[kNumAtom37];
extern const std::string_view kAtom14Names[kNumRestypes][kNumAtom14];  // empty where the slot is unused

// Slot maps between the two numberings. Unused slots map to 0: always look at the mask too.
extern const uint8_t kAtom37ToAtom14[kNumRestypes][kNumAtom37];
extern const uint8_t kAtom14ToAtom37[kNumRestypes][kNumAtom14];
extern const uint8_t kAtom37Mask[kNumRestypes][kNumAtom37];  // 1 where the residue type has the atom
extern const uint8_t kAtom14Mask[kNumRestypes][kNumAtom14];
extern const uint8_t kAtom37ToRigidGroup[kNumRestypes][kNumAtom37];
extern const uint8_t kAtom14ToRigidGroup[kNumRestypes][kNumAtom14];

// The four atom37 slots that define chi1..chi4; all 0 where the angle does not exist.
extern const uint8_t kChiAtom37[kNumRestypes][kNumChi][4];
extern const uint8_t kChiMask[kNumRestypes][kNumChi];
extern const uint8_t kChiPiPeriodic[kNumRestypes]
                                   [kNumChi];  // 1 where chi and chi + pi are the same conformation

// Position of each atom in the frame of its rigid group, Å.
extern const float kAtom14LiteraturePosition[kNumRestypes][kNumAtom14][3];
// Frame of each rigid group relative to its parent at torsion 0: 4x4 row-major, translation (Å) in column 3.
// Groups that a residue type lacks, and all groups of X, are zero matrices.
extern const float kRigidGroupDefaultFrame[kNumRestypes][kNumRigidGroups][4][4];

// HHblits' alphabet, in which raw features store MSAs: A C D E F G H I K L M N P Q R S T V W Y X -, where
// B reads as D, Z as E, U as C, and J and O as X.
inline constexpr int kNumHhblits = 22;
inline constexpr int kHhblitsX = 20, kHhblitsGap = 21;
inline constexpr std::string_view kHhblitsLetters = "ACDEFGHIKLMNPQRSTVWYX-";
// Upper-case letter or '-' -> HHblits id; -1 for any other character.
int hhblits_id(char letter);
extern const uint8_t kHhblitsToRestype[kNumHhblits];

}  // namespace foldmesh::bio

#endif  // FOLDMESH_BIO_RESIDUE_TABLES_H_
