// The command lines with which AlphaFold 2 (2.3), AlphaFold 3 (3.0) and OpenFold (2.2) run HMMER's programs,
// word for word in their order; Python wrote the numbers. Paths are left to the caller.
#ifndef FOLDMESH_TESTS_CLI_WRAPPER_CALLS_H_
#define FOLDMESH_TESTS_CLI_WRAPPER_CALLS_H_

#include <string>
#include <vector>

namespace foldmesh::tests {

using Words = std::vector<std::string>;

inline Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct JackhmmerCall {
  const char* caller;
  Words words;  // without the two paths at the end
  bool has_table;
};

inline std::vector<JackhmmerCall> jackhmmer_calls(const std::string& sto, const std::string& tblout) {
  const Words alphafold2 = {"-o",     "/dev/null", "-A",   sto,     "--noali", "--F1",   "0.0005",
                            "--F2",   "5e-05",     "--F3", "5e-07", "--incE",  "0.0001", "-E",
                            "0.0001", "--cpu",     "8",    "-N",    "1"};
  const Words alphafold3 = {"-o",    "/dev/null", "-A",    sto,     "--noali", "--F1", "0.0005", "--F2",
                            "5e-05", "--F3",      "5e-07", "--cpu", "8",       "-N",   "1"};
  return {
      {"AlphaFold 2", alphafold2, false},
      {"AlphaFold 2, streamed chunks",
       joined(alphafold2, {"--tblout", tblout, "-Z", "135301051", "--domE", "0.001", "--incdomE", "0.001"}),
       true},
      {"OpenFold", joined(alphafold2, {"--tblout", tblout, "-Z", "138515945"}), true},
      {"AlphaFold 3", joined(alphafold3, {"-E", "0.0001", "--incE", "0.0001"}), false},
      {"AlphaFold 3, shards",
       joined(alphafold3, {"--tblout", tblout, "-E", "0.0001", "--incE", "0.0001", "-Z", "153742194",
                           "--domZ", "153742194"}),
       true},
      {"AlphaFold 3, domE",
       joined(alphafold3, {"-E", "0.0001", "--incE", "0.0001", "-Z", "153742194", "--domE", "0.0001"}),
       false},
  };
}

struct ModelCall {
  const char* caller;
  Words words;         // without the two paths at the end
  const char* format;  // of the alignment
};

inline std::vector<ModelCall> hmmbuild_calls() {
  return {{"AlphaFold 2 and OpenFold", {"--hand", "--amino"}, "sto"},
          {"AlphaFold 2, fast", {"--amino"}, "sto"},
          {"AlphaFold 3", {"--informat", "stockholm", "--hand", "--amino"}, "sto"},
          {"AlphaFold 3, from A3M", {"--informat", "afa", "--amino"}, "afa"}};
}

// Without the two paths at the end.
inline std::vector<ModelCall> hmmsearch_calls(const std::string& sto) {
  const Words open = {"--F1", "0.1", "--F2", "0.1", "--F3", "0.1"};
  return {{"AlphaFold 2 and OpenFold",
           joined(joined({"--noali", "--cpu", "8"}, open),
                  {"--incE", "100", "-E", "100", "--domE", "100", "--incdomE", "100", "-A", sto}),
           "hmm"},
          {"AlphaFold 3",
           joined(joined({"--noali", "--cpu", "8"}, open),
                  {"-E", "100", "--incE", "100", "--domE", "100", "--incdomE", "100", "-A", sto}),
           "hmm"},
          {"AlphaFold 3, no filters",
           {"--noali", "--cpu", "8", "--max", "-E", "100", "--incE", "100", "-A", sto},
           "hmm"}};
}

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_CLI_WRAPPER_CALLS_H_
