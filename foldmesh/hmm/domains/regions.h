// Parts of a target that may hold domains. Source: HMMER 3 behaviour.
#ifndef FOLDMESH_HMM_DOMAINS_REGIONS_H_
#define FOLDMESH_HMM_DOMAINS_REGIONS_H_

#include <vector>

#include "foldmesh/hmm/domains/posterior.h"

namespace foldmesh::hmm {

// Residues from..to, 1-based inclusive.
struct Region {
  int from = 0, to = 0;
  bool several = false;  // may hold more than one domain: needs sampled alignments to tell them apart
};

// A region is triggered by a residue of occupancy >= 0.25 and reaches as far as the probability of being
// inside a domain stays above 0.1. One that is still open at the end of the target is dropped.
std::vector<Region> find_regions(const DomainTracks& tracks);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_REGIONS_H_
