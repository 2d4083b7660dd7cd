#include "molbridge/plot/ticks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::plot {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(LinearTicks, UnitRange_FifthsFitIntoSix) {
  const Ticks ticks = linear_ticks(0, 1, 6);
  EXPECT_THAT(ticks.labels, ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(ticks.values[3], DoubleNear(0.6, 1e-12));
}

TEST(LinearTicks, RangeBesideZero_StaysInside) {
  EXPECT_THAT(linear_ticks(-3.5, 7.2, 6).labels, ElementsAre("-2", "0", "2", "4", "6"));
}

TEST(LinearTicks, LargeNumbers_HaveThousandsSeparators) {
  EXPECT_THAT(linear_ticks(0, 17000, 5).labels, ElementsAre("0", "5,000", "10,000", "15,000"));
}

TEST(LinearTicks, TinyNumbers_AreScientific) {
  EXPECT_THAT(linear_ticks(0, 5e-5, 3).labels, ElementsAre("0", "2e-5", "4e-5"));
}

TEST(LinearTicks, AnyRange_NeverMoreThanAsked) {
  for (double low : {-1e6, -3.3, 0.0, 1e-7, 12.0}) {
    for (double width : {1e-6, 0.37, 1.0, 99.0, 3e8}) {
      for (int count = 2; count < 9; ++count) {
        const Ticks ticks = linear_ticks(low, low + width, count);
        EXPECT_LE(ticks.values.size(), static_cast<std::size_t>(count)) << low << " " << width;
        for (const double value : ticks.values) {
          EXPECT_GE(value, low - 1e-6 * width) << width;
          EXPECT_LE(value, low + width * (1 + 1e-6)) << low;
        }
      }
    }
  }
}

TEST(LinearTicks, EmptyRange_IsOurDefect) { EXPECT_THROW(linear_ticks(1, 1, 4), Error); }

TEST(LogTicks, FewDecades_ShowThePowers) {
  EXPECT_THAT(log_ticks(0.002, 20, 8).labels, ElementsAre("0.01", "0.1", "1", "10"));
}

TEST(LogTicks, WithinADecade_ShowsTwosAndFives) {
  EXPECT_THAT(log_ticks(1.5, 30, 8).labels, ElementsAre("2", "5", "10", "20"));
}

TEST(LogTicks, BetweenTwoMarks_FallsBackToLinearOnes) {
  EXPECT_THAT(log_ticks(2.1, 2.9, 8).labels, ElementsAre("2.2", "2.4", "2.6", "2.8"));
}

TEST(LogTicks, ManyDecades_AreThinned) { EXPECT_LE(log_ticks(1e-30, 1e30, 5).values.size(), 5u); }

TEST(LogTicks, SmallPowers_AreScientific) {
  EXPECT_THAT(log_ticks(1e-6, 1e-3, 8).labels, ElementsAre("1e-6", "1e-5", "1e-4", "0.001"));
}

}  // namespace
}  // namespace molbridge::plot
