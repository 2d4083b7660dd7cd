#include "molbridge/eval/two_class.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/eval/distribution.hpp"

namespace molbridge::eval {
namespace {

TEST(TwoClass, HandCounted_WithATie) {
  // Best first: + | - + (tied) | - ; AUROC: pairs (p, n): 0.9>0.5, 0.9>0.1, 0.5=0.5 half, 0.5>0.1 -> 3.5 of 4.
  const std::vector<Labelled> pairs{{0.9F, true, 0}, {0.5F, false, 1}, {0.5F, true, 2}, {0.1F, false, 3}};
  const TwoClassFigures of = two_class(pairs, {.seed = 1, .resamples = 10});
  EXPECT_DOUBLE_EQ(of.auroc.mean, 3.5 / 4);
  EXPECT_DOUBLE_EQ(of.auprc.mean, (1.0 + 2.0 / 3) / 2);
  EXPECT_EQ(of.positives, 2U);
}

TEST(TwoClass, RandomScores_AgreeWithTheAreaOfDistributions) {
  Rng rng(7);
  std::vector<Labelled> pairs;
  std::vector<Weighted> positives, negatives;
  for (std::uint64_t k = 0; k < 300; ++k) {
    const auto score = static_cast<float>(rng.below(40));
    const bool positive = rng.below(3) == 0;
    pairs.push_back({score, positive, k % 50});
    (positive ? positives : negatives).push_back({score, 1});
  }
  const TwoClassFigures of = two_class(pairs, {.seed = 1, .resamples = 200});
  EXPECT_NEAR(of.auroc.mean, auc(positives, negatives), 1e-12);
  EXPECT_LT(of.auroc.low, of.auroc.mean);
  EXPECT_GT(of.auroc.high, of.auroc.mean);
}

TEST(TwoClass, OneClassOrNothing_IsUnknown) {
  EXPECT_TRUE(std::isnan(two_class({}).auroc.mean));
  const std::vector<Labelled> pairs{{1, true, 0}, {2, true, 1}};
  EXPECT_TRUE(std::isnan(two_class(pairs).auprc.mean));
}

TEST(TwoClass, NoNumber_RanksLast) {
  const std::vector<Labelled> pairs{{std::nanf(""), true, 0}, {-5, false, 1}};
  EXPECT_DOUBLE_EQ(two_class(pairs, {.seed = 1, .resamples = 1}).auroc.mean, 0);
}

}  // namespace
}  // namespace molbridge::eval
