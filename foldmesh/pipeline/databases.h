// Which databases AlphaFold searches, where they lie, and how much of what was found it reads.
#ifndef FOLDMESH_PIPELINE_DATABASES_H_
#define FOLDMESH_PIPELINE_DATABASES_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace foldmesh::pipeline {

struct Database {
  std::string name;                  // "uniref90": names the hits file and decides row limit and merge order
  std::filesystem::path path;        // packed database, or FASTA (plain, gz, zst); empty for HH-suite
  std::vector<std::string> hhsuite;  // HH-suite databases searched together by hhblits: what their files
                                     // begin with
  bool is_hhsuite() const { return !hhsuite.empty(); }
};

// "uniref90=/data/uniref90.fmdb" or "bfd_uniref=hhsuite:/data/bfd/bfd,/data/uniref30/UniRef30_2021_03".
// kInput when there is no '=' or a part is empty.
Database parse_database(const std::string& text);

// Whose limits: AlphaFold 2 reads 10,000 rows of UniRef90, 501 of MGnify and 50,000 of UniProt, AlphaFold 3
// 10,000, 5,000 and 50,000, and 5,000 of small BFD; the query counts.
enum class RowLimits { kNone, kAlphafold2, kAlphafold3 };
size_t max_rows(const std::string& database, RowLimits limits);

// run_alphafold.py's --db_preset: small BFD, or BFD and UniRef30 with hhblits. kWhatIsThere takes small BFD
// if it is there.
enum class BfdChoice { kWhatIsThere, kReduced, kFull };

struct DatabaseOptions {
  // Laid out like AlphaFold 2's download (a folder per database), like AlphaFold 3's (all in one), or a
  // mixture; may be empty.
  std::filesystem::path data_dir;
  // By name (uniref90, mgnify, small_bfd, uniprot: a file; bfd, uniref30: what HH-suite's files begin with).
  // Goes before what `data_dir` holds.
  std::map<std::string, std::string> paths;
  BfdChoice bfd = BfdChoice::kWhatIsThere;
  bool multimer = false;          // UniProt, too, from which AlphaFold pairs chains
  std::vector<std::string> more;  // as parse_database() takes them
};

// What AlphaFold would search: uniref90, mgnify, small_bfd or bfd_uniref, uniprot if asked for (or if there
// is a path for it), then `more`. A packed database (*.fmdb) beside a FASTA file is taken in its place unless
// it is older. What is missing is named in a warning; kInput when nothing is there, or nothing of what was
// asked for by `bfd` or `multimer`.
std::vector<Database> choose_databases(const DatabaseOptions& options);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_DATABASES_H_
