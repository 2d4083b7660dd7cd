#include "molbridge/eval/leak_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(RankByFeature, CountsTiesAndPlaces) {
  // Truth shares the top with one other; truth alone at the bottom; a feature that says nothing.
  const std::vector<FeatureList> lists{{{3, 3, 1, 0}, 0}, {{5, 1, 7}, 1}, {{kNan, 1, 2}, 0}};
  const RankerOutcome up = rank_by_score(lists, true);
  EXPECT_EQ(up.compounds, 2U);
  EXPECT_DOUBLE_EQ(up.hit, (0.5 + 0) / 2);
  EXPECT_DOUBLE_EQ(up.chance, (0.25 + 1.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(up.place, ((2 + 0.5) / 3 + 0) / 2);
  EXPECT_EQ(up.hits, (std::vector<double>{0.5, 0, 1.0 / 3}));
  EXPECT_DOUBLE_EQ(rank_by_score(lists, false).hit, 0.5);
  EXPECT_DOUBLE_EQ(rank_by_score(lists, false).place, 1 - up.place);
  EXPECT_FALSE(rank_by_feature(lists).highest);
}

TEST(RankByFeature, NothingToSay_IsNoEvidence) {
  const std::vector<FeatureList> lists{{{1, 1, 1}, 0}, {{2}, 0}, {{}, 0}, {{kNan, kNan}, 1}};
  const RankerOutcome out = rank_by_feature(lists);
  EXPECT_EQ(out.compounds, 1U);
  EXPECT_DOUBLE_EQ(out.hit, out.chance);
  EXPECT_DOUBLE_EQ(out.p_hit, 1);
  EXPECT_DOUBLE_EQ(out.p_place, 1);
}

TEST(TailBound, IsExactAtTheMaximum_AndAnUpperBoundElsewhere) {
  const std::vector<Discrete> coins(10, Discrete{{1, 0.5}, {0, 0.5}});
  EXPECT_NEAR(tail_bound(coins, 10), std::pow(0.5, 10), 1e-6);
  EXPECT_DOUBLE_EQ(tail_bound(coins, 5), 1);
  // Binomial tails: P(X >= 8) = 56/1024, P(X >= 9) = 11/1024.
  EXPECT_GE(tail_bound(coins, 8), 56.0 / 1024);
  EXPECT_GE(tail_bound(coins, 9), 11.0 / 1024);
  EXPECT_LE(tail_bound(coins, 9), 3.0 * 11 / 1024 + 0.01);
}

TEST(TailBound, FalseAlarms_StayBelowTheLevel) {
  // 2,000 sets of 30 lists whose truths are drawn by lot: no more than 5 % may fall below 5 %.
  Rng rng(11);
  int alarms = 0;
  for (int set = 0; set < 2000; ++set) {
    std::vector<FeatureList> lists;
    for (int i = 0; i < 30; ++i) {
      FeatureList list;
      const std::size_t n = 2 + rng.below(10);
      for (std::size_t c = 0; c < n; ++c) list.values.push_back(static_cast<double>(rng.below(4)));
      list.truth = rng.below(n);
      lists.push_back(std::move(list));
    }
    const RankerOutcome out = rank_by_feature(lists, {1, 1});
    alarms += out.p_hit < 0.05 ? 1 : 0;
  }
  EXPECT_LE(alarms, 100);
  EXPECT_GT(alarms, 2);  // and the bound is not so loose that nothing ever shows
}

TEST(SignFlipBound, NeedsOneSidedGains) {
  EXPECT_DOUBLE_EQ(sign_flip_bound(std::vector<double>{0, 0, 0}), 1);
  EXPECT_NEAR(sign_flip_bound(std::vector<double>(12, 1.0)), std::pow(0.5, 12), 1e-6);
  EXPECT_DOUBLE_EQ(sign_flip_bound(std::vector<double>{1, -1, 1, -1}), 1);
  EXPECT_DOUBLE_EQ(sign_flip_bound(std::vector<double>{-1, -1, -1}), 1);
}

TEST(ChiSquareTail, TabulatedValues) {
  EXPECT_NEAR(chi_square_tail(3.841458820694124, 1), 0.05, 1e-12);
  EXPECT_NEAR(chi_square_tail(16.918977604620448, 9), 0.05, 1e-12);
  EXPECT_NEAR(chi_square_tail(4.168159008146107, 9), 0.9, 1e-12);
  EXPECT_NEAR(chi_square_tail(27.877164871256568, 9), 0.001, 1e-12);
  EXPECT_DOUBLE_EQ(chi_square_tail(0, 4), 1);
}

TEST(BootstrapInterval, HoldsTheMean_AndFollowsTheSeed) {
  const std::vector<double> values{0, 0, 1, 0, 1, 1, 0, 0, 0, 1};
  const auto [low, high] = bootstrap_interval(values, {3, 1000});
  EXPECT_LT(low, 0.4);
  EXPECT_GT(high, 0.4);
  EXPECT_EQ(bootstrap_interval(values, {3, 1000}), bootstrap_interval(values, {3, 1000}));
  EXPECT_EQ(bootstrap_interval({}, {}), (std::pair<double, double>{0, 0}));
}

}  // namespace
}  // namespace molbridge::eval
