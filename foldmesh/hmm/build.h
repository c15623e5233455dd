// Core models from sequences and alignments. Sources: HMMER 3.4 behaviour; Henikoff & Henikoff 1994
// (position-based weights), Karplus 1998 (entropy weighting), Sjolander 1996 (Dirichlet mixtures).
#ifndef FOLDMESH_HMM_BUILD_H_
#define FOLDMESH_HMM_BUILD_H_

#include <cstdint>
#include <vector>

#include "foldmesh/bio/msa.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/hmm/core_model.h"

namespace foldmesh::hmm {

// --- from one sequence (phmmer, jackhmmer round 1): single_sequence.cc ---
struct SingleSequenceOptions {
  double gap_open = 0.02, gap_extend = 0.4;
  uint32_t seed = 42;
};
// Calibrated. Throws kInput for an empty sequence.
CoreModel build_from_sequence(const bio::Sequence& query, const SingleSequenceOptions& options = {});

// --- from an alignment (jackhmmer rounds >= 2, hmmbuild): from_msa.cc ---
enum class Architecture { kFast, kHand };  // match columns by residue fraction, or by the RF line
struct MsaBuildOptions {
  Architecture architecture = Architecture::kFast;
  double symfrac = 0.5, fragthresh = 0.5;
  uint32_t seed = 42;
  bool calibrate = true;
};
// What the builder found on its way, for tests and logs.
struct MsaBuildReport {
  std::vector<double> weights;    // [n_seq]
  std::vector<bool> is_fragment;  // [n_seq]
  double eff_n_seq = 0;
};
// Throws kInput when the alignment has no match column, when kHand is asked and there is no RF line, and when
// it masks columns (MM).
CoreModel build_from_msa(const bio::Msa& msa, const MsaBuildOptions& options = {},
                         MsaBuildReport* report = nullptr);

// --- shared by both: evaluate.cc ---
// Fits E-value parameters by simulation (spec 7) and stores them in the model.
void calibrate(CoreModel& model, uint32_t seed = 42);
// Mean relative entropy per node against the background, bits.
double mean_relative_entropy(const CoreModel& model);
// Fills `composition` from occupancies (spec 5.3).
void set_composition(CoreModel& model);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_BUILD_H_
