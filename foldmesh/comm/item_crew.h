// Items of work handed out whole to the ranks of a run, by rank 0, which does its share of them.
#ifndef FOLDMESH_COMM_ITEM_CREW_H_
#define FOLDMESH_COMM_ITEM_CREW_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/comm/communicator.h"

namespace foldmesh::comm {

// For rank 0. All calls come from the thread that joined.
class ItemLeader {
 public:
  // Null: there is nobody else.
  explicit ItemLeader(Communicator* ranks) : ranks_(ranks) {}

  // All other ranks: every item is done by everybody; call the own part afterwards. What fails must end the
  // run, since the others depend on each other.
  void tell_all(const std::string& item);

  // Every item is done by one rank, in ascending order by whoever is free: here by do_here(index), on a
  // thread of its own where there are other ranks, elsewhere as help() says. Returns each item's failure, if
  // it failed; an exception of do_here that is no base::Error is thrown. on_done(index, rank, failure) is
  // called when one has ended.
  using Failure = std::optional<base::Error>;
  using OnDone = std::function<void(size_t index, int rank, const Failure& failure)>;
  std::vector<Failure> share(const std::vector<std::string>& items,
                             const std::function<void(size_t)>& do_here, const OnDone& on_done);

  // The others return from help().
  void dismiss();

 private:
  Communicator* ranks_;
};

// What all other ranks do meanwhile: `own` is called for items that this rank got, `everybodys` for those of
// all. A base::Error of `own` is reported to rank 0; any other exception is thrown.
void help_with_items(Communicator& ranks, const std::function<void(std::string_view item)>& own,
                     const std::function<void(std::string_view item)>& everybodys);

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_ITEM_CREW_H_
