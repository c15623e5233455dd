// A group whose members are threads of this process.
#ifndef FOLDMESH_COMM_LOCAL_GROUP_H_
#define FOLDMESH_COMM_LOCAL_GROUP_H_

#include <functional>
#include <memory>
#include <vector>

#include "foldmesh/comm/group.h"

namespace foldmesh::comm {

// The members of a new group, by rank; each is for another thread. They copy straight from each other's
// buffers. A member that is destroyed has left: those who go on waiting for it fail at once.
std::vector<std::unique_ptr<Group>> make_local_group(int n_members, const GroupOptions& options = {});

// Calls body once for every member, each on a thread of its own (rank 0 on the caller's), and returns when
// all are done. What the first member to fail threw is rethrown here; the others then end with its message.
void run_local(int n_members, const std::function<void(Group&)>& body, const GroupOptions& options = {});

}  // namespace foldmesh::comm

#endif  // FOLDMESH_COMM_LOCAL_GROUP_H_
