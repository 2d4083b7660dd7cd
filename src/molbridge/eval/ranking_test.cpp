#include "molbridge/eval/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

const Figure& figure(const std::vector<std::pair<std::string, Figure>>& figures, const std::string& name) {
  for (const auto& [key, value] : figures) {
    if (key == name) return value;
  }
  throw std::runtime_error("no figure " + name);
}

TEST(PessimisticRank, Ties_CountAgainstTheTruth) {
  EXPECT_EQ(pessimistic_rank(0.5F, std::vector<float>{0.5F, 0.5F, 0.4F}), 3u);
  EXPECT_EQ(pessimistic_rank(0.5F, {}), 1u);
}

TEST(PessimisticRank, NotANumber_CountsAsAbove) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(pessimistic_rank(0.5F, std::vector<float>{nan, 0.1F}), 2u);
  EXPECT_EQ(pessimistic_rank(nan, std::vector<float>{0.1F, 0.2F}), 3u);
}

TEST(Summarize, SpectraAndCompounds_AreAveragedDifferently) {
  // Compound 7 has three queries, two of them right at rank 1; compound 9 has one, at rank 4.
  const std::vector<QueryOutcome> outcomes{{7, 1, 10, 0}, {7, 1, 10, 0}, {7, 10, 10, 0}, {9, 4, 8, 0}};
  const Summary summary = summarize(outcomes);
  EXPECT_EQ(summary.queries, 4u);
  EXPECT_EQ(summary.compounds, 2u);
  EXPECT_DOUBLE_EQ(figure(summary.figures, "recall_at_1").by_spectrum, 50.0);
  EXPECT_NEAR(figure(summary.figures, "recall_at_1").by_compound, 100.0 / 3, 1e-9);
  EXPECT_NEAR(figure(summary.figures, "mrr").by_spectrum, 100 * (1 + 1 + 0.1 + 0.25) / 4, 1e-9);
  EXPECT_DOUBLE_EQ(summary.pool_sizes.mean, 9.5);
  EXPECT_DOUBLE_EQ(summary.pool_sizes.median, 10);
}

TEST(Summarize, SkippedQueries_StayInTheDenominatorAsMisses) {
  const std::vector<QueryOutcome> outcomes{{0, 1, 5, 0}, {1, std::nullopt, 0, 0}};
  const Summary summary = summarize(outcomes);
  EXPECT_EQ(summary.skipped, 1u);
  EXPECT_DOUBLE_EQ(figure(summary.figures, "recall_at_20").by_spectrum, 50.0);
  EXPECT_DOUBLE_EQ(figure(summary.figures, "recall_at_20").by_compound, 50.0);
  EXPECT_DOUBLE_EQ(figure(summary.random, "recall_at_1").by_spectrum, 10.0);
  EXPECT_DOUBLE_EQ(summary.pool_sizes.mean, 5);
}

TEST(Summarize, Random_IsTheExpectationOverThePool) {
  const std::vector<QueryOutcome> outcomes{{0, 1, 4, 0}};
  const Summary summary = summarize(outcomes);
  EXPECT_DOUBLE_EQ(figure(summary.random, "recall_at_1").by_spectrum, 25.0);
  EXPECT_DOUBLE_EQ(figure(summary.random, "recall_at_5").by_spectrum, 100.0);
  EXPECT_NEAR(figure(summary.random, "mrr").by_spectrum, 100 * (1 + 0.5 + 1.0 / 3 + 0.25) / 4, 1e-9);
}

TEST(Summarize, Interval_HoldsTheMeanAndShrinksWithCompounds) {
  Rng rng(3);
  const auto width_for = [&](std::uint64_t compounds) {
    std::vector<QueryOutcome> outcomes;
    for (std::uint64_t i = 0; i < compounds; ++i) outcomes.push_back({i, rng.uniform() < 0.3 ? 1 : 50, 100, 0});
    const Figure f = figure(summarize(outcomes, {.seed = 1, .resamples = 2000}).figures, "recall_at_1");
    EXPECT_LE(f.ci95_low, f.by_compound);
    EXPECT_GE(f.ci95_high, f.by_compound);
    return f.ci95_high - f.ci95_low;
  };
  const double narrow = width_for(1600), wide = width_for(100);
  EXPECT_NEAR(wide / narrow, 4.0, 1.5);                                 // one over the square root of the number
  EXPECT_NEAR(wide, 2 * 1.96 * 100 * std::sqrt(0.3 * 0.7 / 100), 4.0);  // binomial interval
}

TEST(Summarize, IntervalBySpectrum_ResamplesWholeCompounds) {
  // One compound with 98 hits, two with one miss each: a bootstrap over spectra would be narrow, over compounds it is not.
  std::vector<QueryOutcome> outcomes(98, QueryOutcome{0, 1, 10, 0});
  outcomes.push_back({1, 5, 10, 0});
  outcomes.push_back({2, 5, 10, 0});
  const Figure f = figure(summarize(outcomes).figures, "recall_at_1");
  EXPECT_DOUBLE_EQ(f.by_spectrum, 98);
  EXPECT_DOUBLE_EQ(f.spectrum_ci95_low, 0);
  EXPECT_DOUBLE_EQ(f.spectrum_ci95_high, 100);
}

QueryOutcome with_mces(std::uint64_t compound, double mces, double random) {
  QueryOutcome outcome{compound, 1, 10, 0};
  outcome.mces = mces;
  outcome.random_mces = random;
  return outcome;
}

TEST(Summarize, Mces_SkippedQueriesCountAsTheThreshold) {
  const std::vector<QueryOutcome> outcomes{with_mces(0, 2, 8), with_mces(0, 4, 8), {1, std::nullopt, 0, 0}};
  const Summary summary = summarize(outcomes, {.mces_threshold = 15});
  ASSERT_TRUE(summary.mces_at_1 && summary.random_mces_at_1);
  EXPECT_DOUBLE_EQ(summary.mces_at_1->by_spectrum, 7);
  EXPECT_DOUBLE_EQ(summary.mces_at_1->by_compound, 9);
  EXPECT_DOUBLE_EQ(summary.mces_at_1->ci95_low, 3);
  EXPECT_DOUBLE_EQ(summary.mces_at_1->ci95_high, 15);
  EXPECT_DOUBLE_EQ(summary.random_mces_at_1->by_compound, 11.5);
}

TEST(Summarize, MeasuringMces_ChangesNoOtherFigure) {
  const std::vector<QueryOutcome> outcomes{with_mces(0, 2, 8), with_mces(1, 4, 8), {2, std::nullopt, 0, 0}};
  const Summary with = summarize(outcomes, {.mces_threshold = 15}), without = summarize(outcomes);
  EXPECT_FALSE(without.mces_at_1);
  EXPECT_EQ(figure(with.figures, "mrr").ci95_low, figure(without.figures, "mrr").ci95_low);
  EXPECT_EQ(figure(with.figures, "mrr").by_compound, figure(without.figures, "mrr").by_compound);
}

TEST(Summarize, PoolSizes_AreThoseOfAnsweredQueries) {
  std::vector<QueryOutcome> outcomes{{9, std::nullopt, 0, 0}};
  for (std::uint64_t size = 1; size <= 5; ++size) outcomes.push_back({size, 1, size * 10, 0});
  const PoolSizes sizes = summarize(outcomes).pool_sizes;
  EXPECT_EQ(sizes.min, 10);
  EXPECT_EQ(sizes.quartile1, 20);
  EXPECT_EQ(sizes.median, 30);
  EXPECT_EQ(sizes.quartile3, 40);
  EXPECT_EQ(sizes.max, 50);
}

TEST(Summarize, SameSeed_SameInterval) {
  const std::vector<QueryOutcome> outcomes{{0, 1, 4, 0}, {1, 3, 4, 0}, {2, 2, 4, 0}};
  EXPECT_EQ(figure(summarize(outcomes).figures, "mrr").ci95_low, figure(summarize(outcomes).figures, "mrr").ci95_low);
}

TEST(Summarize, NoQueries_GiveZeros) {
  const Summary summary = summarize({});
  EXPECT_EQ(summary.queries, 0u);
  EXPECT_EQ(figure(summary.figures, "mrr").by_compound, 0);
}

TEST(NoveltyStratum, LowerEnd_BelongsToTheStratum) {
  EXPECT_EQ(novelty_stratum(0.0), "<0.4");
  EXPECT_EQ(novelty_stratum(0.4), "0.4-0.6");
  EXPECT_EQ(novelty_stratum(0.6), "0.6-0.8");
  EXPECT_EQ(novelty_stratum(0.8), ">=0.8");
  EXPECT_EQ(novelty_stratum(1.0), ">=0.8");
}

}  // namespace
}  // namespace molbridge::eval
