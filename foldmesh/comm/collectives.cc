#include "foldmesh/comm/collectives.h"

#include <numeric>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::comm {
namespace {

// Cuts a buffer into consecutive parts.
template <typename Byte>
std::vector<std::span<Byte>> cut(std::span<Byte> buffer, std::span<const int64_t> counts, int n_members,
                                 const char* what) {
  if (counts.size() != static_cast<size_t>(n_members)) {
    base::throw_internal("{}: {} counts for a group of {}", what, counts.size(), n_members);
  }
  std::vector<std::span<Byte>> parts;
  size_t at = 0;
  for (const int64_t count : counts) {
    const auto size = static_cast<size_t>(count);
    if (count < 0 || size > buffer.size() - at) break;
    parts.push_back(buffer.subspan(at, size));
    at += size;
  }
  if (parts.size() != counts.size() || at != buffer.size()) {
    base::throw_internal("{}: counts do not add up to the buffer's {} bytes", what, buffer.size());
  }
  return parts;
}

void check_size(size_t size, int64_t expected, const char* what) {
  if (size != static_cast<size_t>(expected)) {
    base::throw_internal("{}: {} elements (expected {})", what, size, expected);
  }
}

// As equal as possible, the longer ones first.
std::vector<int64_t> even_parts(int64_t count, int n_members) {
  std::vector<int64_t> parts(static_cast<size_t>(n_members), count / n_members);
  for (int64_t i = 0; i < count % n_members; ++i) ++parts[static_cast<size_t>(i)];
  return parts;
}

}  // namespace

void barrier(Group& group) {
  // An exchange of nothing lets members of some groups pass, so everyone sends a byte.
  const auto n = static_cast<size_t>(group.size());
  const std::byte sign{1};
  std::vector<std::byte> signs(n);
  const std::vector<SendPart> send(n, SendPart(&sign, 1));
  std::vector<ReceivePart> receive;
  for (std::byte& place : signs) receive.emplace_back(&place, 1);
  group.exchange(send, receive);
}

void all_gather(Group& group, std::span<const std::byte> own, std::span<const int64_t> counts,
                std::span<std::byte> all) {
  const std::vector<ReceivePart> receive = cut(all, counts, group.size(), "all_gather");
  const std::vector<SendPart> send(receive.size(), own);
  group.exchange(send, receive);
}

void all_to_all(Group& group, std::span<const std::byte> send, std::span<const int64_t> send_counts,
                std::span<std::byte> receive, std::span<const int64_t> receive_counts) {
  group.exchange(cut(send, send_counts, group.size(), "all_to_all (send)"),
                 cut(receive, receive_counts, group.size(), "all_to_all (receive)"));
}

void reduce_scatter(Group& group, std::span<const float> values, std::span<const int64_t> counts,
                    std::span<float> sum, std::span<float> workspace) {
  const auto n = static_cast<size_t>(group.size()), self = static_cast<size_t>(group.rank());
  std::vector<int64_t> byte_counts;
  for (const int64_t count : counts) byte_counts.push_back(count * static_cast<int64_t>(sizeof(float)));
  std::vector<SendPart> send = cut(std::as_bytes(values), byte_counts, group.size(), "reduce_scatter");
  const auto own_count = static_cast<size_t>(counts[self]);
  check_size(sum.size(), counts[self], "reduce_scatter: sum");
  check_size(workspace.size(), reduce_scatter_workspace(group.size(), counts[self]),
             "reduce_scatter: workspace");

  std::vector<const float*> parts(n);
  std::vector<ReceivePart> receive(n);
  for (size_t from = 0, slot = 0; from < n; ++from) {
    if (from == self) {
      parts[from] = reinterpret_cast<const float*>(send[self].data());
      continue;
    }
    const std::span<float> place = workspace.subspan(own_count * slot++, own_count);
    parts[from] = place.data();
    receive[from] = std::as_writable_bytes(place);
  }
  send[self] = {};
  group.exchange(send, receive);
  for (size_t i = 0; i < own_count; ++i) {
    float total = parts[0][i];
    for (size_t from = 1; from < n; ++from) total += parts[from][i];
    sum[i] = total;
  }
}

int64_t all_reduce_workspace(int n_members, int64_t count) {
  return reduce_scatter_workspace(n_members, (count + n_members - 1) / n_members);
}

void all_reduce(Group& group, std::span<float> values, std::span<float> workspace) {
  const auto count = static_cast<int64_t>(values.size());
  check_size(workspace.size(), all_reduce_workspace(group.size(), count), "all_reduce: workspace");
  const std::vector<int64_t> counts = even_parts(count, group.size());
  const auto self = static_cast<size_t>(group.rank());
  const int64_t begin = std::accumulate(counts.begin(), counts.begin() + group.rank(), int64_t{0});
  const std::span<float> own = values.subspan(static_cast<size_t>(begin), static_cast<size_t>(counts[self]));
  const int64_t needed = reduce_scatter_workspace(group.size(), counts[self]);
  reduce_scatter(group, values, counts, own, workspace.first(static_cast<size_t>(needed)));
  std::vector<int64_t> byte_counts;
  for (const int64_t part : counts) byte_counts.push_back(part * static_cast<int64_t>(sizeof(float)));
  all_gather(group, std::as_bytes(own), byte_counts, std::as_writable_bytes(values));
}

}  // namespace foldmesh::comm
