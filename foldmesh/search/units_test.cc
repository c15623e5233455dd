// The plan of a search: everything once, large ranges first, no wide unit at the end.
#include "foldmesh/search/units.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace foldmesh::search {
namespace {

TEST(GroupQueries, LongestFirstAndEachOnce) {
  std::vector<int> lengths;
  for (int i = 0; i < 500; ++i) lengths.push_back(1 + (i * 7919) % 1500);
  lengths.push_back(35000);
  const auto groups = group_queries(lengths);
  EXPECT_EQ(groups.front(), std::vector<size_t>{500}) << "the longest alone";
  std::vector<int> seen(lengths.size());
  int last = 35000;
  for (const auto& group : groups) {
    int width = 0;
    for (const size_t query : group) {
      EXPECT_LE(lengths[query], last);
      last = lengths[query];
      width += last;
      ++seen[query];
    }
    EXPECT_TRUE(width <= 8192 || group.size() == 1);
    EXPECT_LE(group.size(), 32u);
  }
  EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
  EXPECT_TRUE(group_queries({}).empty());
}

TEST(Tapered, CoversTheDatabaseInOrderWithFallingSizes) {
  std::vector<TargetRange> pieces;
  for (int64_t i = 0; i < 1000; ++i) pieces.push_back({i * 10, 10, 20'000});
  const UnitSizes sizes = choose_unit_sizes({20'000'000, 0, 1, 8192, 2, size_t{1} << 30});
  EXPECT_EQ(sizes.largest, 8 << 20);
  EXPECT_LT(sizes.smallest, 20'000);
  const std::vector<TargetRange> ranges = tapered(pieces, sizes);
  int64_t next = 0, last = sizes.largest, left = 20'000'000;
  for (const TargetRange& range : ranges) {
    EXPECT_EQ(range.first, next);
    next += range.n_targets;
    EXPECT_LE(range.n_residues, last) << "at " << range.first;
    EXPECT_LE(range.n_residues, std::max<int64_t>(20'000, left / 4));
    last = range.n_residues;
    left -= range.n_residues;
  }
  EXPECT_EQ(next, 10'000);
  EXPECT_EQ(left, 0);
  EXPECT_EQ(last, 20'000) << "the last one is as small as it can be";
  EXPECT_LT(ranges.size(), 100u);
}

TEST(ChooseUnitSizes, BoundsTheListAndTheCost) {
  const UnitSizes huge = choose_unit_sizes({int64_t{100} << 30, 0, 1, 500, 1024, size_t{1} << 30});
  EXPECT_LE((int64_t{100} << 30) / huge.smallest, 1 << 17);
  EXPECT_GE(huge.largest, huge.smallest);
  const UnitSizes titin = choose_unit_sizes({90'000'000, 0, 1, 35'000, 2, size_t{1} << 30});
  EXPECT_LE(titin.largest * 35'000, int64_t{1} << 36);
  const UnitSizes poor = choose_unit_sizes({90'000'000, 0, 1, 500, 2, 4 << 20});
  EXPECT_NEAR(static_cast<double>(poor.largest), 512 * 1024, 1000) << "hits of a range must fit into memory";
  const UnitSizes proteins = choose_unit_sizes({90'000'000, 250'000, 1, 500, 2, 4 << 20});
  EXPECT_GT(proteins.largest, poor.largest * 2) << "hits in long targets take less for a residue";
  const UnitSizes peptide = choose_unit_sizes({90'000'000, 0, 1, 30, 2, size_t{1} << 30});
  EXPECT_GE(peptide.smallest * 30, (int64_t{1} << 27) - 30) << "a unit is never too small to be worth it";
  const UnitSizes many = choose_unit_sizes({90'000'000, 250'000, 4, 8192, 2, 32 << 20});
  EXPECT_GT(many.smallest, 300'000) << "survivors of small units share no vectors";
  EXPECT_LT(many.smallest * 2 * 200, 90'000'000 * 4) << "nobody waits long for the last one";
}

// Databases without content: the plan needs ranges only.
class Planned : public TargetDatabase {
 public:
  Planned() : TargetDatabase("planned") {}
  std::optional<int64_t> n_targets() const override { return 0; }
  std::unique_ptr<TargetStream> stream(int64_t, int) override { return nullptr; }
  std::shared_ptr<const TargetBlock> block(const TargetRange& range) const override {
    class Nothing : public TargetBlock {
     public:
      explicit Nothing(const TargetRange& r) : TargetBlock(r.first, r.n_targets) {}

     private:
      std::vector<hmm::Target> load() const override { return {}; }
    };
    return std::make_shared<Nothing>(range);
  }
};

std::vector<std::optional<std::vector<TargetRange>>> two_databases() {
  return {std::vector<TargetRange>{{0, 5, 500}, {5, 3, 300}, {8, 1, 100}},
          std::vector<TargetRange>{{0, 4, 400}, {4, 2, 200}}};
}

TEST(UnitQueue, LargestRangeFirstAllItsGroupsTogether) {
  Planned a, b;
  UnitQueue queue(2, {&a, &b}, two_databases(), {}, 1);
  std::vector<int64_t> sizes;
  std::map<UnitId, int> seen;
  std::shared_ptr<const TargetBlock> block;
  while (const auto unit = queue.next()) {
    sizes.push_back(unit->range.n_residues);
    ++seen[unit->id];
    if (unit->id.group == 1) {
      EXPECT_EQ(unit->block, block) << "groups share the block";
    }
    block = unit->block;
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{500, 500, 400, 400, 300, 300, 200, 200, 100, 100}));
  EXPECT_EQ(seen.size(), 10u);
}

TEST(UnitQueue, SkipsWhatIsDoneAndStops) {
  Planned a, b;
  UnitQueue queue(2, {&a, &b}, two_databases(), {}, 1);
  queue.skip({0, 0, 0});
  queue.skip({1, 1, 4});
  int n = 0;
  while (const auto unit = queue.next()) {
    EXPECT_NE(unit->id, (UnitId{0, 0, 0}));
    EXPECT_NE(unit->id, (UnitId{1, 1, 4}));
    if (++n == 5) queue.stop();
  }
  EXPECT_EQ(n, 5);
}

TEST(UnitQueue, GivesOnlyWhatTheAskerHas) {
  Planned a;
  UnitQueue queue(1, {&a, nullptr}, two_databases(), {}, 1);
  const auto other = queue.next([](size_t database) { return database == 1; });
  ASSERT_TRUE(other);
  EXPECT_EQ(other->id, (UnitId{1, 0, 0}));
  EXPECT_EQ(other->block, nullptr);
  int n = 0;
  while (const auto unit = queue.next()) {
    EXPECT_EQ(unit->id.database, 0u);
    ++n;
  }
  EXPECT_EQ(n, 3);
  EXPECT_TRUE(queue.next([](size_t database) { return database == 1; }));
  EXPECT_FALSE(queue.next([](size_t database) { return database == 1; }));
}

}  // namespace
}  // namespace foldmesh::search
