#include "molbridge/core/rng.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace molbridge {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> first(Rng rng, int count) {
  std::vector<std::uint64_t> out;
  for (int i = 0; i < count; ++i) out.push_back(rng.next());
  return out;
}

TEST(RngTest, Next_FromAKnownState_IsXoshiro256StarStar) {
  // The vector that other implementations of the algorithm test against.
  EXPECT_THAT(first(Rng(Rng::State{1, 2, 3, 4}), 6),
              ElementsAre(11520u, 0u, 1509978240u, 1215971899390074240u, 1216172134540287360u, 607988272756665600u));
}

TEST(RngTest, Next_FromASeed_NeverChanges) {
  // Splits, samples and trained models depend on these numbers: a change breaks the reproduction of every earlier run.
  EXPECT_THAT(first(Rng(0), 3), ElementsAre(11091344671253066420u, 13793997310169335082u, 1900383378846508768u));
  EXPECT_THAT(first(Rng(42), 2), ElementsAre(1546998764402558742u, 6990951692964543102u));
  EXPECT_THAT(first(Rng(42, "shuffle"), 2), ElementsAre(6582197970493569330u, 17438890082226985462u));
}

TEST(RngTest, State_PutBack_ContinuesTheSequence) {
  Rng rng(7);
  rng.next();
  EXPECT_EQ(first(Rng(rng.state()), 5), first(rng, 5));
}

TEST(RngTest, Below_SmallBound_IsUniform) {
  Rng rng(3);
  std::vector<double> counts(7);
  constexpr int kDraws = 700'000;
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(7)];
  double chi_square = 0;
  for (const double count : counts) chi_square += (count - kDraws / 7.0) * (count - kDraws / 7.0) / (kDraws / 7.0);
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
}

TEST(RngTest, Below_BoundNearTheRange_IsNotBiasedToSmallValues) {
  // With plain modulo, values below 2^62 would come twice as often as the others: 1/2 instead of 1/3.
  constexpr std::uint64_t kBound = (std::uint64_t{1} << 62) * 3;
  Rng rng(5);
  int small = 0;
  constexpr int kDraws = 30'000;
  for (int i = 0; i < kDraws; ++i) small += rng.below(kBound) < (std::uint64_t{1} << 62) ? 1 : 0;
  EXPECT_NEAR(small / static_cast<double>(kDraws), 1.0 / 3.0, 0.01);
}

TEST(RngTest, Below_One_IsZero) { EXPECT_EQ(Rng(1).below(1), 0u); }

TEST(RngTest, Uniform_StaysInRangeWithTheRightMean) {
  Rng rng(11);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = rng.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
}

TEST(RngTest, Normal_HasUnitVariance) {
  Rng rng(13);
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.015);
  EXPECT_NEAR(squares / kDraws, 1.0, 0.02);
}

TEST(RngTest, Shuffle_IsAPermutationThatDependsOnTheSeed) {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  const std::vector<int> sorted = values;
  Rng(1).shuffle(std::span(values));
  EXPECT_NE(values, sorted);
  EXPECT_THAT(values, testing::UnorderedElementsAreArray(sorted));
  std::vector<int> other = sorted;
  Rng(2).shuffle(std::span(other));
  EXPECT_NE(values, other);
}

TEST(RngTest, Shuffle_EveryOrderOfThree_IsEquallyLikely) {
  Rng rng(17);
  std::vector<int> counts(27);
  for (int i = 0; i < 60'000; ++i) {
    std::vector<int> v = {0, 1, 2};
    rng.shuffle(std::span(v));
    ++counts[static_cast<std::size_t>(9 * v[0] + 3 * v[1] + v[2])];
  }
  for (const int count : counts) {
    if (count == 0) continue;  // no permutation
    EXPECT_NEAR(count, 10'000, 400);
  }
}

}  // namespace
}  // namespace molbridge
