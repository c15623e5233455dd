// Reading the recorded reference numbers (tests/golden/hmmer, see README.md there), and searching one target.
// For tests only.
#ifndef FOLDMESH_HMM_GOLDEN_DATA_H_
#define FOLDMESH_HMM_GOLDEN_DATA_H_

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/sequence.h"
#include "foldmesh/hmm/pipeline.h"

namespace foldmesh::hmm::golden {

inline std::string path(const std::string& name) {
  return std::string(FOLDMESH_TESTS_DIR) + "/golden/hmmer/" + name;
}

inline std::vector<std::string> read_lines(const std::string& name) {
  std::ifstream file(path(name));
  if (!file) base::throw_machine("cannot read {}", path(name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

inline std::vector<std::string> split(const std::string& line, char separator = '\t') {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

// One line of a table whose first line names the columns.
using Row = std::map<std::string, std::string>;

inline std::vector<Row> read_table(const std::string& name) {
  const std::vector<std::string> lines = read_lines(name);
  const std::vector<std::string> columns = split(lines.at(0));
  std::vector<Row> rows;
  for (size_t n = 1; n < lines.size(); ++n) {
    const std::vector<std::string> fields = split(lines[n]);
    Row row;
    for (size_t c = 0; c < columns.size(); ++c) row[columns[c]] = c < fields.size() ? fields[c] : "";
    rows.push_back(row);
  }
  return rows;
}

inline std::vector<bio::Sequence> read_fasta(const std::string& name) {
  std::vector<bio::Sequence> sequences;
  for (const std::string& line : read_lines(name)) {
    if (line.starts_with('>')) {
      const size_t space = line.find(' ');
      const std::string description = space == std::string::npos ? "" : line.substr(space + 1);
      sequences.push_back({line.substr(1, space - 1), "", description, ""});
    } else {
      sequences.back().residues += line;
    }
  }
  return sequences;
}

// As C's %.<digits>g prints it; equal text means equal to that many digits.
inline std::string text(double value, int digits = 9) {
  if (std::isnan(value)) return "nan";
  return fmt::format("{:.{}g}", value, digits);
}

inline std::optional<Hit> search_one(Pipeline& pipeline, const Target& target) {
  std::optional<Hit> found;
  pipeline.search({&target, 1}, [&](size_t, Hit&& hit) { found = std::move(hit); });
  return found;
}

}  // namespace foldmesh::hmm::golden

#endif  // FOLDMESH_HMM_GOLDEN_DATA_H_
