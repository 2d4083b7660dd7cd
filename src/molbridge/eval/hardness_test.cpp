#include "molbridge/eval/hardness.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace molbridge::eval {
namespace {

chem::BitFingerprint bits(std::initializer_list<int> on) {
  chem::BitFingerprint out{{0}, 64};
  for (const int bit : on) out.words[0] |= std::uint64_t{1} << bit;
  return out;
}

TEST(PoolHardnessOf, HandMadeBits_LargestTanimotoAndCount) {
  // Tanimoto to {1..5}: 4/5, 5/6, 1/5.
  const std::vector<chem::BitFingerprint> decoys{bits({1, 2, 3, 4}), bits({1, 2, 3, 4, 5, 6}), bits({1})};
  const PoolHardness h = pool_hardness(bits({1, 2, 3, 4, 5}), decoys);
  EXPECT_EQ(h.decoys, 3u);
  EXPECT_DOUBLE_EQ(h.max_tanimoto, 5.0 / 6);
  EXPECT_EQ(h.hard, 1u);  // above 0.8, which 4/5 is not
}

TEST(PoolHardnessOf, RealMolecules_OneMethylenApart) {
  const auto print = [](const char* smiles) {
    return chem::morgan(chem::Molecule::from_smiles(smiles).value(), kHardnessFingerprint);
  };
  const std::vector<chem::BitFingerprint> decoys{print("CCCCCCCCCCCCO"), print("c1ccccc1")};
  EXPECT_DOUBLE_EQ(pool_hardness(print("CCCCCCCCCCCO"), decoys).max_tanimoto, 1);  // radius 2 does not see the length
}

TEST(SummarizeHardness, ThreePools_ByHand) {
  const std::vector<PoolHardness> pools{{10, 0.9, 4}, {20, 0.5, 0}, {30, 0.4, 0}, {0, 0, 0}};
  const HardnessSummary s = summarize_hardness(pools);
  EXPECT_EQ(s.pools, 3u);
  EXPECT_EQ(s.without_decoys, 1u);
  EXPECT_DOUBLE_EQ(s.mean_decoys, 20);
  EXPECT_DOUBLE_EQ(s.mean_max, 0.6);
  EXPECT_DOUBLE_EQ(s.median_max, 0.5);
  EXPECT_DOUBLE_EQ(s.mean_hard, 4.0 / 3);
  EXPECT_DOUBLE_EQ(s.share_with_hard, 1.0 / 3);
}

TEST(SummarizeHardness, TwoPools_MedianIsBetween) {
  EXPECT_DOUBLE_EQ(summarize_hardness(std::vector<PoolHardness>{{1, 0.2, 0}, {1, 0.4, 0}}).median_max,
                   0.30000000000000004);
  EXPECT_EQ(summarize_hardness({}).pools, 0u);
}

TEST(HardnessBin, Ends_BelongToTheUpperBin) {
  EXPECT_EQ(hardness_bin(0), "<0.4");
  EXPECT_EQ(hardness_bin(0.4), "0.4-0.5");
  EXPECT_EQ(hardness_bin(0.8), "0.8-0.9");
  EXPECT_EQ(hardness_bin(0.999), "0.9-1");
  EXPECT_EQ(hardness_bin(1), "1");
}

}  // namespace
}  // namespace molbridge::eval
