#include "molbridge/eval/calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

const double kNan = std::nan("");

/// Probabilities said by a forecaster who takes the true one to the power of `exponent` in odds: 1 is calibrated.
std::vector<Forecast> drawn_forecasts(std::size_t count, double exponent, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Forecast> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double truth = rng.uniform();
    const double odds = std::pow(truth / (1 - truth + 1e-12), exponent);
    out.push_back({odds / (1 + odds), rng.uniform() < truth, i});
  }
  return out;
}

TEST(ReliabilityCurve, EqualWidth_HandCounted) {
  const std::vector<Forecast> said{
      {0.05, false, 0}, {0.15, true, 1}, {0.12, false, 2}, {1.0, true, 3}, {0.95, true, 4}};
  const auto curve = reliability_curve(said, Binning::kEqualWidth, Unit::kSpectrum);
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_EQ(curve[1].queries, 2U);
  EXPECT_DOUBLE_EQ(curve[1].low, 0.1);
  EXPECT_DOUBLE_EQ(curve[1].high, 0.2);
  EXPECT_DOUBLE_EQ(curve[1].probability, 0.135);
  EXPECT_DOUBLE_EQ(curve[1].observed, 0.5);
  EXPECT_DOUBLE_EQ(curve[1].weight, 0.4);
  EXPECT_EQ(curve[2].queries, 2U);  // 1.0 belongs to the last bin
  EXPECT_NEAR(calibration_error(curve), (0.05 + 2 * 0.365 + 2 * 0.025) / 5, 1e-12);
}

TEST(ReliabilityCurve, EqualCount_SharesByWeightAndKeepsTiesTogether) {
  std::vector<Forecast> said;
  for (std::uint64_t i = 0; i < 8; ++i) said.push_back({static_cast<double>(i) / 10, false, i});
  auto curve = reliability_curve(said, Binning::kEqualCount, Unit::kSpectrum, 4);
  ASSERT_EQ(curve.size(), 4U);
  for (const ReliabilityBin& bin : curve) EXPECT_EQ(bin.queries, 2U);
  EXPECT_DOUBLE_EQ(curve[1].low, 0.2);
  EXPECT_DOUBLE_EQ(curve[1].high, 0.3);
  for (Forecast& forecast : said) forecast.probability = 0.25;
  curve = reliability_curve(said, Binning::kEqualCount, Unit::kSpectrum, 4);
  ASSERT_EQ(curve.size(), 1U);
  EXPECT_EQ(curve[0].queries, 8U);
}

TEST(ReliabilityCurve, ByCompound_ReplicatesShareTheWeightOfTheirCompound) {
  const std::vector<Forecast> said{{0.5, true, 7}, {0.5, true, 7}, {0.5, true, 7}, {0.5, false, 9}};
  EXPECT_DOUBLE_EQ(reliability_curve(said, Binning::kEqualWidth, Unit::kSpectrum)[0].observed, 0.75);
  const auto curve = reliability_curve(said, Binning::kEqualWidth, Unit::kCompound);
  EXPECT_DOUBLE_EQ(curve[0].observed, 0.5);
  EXPECT_NEAR(curve[0].observed_low, 0.0945, 1e-3);  // Wilson, one of two
  EXPECT_NEAR(curve[0].observed_high, 0.9055, 1e-3);
}

TEST(CalibrationFigures, KnownValues) {
  const std::vector<Forecast> said{{0.8, true, 0}, {0.8, false, 1}, {0.3, false, 2}, {0.0, true, 3}};
  const CalibrationFigures of = calibration_figures(said, Unit::kSpectrum, {.resamples = 200});
  EXPECT_DOUBLE_EQ(of.mean_probability, 1.9 / 4);
  EXPECT_DOUBLE_EQ(of.observed, 0.5);
  EXPECT_NEAR(of.brier.mean, (0.04 + 0.64 + 0.09 + 1) / 4, 1e-12);
  EXPECT_NEAR(of.log_loss.mean, -(std::log(0.8) + std::log(0.2) + std::log(0.7) + std::log(1e-6)) / 4, 1e-9);
  EXPECT_NEAR(of.ece.mean, (0.6 + 0.3 + 1) / 4, 1e-12);
  EXPECT_LE(of.brier.low, of.brier.mean);
  EXPECT_GE(of.brier.high, of.brier.mean);
  EXPECT_LT(of.brier.low, of.brier.high);
}

TEST(CalibrationFigures, AgreeWithTheCurve) {
  const auto said = drawn_forecasts(500, 2, 3);
  for (const Unit unit : {Unit::kSpectrum, Unit::kCompound}) {
    const CalibrationFigures of = calibration_figures(said, unit, {.resamples = 0});
    EXPECT_NEAR(of.ece.mean, calibration_error(reliability_curve(said, Binning::kEqualWidth, unit)), 1e-12);
    EXPECT_NEAR(of.ece_equal_count.mean, calibration_error(reliability_curve(said, Binning::kEqualCount, unit)), 1e-12);
  }
}

TEST(CalibrationFigures, CalibratedForecasterIsBelowOneThatExaggerates) {
  const CalibrationFigures honest =
      calibration_figures(drawn_forecasts(5000, 1, 1), Unit::kSpectrum, {.resamples = 200});
  const CalibrationFigures bold = calibration_figures(drawn_forecasts(5000, 3, 1), Unit::kSpectrum, {.resamples = 200});
  EXPECT_LT(honest.ece.high, 0.05);
  EXPECT_GT(bold.ece.low, 0.08);
  EXPECT_LT(honest.log_loss.mean, bold.log_loss.mean);
}

TEST(CalibrationFigures, ErrorIfTrue_IsThatOfACalibratedForecaster) {
  const CalibrationFigures many = calibration_figures(drawn_forecasts(5000, 1, 1), Unit::kSpectrum, {.resamples = 200});
  const CalibrationFigures few = calibration_figures(drawn_forecasts(200, 1, 1), Unit::kSpectrum, {.resamples = 200});
  EXPECT_LT(many.ece_if_true.mean, few.ece_if_true.mean);
  EXPECT_GT(many.ece.mean, 0.5 * many.ece_if_true.low);
  EXPECT_LT(many.ece.mean, 1.5 * many.ece_if_true.high);
  const CalibrationFigures bold = calibration_figures(drawn_forecasts(5000, 3, 1), Unit::kSpectrum, {.resamples = 200});
  EXPECT_GT(bold.ece.mean, 2 * bold.ece_if_true.high);
  // One compound at 0.5: 0 or 1 comes, half away either way.
  const std::vector<Forecast> one{{0.5, true, 3}, {0.5, false, 3}};
  EXPECT_DOUBLE_EQ(calibration_figures(one, Unit::kSpectrum, {.resamples = 50}).ece_if_true.mean, 0.5);
}

TEST(CalibrationFigures, IntervalResamplesCompounds) {
  // 40 spectra of two compounds tell as little as two.
  std::vector<Forecast> said;
  for (std::uint64_t i = 0; i < 40; ++i) said.push_back({0.5, i < 20, i < 20 ? 0U : 1U});
  const CalibrationFigures of = calibration_figures(said, Unit::kSpectrum, {.resamples = 400});
  EXPECT_DOUBLE_EQ(of.ece.mean, 0);
  EXPECT_DOUBLE_EQ(of.ece.high, 0.5);
}

TEST(CalibrationFigures, NoForecastsOrNoNumber) {
  const CalibrationFigures none = calibration_figures(std::vector<Forecast>{{kNan, true, 0}}, Unit::kCompound);
  EXPECT_EQ(none.queries, 0U);
  EXPECT_EQ(none.ece.high, 0);
  EXPECT_THROW(calibration_figures(std::vector<Forecast>{{1.5, true, 0}}, Unit::kCompound), Error);
}

TEST(QValues, RunningMeanOfErrorProbabilities) {
  const std::vector<double> q = q_values(std::vector<double>{0.5, 1.0, 0.9, 0.8});
  EXPECT_DOUBLE_EQ(q[1], 0);
  EXPECT_NEAR(q[2], 0.05, 1e-12);
  EXPECT_NEAR(q[3], 0.1, 1e-12);
  EXPECT_NEAR(q[0], 0.2, 1e-12);
}

TEST(QValues, EqualProbabilitiesAreEqual_AndUnansweredDoNotCount) {
  const std::vector<double> q = q_values(std::vector<double>{0.6, kNan, 1.0, 0.6});
  EXPECT_DOUBLE_EQ(q[0], q[3]);
  EXPECT_NEAR(q[0], 0.8 / 3, 1e-12);
  EXPECT_TRUE(std::isnan(q[1]));
  EXPECT_TRUE(q_values({}).empty());
}

TEST(QValues, NeverSmallerForLessConfident) {
  Rng rng(5);
  std::vector<double> probabilities;
  for (int i = 0; i < 2000; ++i) probabilities.push_back(0.1 + 1e-12 * static_cast<double>(rng.below(3)));
  const std::vector<double> q = q_values(probabilities);
  for (std::size_t i = 1; i < q.size(); ++i) {
    if (probabilities[i] < probabilities[i - 1]) {
      EXPECT_GE(q[i], q[i - 1]);
    }
  }
}

TEST(CheckQValues, CalibratedForecasts_KeepThePromise) {
  const auto said = drawn_forecasts(6000, 1, 11);
  const std::vector<double> thresholds{0.05, 0.1, 0.2, 0.5};
  for (const QValueCheck& check : check_q_values(said, thresholds, {.resamples = 300})) {
    EXPECT_GT(check.accepted, 100U);
    EXPECT_NEAR(check.wrong.mean, check.threshold, 0.03);
    EXPECT_NEAR(check.expected_wrong, check.threshold, 0.01);
    EXPECT_LE(check.wrong.low, check.expected_wrong);
    EXPECT_GE(check.wrong.high, check.expected_wrong);
  }
}

TEST(CheckQValues, ExaggeratedForecasts_BreakIt) {
  const auto checks = check_q_values(drawn_forecasts(6000, 3, 11), std::vector<double>{0.05}, {.resamples = 300});
  EXPECT_GT(checks[0].wrong.low, 0.05);
}

TEST(CheckQValues, NothingAccepted) {
  const std::vector<Forecast> said{{0.2, true, 0}};
  const auto checks = check_q_values(said, std::vector<double>{0.1, 0.9});
  EXPECT_EQ(checks[0].accepted, 0U);
  EXPECT_EQ(checks[0].wrong.mean, 0);
  EXPECT_EQ(checks[1].accepted, 1U);
}

}  // namespace
}  // namespace molbridge::eval
