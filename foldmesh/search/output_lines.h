// Comparing our output files with HMMER's. For tests only.
#ifndef FOLDMESH_SEARCH_OUTPUT_LINES_H_
#define FOLDMESH_SEARCH_OUTPUT_LINES_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "foldmesh/base/file.h"

namespace foldmesh::search {

// Lines that name program, version, paths, time or command line differ by nature.
inline bool is_about_the_run(const std::string& line) {
  for (const char* start :
       {"# Program:", "# Version:", "# Query file:", "# Target file:", "# Option settings:", "# Current dir:",
        "# Date:", "#=GF AU", "HMMER3/f [", "DATE ", "# CPU time:", "# Mc/sec:"}) {
    if (line.starts_with(start)) return true;
  }
  return false;
}

// The lines that matter. A main output (*.out) counts from its first query on; notes about files lose the
// path.
inline std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::istringstream in(base::read_file(path));
  bool started = !path.ends_with(".out");
  for (std::string line; std::getline(in, line);) {
    started = started || line.starts_with("Query: ");
    if (!started || is_about_the_run(line)) continue;
    if (const size_t at = line.find(" saved to: ");
        line.starts_with("# Alignment of") && at != std::string::npos) {
      line.resize(at);
    }
    lines.push_back(line);
  }
  return lines;
}

inline testing::AssertionResult same_lines(const std::string& ours, const std::string& expected) {
  const std::vector<std::string> a = lines_of(ours), b = lines_of(expected);
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? a[i] : "<end>", right = i < b.size() ? b[i] : "<end>";
    if (left != right) {
      return testing::AssertionFailure() << expected << ": compared line " << i + 1 << " of " << b.size()
                                         << "\n  ours:     " << left << "\n  expected: " << right;
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_OUTPUT_LINES_H_
