#include "molbridge/eval/curves.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace molbridge::eval {
namespace {

const double kNan = std::nan("");

TEST(SummarizeCurve, HandMadeRecall_GivesBestAndDrops) {
  const std::vector<double> x{100, 200, 300, 400, 500}, y{0.1, 0.3, 0.2, 0.35, 0.05};
  const CurveSummary s = summarize_curve(x, y, Better::kHigher);
  EXPECT_EQ(s.points, 5u);
  EXPECT_DOUBLE_EQ(s.first, 0.1);
  EXPECT_DOUBLE_EQ(s.last, 0.05);
  EXPECT_DOUBLE_EQ(s.best, 0.35);
  EXPECT_DOUBLE_EQ(s.best_at, 400);
  EXPECT_NEAR(s.largest_drop, 0.3, 1e-12);
  EXPECT_DOUBLE_EQ(s.largest_drop_at, 500);
  EXPECT_NEAR(s.mean_absolute_change, (0.2 + 0.1 + 0.15 + 0.3) / 4, 1e-12);
  EXPECT_DOUBLE_EQ(s.share_worse, 0.5);
}

TEST(SummarizeCurve, Loss_IsBetterWhenLower) {
  const CurveSummary s = summarize_curve(std::vector<double>{1, 2, 3}, std::vector<double>{3, 1, 2}, Better::kLower);
  EXPECT_DOUBLE_EQ(s.best, 1);
  EXPECT_DOUBLE_EQ(s.best_at, 2);
  EXPECT_DOUBLE_EQ(s.largest_drop, 1);
}

TEST(SummarizeCurve, OnlyBetter_HasNoDrop) {
  const CurveSummary s = summarize_curve(std::vector<double>{1, 2}, std::vector<double>{1, 2}, Better::kHigher);
  EXPECT_DOUBLE_EQ(s.largest_drop, 0);
  EXPECT_TRUE(std::isnan(s.largest_drop_at));
}

TEST(SummarizeCurve, NotFinite_IsPassedOver) {
  const CurveSummary s =
      summarize_curve(std::vector<double>{1, 2, 3}, std::vector<double>{1, kNan, 2}, Better::kHigher);
  EXPECT_EQ(s.points, 2u);
  EXPECT_DOUBLE_EQ(s.mean_absolute_change, 1);
}

TEST(SummarizeCurve, FewPoints_AreUnknownNotZero) {
  EXPECT_TRUE(std::isnan(summarize_curve({}, {}, Better::kHigher).best));
  const std::vector<double> one{1};
  EXPECT_TRUE(std::isnan(summarize_curve(one, one, Better::kHigher).largest_drop));
  EXPECT_TRUE(std::isnan(summarize_curve(one, one, Better::kNeither).best));
}

TEST(BetterOf, Names_AreJudged) {
  EXPECT_EQ(better_of("loss.alignment"), Better::kLower);
  EXPECT_EQ(better_of("mces_at_1"), Better::kLower);
  EXPECT_EQ(better_of("recall_at_1"), Better::kHigher);
  EXPECT_EQ(better_of("mrr"), Better::kHigher);
  EXPECT_EQ(better_of("learning_rate"), Better::kNeither);
}

TEST(RunningMean, Window_LooksBothWays) {
  EXPECT_EQ(running_mean(std::vector<double>{1, 2, 6, 7, 8}, 3), (std::vector<double>{1, 3, 5, 7, 8}));
  EXPECT_EQ(running_mean(std::vector<double>{1, 3}, 1), (std::vector<double>{1, 3}));
  EXPECT_EQ(running_mean({}, 5), std::vector<double>{});
}

TEST(RunningMean, StraightLine_DoesNotLag) {
  const std::vector<double> line{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(running_mean(line, 5), line);
}

TEST(RunningMean, NotFinite_StaysAndIsLeftOut) {
  const std::vector<double> smoothed = running_mean(std::vector<double>{1, kNan, 3, 5, 7}, 3);
  EXPECT_TRUE(std::isnan(smoothed[1]));
  EXPECT_DOUBLE_EQ(smoothed[2], 4);
}

}  // namespace
}  // namespace molbridge::eval
