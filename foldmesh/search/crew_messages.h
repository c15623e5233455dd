// What rank 0 and its helpers say to each other. Internal to crew.
//
//   0 -> helper  kLookUp   a database                                  helper -> 0  kFacts   about it
//   0 -> helper  kPass     queries, groups, options, databases         helper -> 0  kFacts   threads,
//   databases 0 -> helper  kRanges   database, residues                          helper -> 0  kRanges  its
//   ranges 0 -> helper  kUnit     several are on the way at once              helper -> 0  kResult  of a unit
//   0 -> helper  kNothing  is left of this pass                        helper -> 0  kDone
//   0 -> helper  kEnd      of the program                              helper -> 0  kFailed  kind and text
#ifndef FOLDMESH_SEARCH_CREW_MESSAGES_H_
#define FOLDMESH_SEARCH_CREW_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/hmm/core_model.h"
#include "foldmesh/search/crew.h"

namespace foldmesh::search {

enum CrewTag : int { kLookUp = 1, kPass, kFacts, kRanges, kUnit, kNothing, kResult, kDone, kFailed, kEnd };

struct PassMessage {
  std::vector<hmm::CoreModel> models;
  std::vector<Thresholds> thresholds;
  std::vector<std::vector<size_t>> groups;
  hmm::PipelineOptions pipeline;
  bool keep_display = true;
  std::vector<std::string> paths;                 // of databases
  std::vector<std::optional<int64_t>> n_targets;  // of each, where known
};

std::string encode_pass(const UnitContext& context, const std::vector<TargetDatabase*>& databases);
PassMessage decode_pass(std::string_view bytes);

// Nothing for a database that cannot be read there or is not packed.
std::string encode_facts(int n_threads, const std::vector<std::optional<PackedFacts>>& databases);
std::vector<std::optional<PackedFacts>> decode_facts(std::string_view bytes, int& n_threads);

struct UnitMessage {
  UnitId id;
  TargetRange range;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_CREW_MESSAGES_H_
