#pragma once
// Are stated probabilities true? Reliability curves, calibration error, proper scores, q-values from probabilities. Thread-safe: pure
// functions. What is fitted to make them true: calibrators.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/eval/paired.hpp"

namespace molbridge::eval {

/// What was said about a query, and what came of it.
struct Forecast {
  double probability = 0;  ///< of [0, 1]
  bool outcome = false;
  std::uint64_t compound = 0;  ///< queries of one compound share it: what intervals resample
};

/// Every query counts the same, or every compound, its queries sharing its weight.
enum class Unit { kSpectrum, kCompound };
/// [0, 0.1), [0.1, 0.2) ... of [0, 1], or as many forecasts (by weight) in every bin; equal probabilities stay together.
enum class Binning { kEqualWidth, kEqualCount };

struct CalibrationOptions {
  std::size_t bins = 10;
  std::uint64_t seed = 1;
  int resamples = 2000;
};

struct ReliabilityBin {
  double low = 0,
         high = 0;  ///< of the probabilities: the bin's edges, or with kEqualCount the smallest and the largest in it
  std::uint64_t queries = 0;
  double weight = 0;       ///< share of all
  double probability = 0;  ///< mean of what was said
  double observed = 0;     ///< share that came true
  double observed_low = 0,
         observed_high = 0;  ///< 95 % interval of `observed` by compound (Wilson, with compounds as the sample size)
};

/// Bins without a forecast are left out. Forecasts that are NaN are left out everywhere. Errors: kInternal for probabilities outside [0, 1] and
/// for no bins.
std::vector<ReliabilityBin> reliability_curve(std::span<const Forecast> forecasts, Binning binning, Unit unit,
                                              std::size_t bins = 10);
/// Expected calibration error: mean over bins, by weight, of |said - observed|. 0 without forecasts.
double calibration_error(std::span<const ReliabilityBin> curve);

/// Intervals are 95 %, percentile bootstrap over compounds. A resample has the noise of the sample on top of its own, so the interval of a
/// calibration error lies on the high side.
struct CalibrationFigures {
  std::uint64_t queries = 0;
  std::uint64_t compounds = 0;
  double mean_probability = 0;
  double observed = 0;
  MeanInterval ece;              ///< equal-width bins
  MeanInterval ece_equal_count;  ///< equal-count bins
  /// ECE (equal-width bins) that true probabilities would have here, from outcomes drawn by them, one draw shared by the spectra of a compound:
  /// mean, and the interval of 95 % of the draws.
  MeanInterval ece_if_true;
  MeanInterval brier;     ///< mean of (probability - outcome)^2
  MeanInterval log_loss;  ///< mean of -ln of the probability of what came, which is taken as 1e-6 at least
};
/// Cost: resamples * forecasts.
CalibrationFigures calibration_figures(std::span<const Forecast> forecasts, Unit unit,
                                       const CalibrationOptions& options = {});

/// The q-value of each: the expected share of wrong ones among all that are at least as probable, mean of (1 - P) over these. Equal
/// probabilities have equal q-values, a lower one never a smaller. In the order given; NaN (an unanswered query) has NaN and does not count.
/// Assumes that the probabilities are calibrated, so also what they assume: that the molecule is among the candidates. Cost: n log n.
std::vector<double> q_values(std::span<const double> probabilities);

/// What came of the answers that a threshold of the q-value lets through.
struct QValueCheck {
  double threshold = 0;
  std::uint64_t accepted = 0;  ///< queries with q <= threshold
  std::uint64_t compounds = 0;
  double expected_wrong = 0;  ///< the largest q among them: what was promised; 0 for none
  MeanInterval wrong;         ///< realised share of wrong ones, interval by compound; 0 for none
};
/// By spectrum, as a user's run is.
std::vector<QValueCheck> check_q_values(std::span<const Forecast> forecasts, std::span<const double> thresholds,
                                        const CalibrationOptions& options = {});

}  // namespace molbridge::eval
