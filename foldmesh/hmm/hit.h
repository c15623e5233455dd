// What one profile found in one target.
#ifndef FOLDMESH_HMM_HIT_H_
#define FOLDMESH_HMM_HIT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace foldmesh::hmm {

// The aligned strings of one domain, one character per alignment column. Lower case in `aligned` and '.' in
// `model` mark an insertion, '-' in `aligned` a deletion. Coordinates are 1-based and inclusive.
struct DomainAlignment {
  int hmm_from = 0, hmm_to = 0;  // nodes
  int seq_from = 0, seq_to = 0;  // residues
  std::string model;             // consensus of the profile
  std::string match;             // letter, '+' or ' ' (main output)
  std::string aligned;           // the target
  std::string pp;                // posterior letters, '.' under deletions
  std::string rf, cs;            // reference / structure annotation of the profile, empty when it has none
};

struct Domain {
  int env_from = 0, env_to = 0;  // envelope, 1-based inclusive
  float envelope_score = 0;      // Forward score of the envelope, nats
  float domain_correction = 0;   // sum of null2 log-odds over the envelope, nats
  float domain_bias = 0;         // bias correction, nats
  float oa_score = 0;            // sum of posteriors of the optimal-accuracy alignment
  float bit_score = 0;           // bias-corrected, bits
  double ln_p = 0;               // natural log of the P-value
  bool reported = false, included = false;
  DomainAlignment alignment;
};

struct Hit {
  std::string name, accession, description;
  int64_t target_index = 0;   // ordinal of the target in the whole searched database, 0-based
  int64_t target_length = 0;  // residues
  float score = 0;            // bits, bias-corrected
  float pre_score = 0;        // bits before bias correction
  float sum_score = 0;        // bits, reconstructed from the domains
  double ln_p = 0, pre_ln_p = 0, sum_ln_p = 0;
  float n_expected = 0;  // posterior expected number of domains
  int n_regions = 0, n_clustered = 0, n_overlaps = 0, n_envelopes = 0;
  int n_reported = 0, n_included = 0;  // domains, set by thresholding
  bool reported = false, included = false;
  bool is_new = false, is_dropped = false;  // against the previous jackhmmer round
  int best_domain = 0;                      // index of the domain with the highest bit score, first on ties
  std::vector<Domain> domains;              // in sequence order
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_HIT_H_
