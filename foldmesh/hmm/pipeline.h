// One profile against blocks of targets: filters, Forward/Backward, domain definition, scores.
// Source: HMMER 3.4 behaviour (Eddy 2011, "Accelerated profile HMM searches").
#ifndef FOLDMESH_HMM_PIPELINE_H_
#define FOLDMESH_HMM_PIPELINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/core_model.h"
#include "foldmesh/hmm/hit.h"

namespace foldmesh::hmm {

inline constexpr int64_t kMaxTargetLength = 100000;

struct PipelineOptions {
  double F1 = 0.02, F2 = 1e-3, F3 = 1e-5;  // P-value thresholds of MSV, Viterbi and Forward
  bool bias_filter = true;
  bool null2 = true;  // biased-composition score correction
  uint32_t seed = 42;
  // --max: all filters open, bias filter off.
  void open_all_filters() {
    F1 = F2 = F3 = 1.0;
    bias_filter = false;
  }
};

// How many targets entered and left each stage; counters of several pipelines add up.
struct StageCounters {
  int64_t n_targets = 0, n_residues = 0;
  int64_t n_past_msv = 0, n_past_bias = 0, n_past_viterbi = 0, n_past_forward = 0;
  StageCounters& operator+=(const StageCounters& other);
};

struct Target {
  std::string_view name, accession, description;
  std::span<const bio::Code> residues;  // digital, 0-based; every code except gap and missing
};

class MatrixBudget;  // hmm/matrix_budget.h
class Profile;       // hmm/profile.h
class PairBlock;     // hmm/filters/pair_block.h

// Targets [from, to) of a list that several pipelines go through one after the other; what their first
// filters prepare is made once. Half a million residues let the first filter work at its full speed and stay
// in the cache meanwhile. Not thread-safe.
class TargetPiece {
 public:
  TargetPiece();
  ~TargetPiece();
  // `targets` must stay where they are until the next assign(). One longer than kMaxTargetLength throws
  // kInput.
  void assign(std::span<const Target> targets, size_t from, size_t to);

 private:
  friend class Pipeline;
  std::span<const Target> targets_;
  size_t from_ = 0;
  int64_t n_residues_ = 0;
  std::unique_ptr<PairBlock> pairs_;
};

// Not thread-safe: one Pipeline per thread; the profile is shared and constant.
class Pipeline {
 public:
  // `budget` bounds the matrices of all pipelines that share it; without it there are no bounds.
  Pipeline(const Profile& profile, const PipelineOptions& options, MatrixBudget* budget = nullptr);
  ~Pipeline();
  Pipeline(Pipeline&&) noexcept;

  // The integer filters. The few targets that survive wait for finish(). Targets of length 0 are counted and
  // give nothing.
  void filter(TargetPiece& piece);

  // Forward, Backward and domains of those that wait, many at a time, because they share vectors; `targets`
  // is the list that the pieces are of. Passes on the hit of every target that passes all filters and has at
  // least one domain, with the target's index, in the order of filtering. Thresholding by E-value is the
  // caller's (it needs the number of targets); reported/included flags are left false and target_index 0.
  // What comes out for a target does not depend on the other targets.
  using OnHit = std::function<void(size_t index, Hit&& hit)>;
  void finish(std::span<const Target> targets, const OnHit& on_hit);

  // Both, for one block of targets.
  void search(std::span<const Target> block, const OnHit& on_hit);
  const StageCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace foldmesh::hmm

#endif  // FOLDMESH_HMM_PIPELINE_H_
