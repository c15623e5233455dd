// A profile HMM in probability space ("core model"): what builders make, HMM files hold and search profiles
// come from.
#ifndef FOLDMESH_HMM_CORE_MODEL_H_
#define FOLDMESH_HMM_CORE_MODEL_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/bio/msa.h"

namespace foldmesh::hmm {

enum Transition : int { kMM, kMI, kMD, kIM, kII, kDM, kDD };

// Location and slope of the score distributions, in bits (Eddy 2008; fitted by calibrate()).
struct EvalueParameters {
  float mu_msv = 0, mu_viterbi = 0, tau = 0, lambda = 0;
};

// Nodes k = 1..M; index 0 is the begin node (its match emissions are unused).
struct CoreModel {
  std::string name, accession, description;
  int M = 0;
  std::vector<std::array<float, bio::kNumCanonical>> mat;  // [M+1] match emission probabilities
  std::vector<std::array<float, bio::kNumCanonical>> ins;  // [M+1] insert emission probabilities
  std::vector<std::array<float, 7>> t;                     // [M+1] transition probabilities, index Transition
  std::array<float, bio::kNumCanonical> composition{};     // mean residue composition, for the bias filter
  EvalueParameters evalue;
  bool calibrated = false;

  // Annotation, one character (or number) per node, 0-based; empty when absent.
  std::string consensus, rf, mm, cs;
  std::vector<int> map;  // 1-based alignment column of each node
  int n_seq = 0;
  float eff_n_seq = 0;
  int max_length = -1;  // -1: not set
  bool has_checksum = false;
  uint32_t checksum = 0;
  bio::ScoreCutoffs cutoffs;              // GA, TC, NC lines
  std::string date;                       // as written in the file, may be empty
  std::vector<std::string> command_line;  // COM lines
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_CORE_MODEL_H_
