#include "molbridge/eval/paired.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::eval {
namespace {

QueryOutcome outcome(std::uint64_t compound, std::optional<std::uint64_t> rank) {
  QueryOutcome out;
  out.compound = compound;
  out.rank = rank;
  out.pool_size = 100;
  return out;
}

TEST(PairedDifferences, ThreeQueriesOfTwoCompounds_ByHand) {
  // Compound 0: ranks 1, 4 against 2, 4. Compound 1: rank 10 against 1.
  const std::vector<QueryOutcome> a{outcome(0, 1), outcome(0, 4), outcome(1, 10)};
  const std::vector<QueryOutcome> b{outcome(0, 2), outcome(0, 4), outcome(1, 1)};
  const auto d = paired_differences(a, b);
  ASSERT_EQ(d.size(), 4u);
  EXPECT_EQ(d[0].first, "recall_at_1");
  EXPECT_NEAR(d[0].second.by_spectrum, 0, 1e-9);  // -100, 0, +100
  EXPECT_NEAR(d[0].second.by_compound, (-50 + 100) / 2.0, 1e-9);
  EXPECT_NEAR(d[1].second.by_compound, 50, 1e-9);                // recall_at_5: 0 and +100
  EXPECT_NEAR(d[3].second.by_compound, (-25 + 90) / 2.0, 1e-9);  // reciprocal ranks
  EXPECT_NEAR(d[0].second.ci95_low, -50, 1e-9);                  // two compounds: resamples are -50, 25 or 100
  EXPECT_NEAR(d[0].second.ci95_high, 100, 1e-9);
  EXPECT_NEAR(d[0].second.share_positive, 0.75, 0.02);
}

TEST(PairedDifferences, ModelAgainstItself_IsZeroWithoutWidth) {
  std::vector<QueryOutcome> a;
  for (std::uint64_t i = 0; i < 50; ++i) a.push_back(outcome(i, 1 + i % 7));
  for (const auto& [name, d] : paired_differences(a, a)) {
    EXPECT_EQ(d.by_compound, 0) << name;
    EXPECT_EQ(d.ci95_low, 0) << name;
    EXPECT_EQ(d.ci95_high, 0) << name;
    EXPECT_EQ(d.share_positive, 0.5) << name;
  }
}

TEST(PairedDifferences, ConstantGain_HasANarrowerIntervalThanTheFigures) {
  // The second model finds one compound more, whatever the rest is.
  std::vector<QueryOutcome> a, b;
  for (std::uint64_t i = 0; i < 200; ++i) {
    a.push_back(outcome(i, i % 2 == 0 ? 1 : 30));
    b.push_back(i == 1 ? outcome(i, 1) : a.back());
  }
  const auto d = paired_differences(a, b).front().second;
  EXPECT_NEAR(d.by_compound, 0.5, 1e-9);
  EXPECT_LT(d.ci95_high - d.ci95_low, 3);  // of the figure itself: about 14
}

TEST(PairedDifferences, SkippedQuery_IsAMiss) {
  const std::vector<QueryOutcome> a{outcome(0, std::nullopt)}, b{outcome(0, 1)};
  EXPECT_NEAR(paired_differences(a, b).front().second.by_compound, 100, 1e-9);
}

TEST(PairedDifferences, Mces_WhereMeasured) {
  std::vector<QueryOutcome> a{outcome(0, 1)}, b{outcome(0, 2)};
  a[0].mces = 0;
  b[0].mces = 4.5;
  BootstrapOptions options;
  options.mces_threshold = 15;
  EXPECT_NEAR(paired_differences(a, b, options).back().second.by_compound, 4.5, 1e-9);
  b[0].rank.reset();
  EXPECT_NEAR(paired_differences(a, b, options).back().second.by_compound, 15, 1e-9);
}

TEST(PairedDifferences, OtherCompounds_AreOurDefect) {
  const std::vector<QueryOutcome> a{outcome(0, 1)}, b{outcome(1, 1)};
  EXPECT_THROW(paired_differences(a, b), Error);
  EXPECT_THROW(paired_differences(a, {}), Error);
}

TEST(BootstrapMean, KnownValues_MeanIsInsideItsInterval) {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back(i % 2);
  const MeanInterval m = bootstrap_mean(values);
  EXPECT_DOUBLE_EQ(m.mean, 0.5);
  EXPECT_NEAR(m.low, 0.4, 0.021);  // 1.96 * 0.5 / sqrt(100) = 0.098
  EXPECT_NEAR(m.high, 0.6, 0.021);
}

TEST(MeansByCompound, Replicates_CountOnce) {
  const std::vector<std::uint64_t> compounds{7, 3, 7};
  const std::vector<double> values{1, 5, 3};
  EXPECT_EQ(means_by_compound(compounds, values), (std::vector<double>{5, 2}));
}

}  // namespace
}  // namespace molbridge::eval
