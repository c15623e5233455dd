#include "foldmesh/comm/group.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/comm/collectives.h"
#include "foldmesh/comm/local_group.h"
#include "foldmesh/comm/sim_group.h"

namespace foldmesh::comm {
namespace {

using Body = std::function<void(Group&)>;
using Runner = void (*)(int n_members, const Body& body, const GroupOptions& options);

void run_on_threads(int n_members, const Body& body, const GroupOptions& options) {
  run_local(n_members, body, options);
}
void run_on_simulator(int n_members, const Body& body, const GroupOptions& options) {
  SimOptions how;
  how.time_limit = options.time_limit;
  how.seed = 7;
  run_simulated(n_members, body, how);
}

class Groups : public testing::TestWithParam<Runner> {
 protected:
  static void run(int n_members, const Body& body, const GroupOptions& options = {}) {
    GetParam()(n_members, body, options);
  }
  // What the run threw.
  static base::Error failure(int n_members, const Body& body, const GroupOptions& options = {}) {
    try {
      run(n_members, body, options);
    } catch (const base::Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {base::ErrorKind::kInput, ""};
  }
};
INSTANTIATE_TEST_SUITE_P(All, Groups, testing::Values(run_on_threads, run_on_simulator),
                         [](const auto& test) { return test.index == 0 ? "Local" : "Simulated"; });

// Bytes from member to member, other ones in each call; some parts are empty.
int64_t part_size(int from, int to, int call) {
  const uint64_t mixed =
      base::Rng(static_cast<uint64_t>(from * 97 + to), static_cast<uint64_t>(call)).below(40);
  return mixed < 10 ? 0 : static_cast<int64_t>(mixed * mixed);
}
std::byte content(int from, int to, int call, int64_t i) {
  return static_cast<std::byte>((from * 31 + to * 17 + call * 7 + i) & 0xff);
}

TEST_P(Groups, EveryPartArrives) {
  for (const int n : {1, 2, 3, 5, 8}) {
    std::vector<TrafficCounters> traffic(static_cast<size_t>(n));
    run(n, [&](Group& group) {
      for (int call = 0; call < 20; ++call) {
        std::vector<std::vector<std::byte>> out(static_cast<size_t>(n)), in(out.size());
        std::vector<SendPart> send;
        std::vector<ReceivePart> receive;
        for (int r = 0; r < n; ++r) {
          auto& bytes = out[static_cast<size_t>(r)];
          for (int64_t i = 0; i < part_size(group.rank(), r, call); ++i)
            bytes.push_back(content(group.rank(), r, call, i));
          in[static_cast<size_t>(r)].resize(static_cast<size_t>(part_size(r, group.rank(), call)));
          send.emplace_back(bytes);
          receive.emplace_back(in[static_cast<size_t>(r)]);
        }
        group.exchange(send, receive);
        for (auto& bytes : out) std::fill(bytes.begin(), bytes.end(), std::byte{0xee});
        for (int r = 0; r < n; ++r) {
          const auto& bytes = in[static_cast<size_t>(r)];
          for (size_t i = 0; i < bytes.size(); ++i)
            ASSERT_EQ(bytes[i], content(r, group.rank(), call, static_cast<int64_t>(i)));
        }
      }
      traffic[static_cast<size_t>(group.rank())] = group.traffic();
    });
    for (int to = 0; to < n; ++to) {
      TrafficCounters expected{.calls = 20};
      for (int call = 0; call < 20; ++call) {
        for (int from = 0; from < n; ++from) {
          if (from == to || part_size(from, to, call) == 0) continue;
          ++expected.messages;
          expected.received_bytes += part_size(from, to, call);
        }
      }
      const TrafficCounters& counted = traffic[static_cast<size_t>(to)];
      EXPECT_EQ(counted.calls, expected.calls);
      EXPECT_EQ(counted.messages, expected.messages);
      EXPECT_EQ(counted.received_bytes, expected.received_bytes);
    }
  }
}

TEST_P(Groups, Collectives) {
  for (const int n : {1, 2, 3, 7}) {
    // Uneven parts; the last members have none where there are more of them than elements.
    std::vector<int64_t> counts, byte_counts;
    for (int r = 0; r < n; ++r) counts.push_back(r < 4 ? 3 - r % 3 : 0);
    for (const int64_t count : counts) byte_counts.push_back(4 * count);
    const int64_t total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    const auto value = [](int rank, int64_t i) {
      return static_cast<float>(base::Rng(static_cast<uint64_t>(rank), static_cast<uint64_t>(i)).uniform() -
                                0.5) *
             (rank % 2 == 0 ? 1.0f : 1e6f);
    };
    std::vector<float> sums;
    for (int64_t i = 0; i < total; ++i) {
      float sum = value(0, i);
      for (int r = 1; r < n; ++r) sum += value(r, i);
      sums.push_back(sum);
    }
    run(n, [&](Group& group) {
      const auto self = static_cast<size_t>(group.rank());
      const int64_t begin = std::accumulate(counts.begin(), counts.begin() + group.rank(), int64_t{0});
      std::vector<float> mine;
      for (int64_t i = 0; i < total; ++i) mine.push_back(value(group.rank(), i));

      std::vector<float> sum(static_cast<size_t>(counts[self])),
          work(static_cast<size_t>(reduce_scatter_workspace(n, counts[self])));
      reduce_scatter(group, mine, counts, sum, work);
      for (size_t i = 0; i < sum.size(); ++i) ASSERT_EQ(sum[i], sums[static_cast<size_t>(begin) + i]);

      std::vector<float> all(static_cast<size_t>(total));
      all_gather(group, std::as_bytes(std::span(sum)), byte_counts, std::as_writable_bytes(std::span(all)));
      ASSERT_EQ(all, sums);

      work.resize(static_cast<size_t>(all_reduce_workspace(n, total)));
      all_reduce(group, mine, work);
      ASSERT_EQ(mine, sums);

      const std::vector<int64_t> ones(static_cast<size_t>(n), 1);
      std::string out, in(static_cast<size_t>(n), ' '), expected;
      for (int r = 0; r < n; ++r) {
        out += static_cast<char>('a' + group.rank() * n + r);
        expected += static_cast<char>('a' + r * n + group.rank());
      }
      all_to_all(group, std::as_bytes(std::span(out)), ones, std::as_writable_bytes(std::span(in)), ones);
      ASSERT_EQ(in, expected);
      barrier(group);
    });
  }
}

TEST_P(Groups, FailureOfOneEndsAllWithItsMessage) {
  for (int failing = 0; failing < 3; ++failing) {
    std::vector<std::string> messages(3);
    const base::Error error = failure(3, [&](Group& group) {
      try {
        barrier(group);
        if (group.rank() == failing) base::throw_input("a bad file");
        for (;;) barrier(group);
      } catch (const base::Error& seen) {
        messages[static_cast<size_t>(group.rank())] = seen.what();
        throw;
      }
    });
    EXPECT_EQ(error.kind(), base::ErrorKind::kInput) << "what the failing member threw";
    for (const std::string& message : messages) EXPECT_EQ(message, "a bad file");
  }
}

TEST_P(Groups, SizesThatDisagree) {
  const base::Error error = failure(4, [](Group& group) {
    std::vector<std::byte> buffer(64);
    std::vector<SendPart> send(4);
    std::vector<ReceivePart> receive(4);
    barrier(group);
    if (group.rank() == 2) send[1] = SendPart(buffer).first(12);
    if (group.rank() == 1) receive[2] = ReceivePart(buffer).first(8);
    group.exchange(send, receive);
    barrier(group);
  });
  EXPECT_EQ(error.kind(), base::ErrorKind::kInternal);
  EXPECT_STREQ(error.what(), "rank 2 sends 12 bytes to rank 1, which expects 8");
}

TEST_P(Groups, SilentMember) {
  const auto start = std::chrono::steady_clock::now();
  const base::Error error = failure(3,
                                    [](Group& group) {
                                      barrier(group);
                                      if (group.rank() == 1)
                                        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
                                      barrier(group);
                                    },
                                    {.time_limit = 0.5});
  EXPECT_EQ(error.kind(), base::ErrorKind::kMachine);
  EXPECT_EQ(std::string(error.what()).rfind("rank 1 silent for 0.5 s", 0), 0u) << error.what();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_P(Groups, MemberThatLeavesEarly) {
  const base::Error error = failure(3, [](Group& group) {
    barrier(group);
    if (group.rank() != 1) barrier(group);
  });
  EXPECT_NE(std::string(error.what()).find("rank 1"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("left"), std::string::npos) << error.what();
}

TEST_P(Groups, WrongNumberOfParts) {
  const base::Error error = failure(2, [](Group& group) { group.exchange({}, {}); });
  EXPECT_EQ(error.kind(), base::ErrorKind::kInternal);
}

// Send buffers die with the stack of a member that fails; nobody may still be reading them. For sanitizers.
TEST(LocalGroup, BuffersOutliveTheirReaders) {
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(run_local(4,
                           [&](Group& group) {
                             const std::vector<std::byte> out(1 << 16, std::byte{1});
                             std::vector<std::byte> in(4 << 16);
                             const std::vector<SendPart> send(4, SendPart(out));
                             std::vector<ReceivePart> receive;
                             for (size_t r = 0; r < 4; ++r)
                               receive.push_back(ReceivePart(in).subspan(r << 16, 1 << 16));
                             if (group.rank() == round % 4)
                               receive[static_cast<size_t>(round + 1) % 4] = {};  // in the midst of copying
                             group.exchange(send, receive);
                           }),
                 base::Error);
  }
}

TEST(SimGroup, OrderFollowsTheSeed) {
  const auto order = [](uint64_t seed) {
    std::vector<int> ranks;  // one member runs at a time: no lock
    SimOptions options;
    options.seed = seed;
    run_simulated(
        5,
        [&](SimGroup& group) {
          for (int i = 0; i < 10; ++i) {
            ranks.push_back(group.rank());
            barrier(group);
          }
        },
        options);
    return ranks;
  };
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
  std::set<int> first;
  for (uint64_t seed = 0; seed < 40; ++seed) first.insert(order(seed).front());
  EXPECT_EQ(first.size(), 5u);
}

TEST(SimGroup, ClockAndTraffic) {
  SimOptions options;
  options.exchange_seconds = [](int64_t bytes) { return 0.5 + static_cast<double>(bytes) / 100; };
  const SimResult result = run_simulated(
      64,
      [](SimGroup& group) {
        group.spend(group.rank() == 40 ? 3 : 1);
        std::vector<std::byte> own(2), all(128);
        all_gather(group, own, std::vector<int64_t>(64, 2), all);
        EXPECT_DOUBLE_EQ(group.clock(), 3 + 0.5 + 1.26);
        group.spend(1);
      },
      options);
  EXPECT_DOUBLE_EQ(result.seconds, 5.76);
  ASSERT_EQ(result.traffic.size(), 64u);
  for (const TrafficCounters& traffic : result.traffic) EXPECT_EQ(traffic.received_bytes, 126);
}

TEST(SimGroup, OverlappingPartsAreRefused) {
  for (const int overlap : {0, 1}) {
    const auto body = [&](SimGroup& group) {
      std::vector<std::byte> bytes(16);
      const std::vector<SendPart> send(2, SendPart(bytes).first(4));
      std::vector<ReceivePart> receive = {ReceivePart(bytes).subspan(4, 4), ReceivePart(bytes).subspan(8, 4)};
      if (overlap == 1) receive[static_cast<size_t>(1 - group.rank())] = ReceivePart(bytes).subspan(3, 4);
      group.exchange(send, receive);
    };
    if (overlap == 0) {
      EXPECT_NO_THROW(run_simulated(2, body));
    } else {
      EXPECT_THROW(run_simulated(2, body), base::Error);
    }
  }
}

TEST(SimGroup, DeadlockNamesAll) {
  try {
    run_simulated(3, [](SimGroup& group) {
      for (int i = 0; i < 3 - group.rank(); ++i) barrier(group);
    });
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(),
                 "no member can go on: rank 0 waits in exchange 2, rank 1 waits in exchange 2, "
                 "rank 2 has left after exchange 1");
  }
}

}  // namespace
}  // namespace foldmesh::comm
