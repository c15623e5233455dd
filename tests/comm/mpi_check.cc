// What one rank does in mpi_group_test.cc: foldmesh_comm_mpi_check CASE. Ends as the program does: one
// message for all ranks, exit code 1.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/comm/collectives.h"
#include "foldmesh/comm/item_crew.h"
#include "foldmesh/comm/launch.h"

namespace foldmesh::comm {
namespace {

// Of what one rank sends another in a call: all sizes from nothing to many pieces.
std::vector<std::byte> message(int from, int to, int call) {
  base::Rng rng(static_cast<uint64_t>(from * 64 + to), static_cast<uint64_t>(call));
  const uint64_t size = rng.below(4) == 0 ? 0 : rng.below(uint64_t{1} << rng.below(18));
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.next_u32() & 0xff);
  return bytes;
}

void check_exchanges(Group& group) {
  const int n = group.size();
  int64_t expected_bytes = group.traffic().received_bytes;
  for (int call = 0; call < 200; ++call) {
    std::vector<std::vector<std::byte>> out, in, expected;
    std::vector<SendPart> send;
    std::vector<ReceivePart> receive;
    for (int peer = 0; peer < n; ++peer) {
      out.push_back(message(group.rank(), peer, call));
      expected.push_back(message(peer, group.rank(), call));
      in.emplace_back(expected.back().size());
      if (peer != group.rank()) expected_bytes += static_cast<int64_t>(in.back().size());
    }
    for (size_t peer = 0; peer < out.size(); ++peer) {
      send.emplace_back(out[peer]);
      receive.emplace_back(in[peer]);
    }
    group.exchange(send, receive);
    for (auto& bytes : out) std::fill(bytes.begin(), bytes.end(), std::byte{0});
    if (in != expected) base::throw_internal("wrong bytes in call {}", call);
  }
  if (group.traffic().received_bytes != expected_bytes) base::throw_internal("bytes counted wrongly");
}

void check_sums(Group& group) {
  std::vector<float> values(1001);
  std::vector<float> expected(values.size());
  for (int rank = 0; rank < group.size(); ++rank) {
    base::Rng rng(static_cast<uint64_t>(rank));
    for (size_t i = 0; i < values.size(); ++i) {
      const auto value = static_cast<float>(rng.uniform() - 0.5);
      if (rank == group.rank()) values[i] = value;
      expected[i] = rank == 0 ? value : expected[i] + value;
    }
  }
  std::vector<float> workspace(
      static_cast<size_t>(all_reduce_workspace(group.size(), static_cast<int64_t>(values.size()))));
  all_reduce(group, values, workspace);
  if (values != expected) base::throw_internal("sums differ");
}

void measure(Group& group) {
  for (const size_t size : {size_t{8}, size_t{1} << 16, size_t{1} << 24}) {
    std::vector<std::byte> own(size), all(size * static_cast<size_t>(group.size()));
    const std::vector<int64_t> counts(static_cast<size_t>(group.size()), static_cast<int64_t>(size));
    const int rounds = size > 1 << 20 ? 10 : 500;
    barrier(group);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) all_gather(group, own, counts, all);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / rounds;
    if (group.rank() == 0) {
      fmt::print("{} bytes from each: {:.1f} us, {:.2f} GB/s\n", size, seconds * 1e6,
                 static_cast<double>(size * static_cast<size_t>(group.size() - 1)) / seconds / 1e9);
    }
  }
}

// 40 items of which every seventh fails, then two of everybody's.
void check_items(Communicator& ranks) {
  const auto work = [](size_t item) {
    std::this_thread::sleep_for(std::chrono::milliseconds(item % 3));
    if (item % 7 == 3) base::throw_input("item {} is bad", item);
  };
  size_t n_common = 0;
  if (ranks.rank() > 0) {
    help_with_items(
        ranks, [&](std::string_view item) { work(item.size()); },
        [&](std::string_view item) { n_common += item == "common"; });
    if (n_common != 2) base::throw_internal("{} common items", n_common);
    return;
  }
  ItemLeader leader(&ranks);
  std::vector<std::string> items;
  for (size_t i = 0; i < 40; ++i) items.emplace_back(i, 'x');
  std::vector<int> n_done(items.size());
  size_t n_elsewhere = 0;
  const auto failures = leader.share(items, work, [&](size_t item, int rank, const ItemLeader::Failure&) {
    ++n_done[item];
    n_elsewhere += rank > 0;
  });
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string expected = i % 7 == 3 ? fmt::format("item {} is bad", i) : "";
    const std::string got = failures[i] ? failures[i]->what() : "";
    if (n_done[i] != 1 || got != expected) base::throw_internal("item {}: {} times, '{}'", i, n_done[i], got);
    if (failures[i] && failures[i]->kind() != base::ErrorKind::kInput) base::throw_internal("wrong kind");
  }
  if (n_elsewhere == 0 || n_elsewhere == items.size()) base::throw_internal("{} elsewhere", n_elsewhere);
  for (int i = 0; i < 2; ++i) leader.tell_all("common");
  leader.dismiss();
}

void run(const std::string& name) {
  const std::unique_ptr<Communicator> ranks = join(UseMpi::kOn);
  if (!ranks) base::throw_input("started alone (expected several ranks)");
  if (name == "items") {
    // The test starts all of them here.
    if (ranks->n_on_this_machine() != ranks->size())
      base::throw_internal("{} ranks on this machine", ranks->n_on_this_machine());
    const int64_t least = ranks->least(1000 - ranks->rank());
    if (least != 1001 - ranks->size()) base::throw_internal("the least is {}", least);
    check_items(*ranks);
    return ranks->finish();
  }
  GroupOptions options;
  if (name == "pieces") options.largest_message = 1000;
  if (name == "silent") options.time_limit = 1;
  const std::unique_ptr<Group> group = ranks->make_group(options);
  const int last = group->size() - 1;
  run_as_member(*group, [&] {
    barrier(*group);
    if (name == "exchange" || name == "pieces") {
      check_exchanges(*group);
      check_sums(*group);
    } else if (name == "measure") {
      measure(*group);
    } else if (name == "throw") {
      if (group->rank() == last) base::throw_machine("a full disk");
      for (;;) barrier(*group);
    } else if (name == "killed") {
      if (group->rank() == last) ::kill(::getpid(), SIGKILL);
      for (;;) barrier(*group);
    } else if (name == "silent") {
      if (group->rank() == last) std::this_thread::sleep_for(std::chrono::seconds(30));
      barrier(*group);
    } else if (name == "mismatch") {
      std::vector<std::byte> all(static_cast<size_t>(group->size()) * 8);
      const std::vector<int64_t> counts(static_cast<size_t>(group->size()), 8);
      all_gather(*group, std::vector<std::byte>(8), counts, all);
      std::vector<SendPart> send(static_cast<size_t>(group->size()));
      const std::vector<ReceivePart> receive(send.size());
      if (group->rank() == last) send[0] = SendPart(all).first(5);
      group->exchange(send, receive);
      barrier(*group);
    } else {
      base::throw_input("there is no case '{}'", name);
    }
  });
  ranks->finish();
}

}  // namespace
}  // namespace foldmesh::comm

int main(int argc, char** argv) {
  try {
    foldmesh::comm::run(argc == 2 ? argv[1] : "");
    return 0;
  } catch (const std::exception& error) {
    if (foldmesh::comm::is_to_report()) std::fprintf(stderr, "check: %s\n", error.what());
  }
  foldmesh::comm::end_all(1);
  return 1;
}
