// Raw features: one query and its alignments, merged, before any sampling. The same content, names and shapes
// as the features.pkl of AlphaFold's data pipeline (docs/formats/features.md).
#ifndef FOLDMESH_FEATURES_RAW_FEATURES_H_
#define FOLDMESH_FEATURES_RAW_FEATURES_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/bio/msa.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/templates/template_features.h"
#include "foldmesh/tensor/npz.h"

namespace foldmesh::features {

// Where an alignment came from: this decides the order of merging (the order of this list) and how many rows
// are read.
enum class MsaSource : uint8_t { kUniref90, kBfd, kMgnify, kOther };

// From a database or file name: uniref90, mgnify, bfd, small_bfd, bfd_uniref (30), bfd_uniclust(30), each
// also with
// `_hits` behind it and as a path with an extension (`msas/uniref90_hits.sto`). Everything else is kOther.
MsaSource msa_source(std::string_view name);

// Rows read from the top of an alignment, the query counted: UniRef90 10,000, MGnify 501, others all
// (INT64_MAX).
int64_t max_rows(MsaSource source);

struct MsaInput {
  std::string path;  // for messages
  MsaSource source = MsaSource::kOther;
  bio::QueryMsa msa;
};

struct RawFeatures {
  std::string name;                               // of the query
  std::string sequence;                           // [n_res] upper-case letters
  std::vector<int32_t> residue_index;             // [n_res] 0-based
  std::vector<int32_t> between_segment_residues;  // [n_res] 0 but for files made elsewhere
  int64_t n_seq = 0;                              // rows of the merged alignment; row 0 is the query
  std::vector<uint8_t> msa;                       // [n_seq, n_res] HHblits ids
  std::vector<int32_t> deletions;                 // [n_seq, n_res] residues left out right before each column
  std::vector<std::string> species;               // [n_seq] UniProt species code or empty
  std::vector<templates::Template> templates;     // best first; may be empty

  int64_t n_res() const { return static_cast<int64_t>(sequence.size()); }
};

// What became of one input, in the order of merging.
struct MergeCount {
  std::string path;
  int64_t rows = 0;        // in the alignment
  int64_t considered = 0;  // after the row limit
  int64_t kept = 0;        // new aligned strings
};

struct MergedMsa {
  RawFeatures features;
  std::vector<MergeCount> counts;
};

// Merges alignments: sources in the order of MsaSource, alignments of one source in the order given, rows in
// file order; a row whose aligned string was seen before is dropped. Row 0 is the query. Inputs without rows
// are allowed. Throws kInput when an alignment's first row is not the query or a letter has no HHblits id.
MergedMsa merge_msas(const bio::Sequence& query, std::span<const MsaInput> inputs);

// The rows of one alignment, duplicates included, in their order; the first is the query. For rows that
// belong to those of other alignments. kInput as merge_msas(), and when there is no row.
RawFeatures rows_as_they_are(const bio::Sequence& query, const MsaInput& input);

// Species code of a UniProt-style name such as `tr|A0A146SKV9|A0A146SKV9_FUNHE/21-80 ...`, else empty.
std::string species_of(std::string_view description);

// The .npz form (docs/formats/features.md), deflated. Reading checks shapes and values and throws kInput with
// the path in front.
void write_raw_features(const RawFeatures& raw, const std::filesystem::path& path);
RawFeatures read_raw_features(const tensor::NpzReader& file);

}  // namespace foldmesh::features

#endif  // FOLDMESH_FEATURES_RAW_FEATURES_H_
