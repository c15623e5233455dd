// What rank 0 and its helpers say to each other. Internal to crew.
//
//   from 0                                                   from a helper
//   kLookUp   a database                                     kFacts   about it
//   kPass     queries, groups, options, databases            kFacts   its threads, its databases
//   kRanges   a database, residues                           kRanges  its ranges
//   kUnit     a unit; several are on the way at once         kResult  of a unit
//   kNothing  is left of this pass                           kDone
//   kEnd      of all searches                                kFailed  kind and text of an error
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
  size_t memory = 0;  // for each rank
  bool keep_display = true;
  std::vector<std::string> paths;                 // of databases
  std::vector<std::optional<int64_t>> n_targets;  // of each, where known
};

std::string encode_pass(const UnitContext& context, const std::vector<TargetDatabase*>& databases);
PassMessage decode_pass(std::string_view bytes);

// Nothing for a database that cannot be read there, is compressed or comes through a pipe.
std::string encode_facts(int n_threads, const std::vector<std::optional<SharedFacts>>& databases);
std::vector<std::optional<SharedFacts>> decode_facts(std::string_view bytes, int& n_threads);

struct UnitMessage {
  UnitId id;
  TargetRange range;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_CREW_MESSAGES_H_
