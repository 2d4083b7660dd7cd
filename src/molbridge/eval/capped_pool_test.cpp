#include "molbridge/eval/capped_pool.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::eval {
namespace {

TEST(ExpectedInCappedPool, TwoOfThree_ByHand) {
  // One of three others is above. Pairs: {above, b}, {above, c}, {b, c}: rank 2, 2, 1.
  const CappedExpectation e = expected_in_capped_pool(3, 1, 2);
  EXPECT_NEAR(e.recall_at_1, 1.0 / 3, 1e-12);
  EXPECT_NEAR(e.recall_at_5, 1, 1e-12);
  EXPECT_NEAR(e.reciprocal_rank, (0.5 + 0.5 + 1) / 3, 1e-12);
}

TEST(ExpectedInCappedPool, Uncut_IsTheRankItself) {
  const CappedExpectation e = expected_in_capped_pool(1000, 6, 1000);
  EXPECT_NEAR(e.recall_at_1, 0, 1e-12);
  EXPECT_NEAR(e.recall_at_5, 0, 1e-12);
  EXPECT_NEAR(e.recall_at_20, 1, 1e-9);
  EXPECT_NEAR(e.reciprocal_rank, 1.0 / 7, 1e-9);
}

TEST(ExpectedInCappedPool, NoneKept_IsRankOne) {
  EXPECT_NEAR(expected_in_capped_pool(50, 50, 0).recall_at_1, 1, 1e-12);
}

TEST(ExpectedInCappedPool, AllAbove_CountsAllKept) {
  EXPECT_NEAR(expected_in_capped_pool(100, 100, 9).reciprocal_rank, 0.1, 1e-9);
}

TEST(ExpectedInCappedPool, LargePool_ProbabilitiesAddUp) {
  const CappedExpectation e = expected_in_capped_pool(20000, 3, 127);
  // None of the three among 127 of 20000: the product of (others that are not picked).
  EXPECT_NEAR(e.recall_at_1, 1.0 * (20000 - 127) * (19999 - 127) * (19998 - 127) / (20000.0 * 19999 * 19998), 1e-9);
  EXPECT_NEAR(e.recall_at_5, 1, 1e-9);
}

TEST(ExpectedInCappedPool, MoreAboveThanOthers_IsOurDefect) { EXPECT_THROW(expected_in_capped_pool(3, 4, 1), Error); }

}  // namespace
}  // namespace molbridge::eval
