#include "foldmesh/comm/member_threads.h"

#include "foldmesh/base/error.h"

namespace foldmesh::comm {

std::string size_mismatch(int from, size_t n_sent, int to, size_t n_expected) {
  return fmt::format("rank {} sends {} bytes to rank {}, which expects {}", from, n_sent, to, n_expected);
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "unknown failure";
  }
}

}  // namespace foldmesh::comm
