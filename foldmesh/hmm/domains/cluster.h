// From domains of sampled alignments to envelopes: single-linkage clusters of samples that overlap in target
// and model. Source: HMMER 3 behaviour.
#ifndef FOLDMESH_HMM_DOMAINS_CLUSTER_H_
#define FOLDMESH_HMM_DOMAINS_CLUSTER_H_

#include <vector>

namespace foldmesh::hmm {

// Coordinates of one sampled domain (1-based inclusive).
struct DomainSample {
  int trace = 0;                 // which sampled alignment it comes from, ascending
  int seq_from = 0, seq_to = 0;  // residues
  int hmm_from = 0, hmm_to = 0;  // nodes
};

struct Envelope {
  int from = 0, to = 0;   // residues
  float probability = 0;  // share of the alignments that have a domain in this cluster
};

// Envelopes in ascending order of `from`, without those that mostly lie in a more probable one.
std::vector<Envelope> cluster_samples(const std::vector<DomainSample>& samples, int n_traces);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_DOMAINS_CLUSTER_H_
