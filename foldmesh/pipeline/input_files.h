// Inputs other than FASTA and A3M: tables, AlphaFold 3's jobs, folders of alignments.
#ifndef FOLDMESH_PIPELINE_INPUT_FILES_H_
#define FOLDMESH_PIPELINE_INPUT_FILES_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/pipeline/targets.h"

namespace foldmesh::pipeline {

// Upper case; kInput naming file and record for a character that is no residue, or when there is none.
std::string checked_sequence(std::string residues, const std::string& path, std::string_view record);

// Chains of "SEQ" or "SEQ:SEQ:...", lettered A, B, ...
std::vector<Chain> chains_of_text(std::string_view text, const std::string& path, std::string_view record);

// A table with columns `id` and `sequence` (others are passed over), separated by commas or, in *.tsv, tabs;
// fields may stand in double quotes, with quotes in them doubled. Chains of a complex are joined by ':'.
std::vector<Target> parse_table(std::string_view text, const std::filesystem::path& path);

// A job of AlphaFold 3 (dialect "alphafold3"), or a list of jobs as AlphaFold Server writes them. Protein
// chains only: anything else is kInput. `unpairedMsa` and `unpairedMsaPath` are taken as the chain's
// alignment; what a network of AlphaFold 2 cannot use (modifications, pairedMsa, templates, bonds, seeds) is
// left out with a warning.
std::vector<Target> parse_alphafold3(std::string_view text, const std::filesystem::path& path);

// chain_id_map.json of a complex: chains with their sequences, in the order of the file. kInput for anything
// else.
std::vector<Chain> parse_chain_map(std::string_view text, const std::filesystem::path& path);

// Whether this is a file that a run writes among its results, although its name ends like an input's: the
// summary of a batch, or a target's facts and confidences (docs/formats/results.md), also AlphaFold's.
bool is_result_file(const std::filesystem::path& file);
// Whether the folder has the results of a target.
bool has_results(const std::filesystem::path& folder);

// Whether this is a folder of AlphaFold's results or features, that is, has msas/ with alignments of one
// chain, or with those of a complex and their chain_id_map.json.
bool has_alignments(const std::filesystem::path& folder);
// The target that its alignments belong to, named after the folder; a single chain's sequence is their first
// row's. Alignments of equal chains are in the folder of the first one. kInput for a chain without any.
Target read_alignment_folder(const std::filesystem::path& folder);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_INPUT_FILES_H_
