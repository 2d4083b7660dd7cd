#include "molbridge/eval/calibrators.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

template <typename Map>
Map round_trip(const Map& map) {
  ConfigWriter writer;
  map.write(writer, "map.one");
  return Map::read(Config::parse(writer.str(), "test", true), "map.one");
}

TEST(Logistic, TwoGroups_ClosedForm) {
  // Of x = 0: 1 of 4 came; of x = 1: 3 of 4. Maximum likelihood: the odds of the groups.
  std::vector<LogisticSample> samples;
  for (int i = 0; i < 400; ++i) samples.push_back({{i < 200 ? 0.0 : 1.0}, i < 200 ? i % 4 == 0 : i % 4 != 0});
  const LogisticMap map = fit_logistic(samples, 1e-9);
  EXPECT_NEAR(map.bias, std::log(1.0 / 3), 1e-4);
  EXPECT_NEAR(map.weights[0], 2 * std::log(3.0), 2e-4);
  EXPECT_NEAR(map(std::vector{1.0}), 0.75, 1e-4);
}

TEST(Logistic, Weights_AreAsRepeats) {
  const std::vector<LogisticSample> weighted{{{0.0}, true, 1}, {{0.0}, false, 3}, {{2.0}, true, 2}, {{2.0}, false, 1}};
  std::vector<LogisticSample> repeated;
  for (const LogisticSample& sample : weighted) {
    for (int k = 0; k < sample.weight; ++k) repeated.push_back({sample.features, sample.outcome});
  }
  const LogisticMap a = fit_logistic(weighted), b = fit_logistic(repeated);
  EXPECT_NEAR(a.bias, b.bias, 1e-9);
  EXPECT_NEAR(a.weights[0], b.weights[0], 1e-9);
}

TEST(Logistic, RandomData_FindsTheWeightsThatMadeIt) {
  Rng rng(9);
  std::vector<LogisticSample> samples;
  for (int i = 0; i < 20000; ++i) {
    const double x = 100 + 10 * rng.normal(), y = rng.normal();
    const double p = 1 / (1 + std::exp(-(0.1 * (x - 100) - 2 * y + 0.5)));
    samples.push_back({{x, y}, rng.uniform() < p});
  }
  const LogisticMap map = fit_logistic(samples);
  EXPECT_NEAR(map.weights[0], 0.1, 0.01);
  EXPECT_NEAR(map.weights[1], -2, 0.1);
  EXPECT_NEAR(map.bias + 100 * map.weights[0], 0.5, 0.1);
}

TEST(Logistic, SeparableOrOneOutcome_StaysFinite) {
  const std::vector<LogisticSample> separable{{{0.0, 5.0}, false}, {{1.0, 5.0}, true}};
  const LogisticMap map = fit_logistic(separable);
  EXPECT_TRUE(std::isfinite(map.weights[0]) && std::isfinite(map.bias));
  EXPECT_GT(map(std::vector{1.0, 5.0}), map(std::vector{0.0, 5.0}));
  const LogisticMap one = fit_logistic(std::vector<LogisticSample>{{{0.0}, true}, {{1.0}, true}});
  EXPECT_TRUE(std::isfinite(one.bias));
  EXPECT_GT(one(std::vector{0.5}), 0.9);
}

TEST(Logistic, BadInput_IsADefect) {
  EXPECT_THROW(fit_logistic({}), Error);
  EXPECT_THROW(fit_logistic(std::vector<LogisticSample>{{{kInfinity}, true}}), Error);
  EXPECT_THROW(fit_logistic(std::vector<LogisticSample>{{{1.0}, true}, {{1.0, 2.0}, true}}), Error);
}

TEST(Softmax, SumsToOne_AndNothingIsWorst) {
  const std::vector<double> p = softmax(std::vector{1.0, std::nan(""), 1.0 + std::log(3.0), -kInfinity});
  EXPECT_NEAR(p[0], 0.25, 1e-12);
  EXPECT_EQ(p[1], 0);
  EXPECT_NEAR(p[2], 0.75, 1e-12);
  EXPECT_EQ(p[3], 0);
  EXPECT_DOUBLE_EQ(softmax(std::vector{-kInfinity, std::nan("")})[1], 0.5);
  EXPECT_DOUBLE_EQ(softmax(std::vector{2000.0, 0.0}, 3)[0], 1);
  EXPECT_TRUE(softmax({}).empty());
}

/// Pools whose truth is drawn by the softmax of beta times the scores, beta = exp(a + b * feature).
std::vector<TemperingSample> drawn_pools(int count, double a, double b) {
  Rng rng(21);
  std::vector<TemperingSample> pools;
  for (int i = 0; i < count; ++i) {
    TemperingSample pool;
    pool.features = {1, rng.normal()};
    for (int k = 0; k < 12; ++k) pool.scores.push_back(3 * rng.normal());
    const auto p = softmax(pool.scores, std::exp(a + b * pool.features[1]));
    double u = rng.uniform();
    while (pool.truth + 1 < p.size() && u >= p[pool.truth]) u -= p[pool.truth++];
    pools.push_back(std::move(pool));
  }
  return pools;
}

TEST(Tempering, RandomPools_FindTheTemperatureThatMadeThem) {
  const Tempering map = fit_tempering(drawn_pools(6000, -1.0, 0.4));
  EXPECT_NEAR(map.weights[0], -1.0, 0.05);
  EXPECT_NEAR(map.weights[1], 0.4, 0.05);
  EXPECT_NEAR(map.inverse_temperature(std::vector{1.0, 1.0}), std::exp(-0.6), 0.05);
}

TEST(Tempering, PlainTemperature_ClosedForm) {
  // Two candidates one apart, the better one right in 3 of 4: beta = ln 3.
  std::vector<TemperingSample> pools;
  for (int i = 0; i < 4; ++i) pools.push_back({{1.0, 0.0}, i == 0 ? 1U : 0U, {1.0}});
  EXPECT_NEAR(fit_tempering(pools).weights[0], std::log(std::log(3.0)), 1e-5);
}

TEST(Tempering, AlwaysRightOrBad_StaysFinite) {
  const std::vector<TemperingSample> right{{{1.0, 0.0}, 0, {1.0}}};
  EXPECT_TRUE(std::isfinite(fit_tempering(right).inverse_temperature(std::vector{1.0})));
  const std::vector<TemperingSample> alone{{{1.0}, 0, {1.0}}};
  EXPECT_TRUE(std::isfinite(fit_tempering(alone).weights[0]));
  EXPECT_THROW(fit_tempering(std::vector<TemperingSample>{{{1.0}, 1, {1.0}}}), Error);
  EXPECT_THROW(fit_tempering(std::vector<TemperingSample>{{{1.0, std::nan("")}, 0, {1.0}}}), Error);
}

TEST(Isotonic, PoolsAdjacentViolators) {
  // Levels 0, {1, 0} -> 1/2, 1.
  const std::vector<IsotonicSample> samples{{1, false}, {2, true}, {3, false}, {4, true}};
  const IsotonicMap map = fit_isotonic(samples, 0);
  EXPECT_DOUBLE_EQ(map(0), 0);
  EXPECT_DOUBLE_EQ(map(2), 0.5);
  EXPECT_DOUBLE_EQ(map(2.7), 0.5);
  EXPECT_DOUBLE_EQ(map(3.5), 0.75);
  EXPECT_DOUBLE_EQ(map(9), 1);
  EXPECT_DOUBLE_EQ(fit_isotonic(samples, 0.01)(9), 0.99);
}

TEST(Isotonic, EqualScores_AreOneStep_Weighted) {
  const std::vector<IsotonicSample> samples{{5, true, 3}, {5, false, 1}};
  const IsotonicMap map = fit_isotonic(samples);
  EXPECT_EQ(map.scores.size(), 1U);
  EXPECT_DOUBLE_EQ(map(5), 0.75);
}

TEST(Isotonic, RandomData_RisesAndKeepsTheMean) {
  Rng rng(2);
  std::vector<IsotonicSample> samples;
  for (int i = 0; i < 2000; ++i) {
    const double score = rng.uniform();
    samples.push_back({score, rng.uniform() < score * score});
  }
  const IsotonicMap map = fit_isotonic(samples, 0);
  EXPECT_TRUE(std::is_sorted(map.probabilities.begin(), map.probabilities.end()));
  double said = 0, came = 0;
  for (const IsotonicSample& sample : samples) {
    said += map(sample.score);
    came += sample.outcome ? 1 : 0;
  }
  EXPECT_NEAR(said, came, 1e-6);
  EXPECT_NEAR(map(0.5), 0.25, 0.08);
}

TEST(Calibrators, WrittenAndRead_GiveTheSameBits) {
  const LogisticMap logistic{-0.1, {1.0 / 3, 2, 1e-9}};
  EXPECT_EQ(round_trip(logistic).bias, logistic.bias);
  EXPECT_EQ(round_trip(logistic).weights, logistic.weights);
  const Tempering tempering{{0.7, -1.0 / 7}};
  EXPECT_EQ(round_trip(tempering).weights, tempering.weights);
  const IsotonicMap isotonic{{-1.5, 0, 2}, {0.1, 0.1, 0.9}};
  EXPECT_EQ(round_trip(isotonic).scores, isotonic.scores);
  EXPECT_EQ(round_trip(isotonic).probabilities, isotonic.probabilities);
}

TEST(Isotonic, DamagedFile_IsRefused) {
  for (const IsotonicMap& bad : {IsotonicMap{{1, 0}, {0, 1}}, IsotonicMap{{0, 1}, {1, 0}}, IsotonicMap{{0}, {0, 1}},
                                 IsotonicMap{}, IsotonicMap{{0, 1}, {0.5, 1.5}}})
    EXPECT_THROW(round_trip(bad), Error);
}

TEST(LogOdds, HeldOffTheEnds) {
  EXPECT_DOUBLE_EQ(log_odds(0.5), 0);
  EXPECT_NEAR(log_odds(0.75), std::log(3.0), 1e-12);
  EXPECT_TRUE(std::isfinite(log_odds(1)) && std::isfinite(log_odds(0)));
}

}  // namespace
}  // namespace molbridge::eval
