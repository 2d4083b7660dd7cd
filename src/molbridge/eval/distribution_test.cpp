#include "molbridge/eval/distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

using Values = std::vector<Weighted>;

TEST(DistributionOf, FourValues_FallIntoTheirBins) {
  const Distribution d = distribution(Values{{0.1f}, {0.4f}, {0.9f}, {1.0f}}, 0, 1, 4);
  EXPECT_EQ(d.edges, (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  EXPECT_EQ(d.shares, (std::vector<double>{0.25, 0.25, 0, 0.5}));
}

TEST(DistributionOf, ValuesOutside_GoToTheOutermostBins) {
  const Distribution d = distribution(Values{{-5}, {5}}, 0, 1, 2);
  EXPECT_EQ(d.shares, (std::vector<double>{0.5, 0.5}));
}

TEST(DistributionOf, Weights_Count) {
  EXPECT_EQ(distribution(Values{{0.1f, 3}, {0.9f, 1}}, 0, 1, 2).shares, (std::vector<double>{0.75, 0.25}));
  EXPECT_EQ(distribution({}, 0, 1, 2).shares, (std::vector<double>{0, 0}));
}

TEST(OverlapCoefficient, HandMadeHistograms_SumOfTheSmaller) {
  const Distribution a{{0, 1, 2, 3}, {0.5, 0.5, 0}}, b{{0, 1, 2, 3}, {0, 0.25, 0.75}};
  EXPECT_DOUBLE_EQ(overlap_coefficient(a, b), 0.25);
  EXPECT_DOUBLE_EQ(overlap_coefficient(a, a), 1);
}

TEST(Auc, HandMadeScores_WinsAndHalfTies) {
  // 0.5: above 0.1, ties with 0.5. 0.9: above both. (1 + 0.5 + 2) / 4
  Values positives{{0.9f}, {0.5f}}, negatives{{0.5f}, {0.1f}};
  EXPECT_DOUBLE_EQ(auc(positives, negatives), 0.875);
}

TEST(Auc, SeparatedAndEqual_AreOneAndHalf) {
  Values high{{2}, {3}}, low{{0}, {1}}, same{{1}, {1}};
  EXPECT_DOUBLE_EQ(auc(high, low), 1);
  EXPECT_DOUBLE_EQ(auc(low, high), 0);
  Values again = same;
  EXPECT_DOUBLE_EQ(auc(same, again), 0.5);
  Values none;
  EXPECT_TRUE(std::isnan(auc(none, low)));
}

TEST(Auc, RandomScoresWithTies_AreThePairsCounted) {
  Rng rng(3, "test");
  Values positives, negatives;
  for (int i = 0; i < 60; ++i)
    positives.push_back({static_cast<float>(rng.below(9)), static_cast<float>(1 + rng.below(3))});
  for (int i = 0; i < 80; ++i)
    negatives.push_back({static_cast<float>(rng.below(7)), static_cast<float>(1 + rng.below(3))});
  double wins = 0, pairs = 0;
  for (const auto& p : positives) {
    for (const auto& n : negatives) {
      wins += p.weight * n.weight * (p.value > n.value ? 1 : p.value == n.value ? 0.5 : 0);
      pairs += p.weight * n.weight;
    }
  }
  EXPECT_NEAR(auc(positives, negatives), wins / pairs, 1e-12);
}

TEST(WeightedMedian, HalfOfTheWeight_Decides) {
  Values values{{3, 1}, {1, 1}, {2, 5}};
  EXPECT_DOUBLE_EQ(weighted_median(values), 2);
  EXPECT_NEAR(weighted_mean(values), 14.0 / 7, 1e-12);
  Values none;
  EXPECT_TRUE(std::isnan(weighted_median(none)));
}

}  // namespace
}  // namespace molbridge::eval
