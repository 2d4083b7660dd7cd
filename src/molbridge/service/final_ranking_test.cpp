#include "molbridge/service/final_ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace molbridge::service {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

rerank::Verdict seen() { return {.looked_at = true}; }

TEST(FinalOrderTest, LookedAt_StandsBeforeTheRestWhateverTheScores) {
  const std::vector<rerank::Verdict> verdicts{seen(), {}, seen(), {}};
  const std::vector<double> scores{-50, 3, -40, 3};
  const std::vector<float> bridge{0.1F, 0.2F, 0.0F, 0.9F};
  const auto order = final_order(verdicts, scores, bridge);
  EXPECT_GT(order[2], order[0]);
  EXPECT_GT(order[0], order[3]);
  EXPECT_GT(order[3], order[1]);  // the same score: the first stage decides among those not looked at
}

TEST(FinalOrderTest, EqualScores_TieEvenWhereTheFirstStageDiffers) {
  const std::vector<rerank::Verdict> verdicts{seen(), seen(), seen()};
  const std::vector<double> scores{1, 1, 2};
  const auto order = final_order(verdicts, scores, std::vector<float>{0.5F, 0.9F, 0});
  EXPECT_EQ(order[0], order[1]);
  EXPECT_GT(order[2], order[1]);
}

TEST(FinalOrderTest, ScoreThatIsNoNumber_IsSaidForWhatWasLookedAtAndLastElsewhere) {
  const std::vector<rerank::Verdict> verdicts{seen(), {}, {}};
  const auto order = final_order(verdicts, std::vector<double>{kNan, kNan, -1e30}, std::vector<float>{1, kNan, kNan});
  EXPECT_TRUE(std::isnan(order[0]));
  EXPECT_GT(order[2], order[1]);
  EXPECT_TRUE(final_order({}, {}, {}).empty());
}

}  // namespace
}  // namespace molbridge::service
