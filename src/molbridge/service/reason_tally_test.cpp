#include "molbridge/service/reason_tally.hpp"

#include <gtest/gtest.h>

namespace molbridge::service {
namespace {

TEST(ReasonTallyTest, Groups_OfOneKind_AreCountedTogetherMostFrequentFirst) {
  ReasonTally tally;
  tally.add("no peaks", "a:1");
  tally.add("precursor m/z 0 is not allowed", "a:2");
  tally.add("precursor m/z 1234.5 is not allowed", "a:3");
  tally.add("adduct 'x' unknown", "a:4");
  tally.add("precursor m/z 7 is not allowed", "a:5");
  tally.add("adduct 'yy' unknown", "a:6");
  const auto groups = tally.groups();
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].count, 3U);
  EXPECT_EQ(groups[1].count, 2U);
  EXPECT_EQ(groups[0].where, "a:2");
}

TEST(ReasonTallyTest, Groups_OfEndlessKinds_StayBounded) {
  ReasonTally tally;
  for (int i = 0; i < 5000; ++i) tally.add(std::string(static_cast<std::size_t>(i) % 997 + 1, 'x'), "");
  EXPECT_LE(tally.groups().size(), ReasonTally::kMaxGroups + 1);
  std::uint64_t sum = 0;
  for (const auto& group : tally.groups()) sum += group.count;
  EXPECT_EQ(sum, 5000U);
}

}  // namespace
}  // namespace molbridge::service
