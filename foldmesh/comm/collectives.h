// The usual collectives, each made of Group::exchange. All members call the same one with matching counts.
//
// Sums are formed in the order of ranks, ((x0 + x1) + x2) + .., so that all members hold the same bits
// however the members run. Work memory is the caller's, since nothing may be allocated during a pass.
#ifndef FOLDMESH_COMM_COLLECTIVES_H_
#define FOLDMESH_COMM_COLLECTIVES_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "foldmesh/comm/group.h"

namespace foldmesh::comm {

// Returns when all members have called it.
void barrier(Group& group);

// Part r of `all`, of counts[r] bytes, comes from member r. Parts follow each other in the order of ranks.
// `own` may be the own part of `all` itself.
void all_gather(Group& group, std::span<const std::byte> own, std::span<const int64_t> counts,
                std::span<std::byte> all);

// Part r of `send`, of send_counts[r] bytes, goes to member r; part r of `receive` comes from it.
void all_to_all(Group& group, std::span<const std::byte> send, std::span<const int64_t> send_counts,
                std::span<std::byte> receive, std::span<const int64_t> receive_counts);

// `values` has the same length everywhere and is cut into parts of counts[r] elements; member r gets the sum
// over members of part r, which may replace the own part of `values`. `workspace` needs
// reduce_scatter_workspace() elements.
void reduce_scatter(Group& group, std::span<const float> values, std::span<const int64_t> counts,
                    std::span<float> sum, std::span<float> workspace);
inline int64_t reduce_scatter_workspace(int n_members, int64_t own_count) {
  return (n_members - 1) * own_count;
}

// Replaces `values`, of the same length everywhere, by its sum over members: a reduce_scatter over parts that
// are as equal as possible, and an all_gather.
void all_reduce(Group& group, std::span<float> values, std::span<float> workspace);
int64_t all_reduce_workspace(int n_members, int64_t count);

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_COLLECTIVES_H_
