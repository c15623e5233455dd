// What an interrupted `foldmesh search` has done already, in a folder beside its outputs
// (docs/design/search-schedule.md).
#ifndef FOLDMESH_SEARCH_SEARCH_STATE_H_
#define FOLDMESH_SEARCH_SEARCH_STATE_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foldmesh/base/record_log.h"
#include "foldmesh/search/search.h"

namespace foldmesh::search {

// The units of one pass. Thread-safe where UnitLog says so.
class PassLog : public UnitLog {
 public:
  PassLog(std::filesystem::path path, const std::string& key) : path_(std::move(path)), log_(path_, key) {}
  UnitSizes begin(const UnitSizes& sizes) override;
  void replay(const std::function<void(UnitResult&&)>& on_result) override;
  void add(const UnitResult& result) override { log_.append(encode(result)); }
  // The pass is over and its results are kept elsewhere.
  void remove();

 private:
  std::filesystem::path path_;
  base::RecordLog log_;
};

class SearchState {
 public:
  // `key` stands for everything that the results depend on; what another key has left in the folder is thrown
  // away. Throws kInput when another process is at work in the folder.
  SearchState(std::filesystem::path folder, std::string key);

  // Whether somebody was interrupted here, with whatever key: then halves of outputs may lie about.
  bool was_interrupted() const { return was_interrupted_; }

  // Outputs that are done, with a note about each.
  std::optional<std::string> note_of(size_t output) const;
  void set_done(size_t output, std::string_view note);  // thread-safe
  // What was noted so far outlives a power cut from here on.
  void sync() { log_->sync(); }

  // `pass_key`: the queries of this pass.
  std::unique_ptr<PassLog> open_pass(size_t pass, const std::string& pass_key) const;

  // Everything is done: removes the folder.
  void remove();

 private:
  std::filesystem::path folder_;
  std::string key_;
  bool was_interrupted_;
  std::unique_ptr<base::RecordLog> log_;
  std::map<size_t, std::string> notes_;
};

}  // namespace foldmesh::search

#endif  // FOLDMESH_SEARCH_SEARCH_STATE_H_
