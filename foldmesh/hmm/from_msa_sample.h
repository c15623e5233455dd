// A reproducible sample of the rows of a very deep alignment.
#ifndef FOLDMESH_HMM_FROM_MSA_SAMPLE_H_
#define FOLDMESH_HMM_FROM_MSA_SAMPLE_H_

#include <cstddef>
#include <vector>

namespace foldmesh::hmm {

// `n_sample` of the numbers 0 .. n-1 (n_sample <= n) without replacement, ascending. Sequential sampling,
// Vitter 1987 (ACM TOMS 13:58-67): method D while the sample is sparse, method A for the rest; MT19937-64
// with seed 42.
std::vector<size_t> sample_rows(size_t n, size_t n_sample);

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_FROM_MSA_SAMPLE_H_
