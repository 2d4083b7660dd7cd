#pragma once
// Maps from scores to probabilities, fitted on outcomes: logistic (Platt), a tempered softmax over a pool, isotonic. All in double, the
// same to the bit for the same data. They are written into manifests and read from there. Thread-safe: values and pure functions.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/config.hpp"

namespace molbridge::eval {

/// ln(p / (1 - p)) with p held off 0 and 1 by 1e-6.
double log_odds(double probability);

/// P = 1 / (1 + exp(-(bias + weights . x)))
struct LogisticMap {
  double bias = 0;
  std::vector<double> weights;
  /// Requires as many features as weights.
  double operator()(std::span<const double> features) const;
  /// Keys `prefix`.bias, `prefix`.weights. Errors of read: that of `config` when a key is missing or no number.
  void write(ConfigWriter& writer, const std::string& prefix) const;
  static LogisticMap read(const Config& config, const std::string& prefix);
};

/// One query, or one candidate of it.
struct LogisticSample {
  std::vector<double> features;
  bool outcome = false;
  double weight = 1;
};

/// Weighted maximum likelihood by Newton steps that never make it worse. `ridge` is the penalty on squared weights of standardised features,
/// in samples (not on the bias): it keeps separable data finite. Errors: kInternal for no samples, unequal numbers of features, values that
/// are not finite. Cost: some 10 * samples * features^2.
LogisticMap fit_logistic(std::span<const LogisticSample> samples, double ridge = 1);

/// P_i = softmax(beta * score)_i over a pool, with ln beta = weights . features of the pool; a first feature of 1 makes a plain temperature.
struct Tempering {
  std::vector<double> weights;
  /// beta, within e^-8 to e^8.
  double inverse_temperature(std::span<const double> features) const;
  void write(ConfigWriter& writer, const std::string& prefix) const;  ///< key `prefix`.weights
  static Tempering read(const Config& config, const std::string& prefix);
};

/// Sums to 1; a score that is NaN or -infinity has 0, but for pools of such alone, where all are equal.
std::vector<double> softmax(std::span<const double> scores, double inverse_temperature = 1);

/// A pool that holds its truth.
struct TemperingSample {
  std::vector<double> scores;  ///< finite
  std::size_t truth = 0;
  std::vector<double> features;
  double weight = 1;
};

/// Maximum likelihood of the truths by Gauss-Newton steps that never make it worse; `ridge` as above, on all weights but the first and on the
/// features as they are. Errors as above. Cost: some 20 * candidates.
Tempering fit_tempering(std::span<const TemperingSample> samples, double ridge = 1);

/// A rising curve through points, straight between them, level beyond the ends.
struct IsotonicMap {
  std::vector<double> scores;         ///< ascending
  std::vector<double> probabilities;  ///< never falling; of the same length, one at least
  double operator()(double score) const;
  void write(ConfigWriter& writer, const std::string& prefix) const;  ///< keys `prefix`.scores, `prefix`.probabilities
  /// Errors: as above, and kModel where the lists do not rise.
  static IsotonicMap read(const Config& config, const std::string& prefix);
};

struct IsotonicSample {
  double score = 0;
  bool outcome = false;
  double weight = 1;
};

/// Least squares among rising step functions (pool adjacent violators), each step drawn level from its lowest to its highest score. Steps are
/// held off 0 and 1 by `least`: a few samples cannot make certain. Errors: kInternal for no samples or a score that is not finite. Cost: n log n.
IsotonicMap fit_isotonic(std::span<const IsotonicSample> samples, double least = 1e-3);

}  // namespace molbridge::eval
