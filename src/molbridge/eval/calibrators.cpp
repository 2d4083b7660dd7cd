#include "molbridge/eval/calibrators.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/eval/small_system.hpp"

namespace molbridge::eval {
namespace {

constexpr double kMaxExponent = 8;
constexpr int kMaxSteps = 100;
constexpr double kEnough = 1e-10;

double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
/// ln(1 + e^x)
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

/// A loss with its gradient [n] and a positive semi-definite curvature [n, n].
struct Local {
  double loss = 0;
  std::vector<double> gradient, curvature;
  explicit Local(std::size_t n) : gradient(n), curvature(n * n) {}
  void add(std::span<const double> x, double slope, double bend) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      gradient[i] += slope * x[i];
      for (std::size_t j = 0; j < x.size(); ++j) curvature[i * x.size() + j] += bend * x[i] * x[j];
    }
  }
  void add_penalty(std::size_t i, double weight, double ridge) {
    loss += 0.5 * ridge * weight * weight;
    gradient[i] += ridge * weight;
    curvature[i * gradient.size() + i] += ridge;
  }
};

/// Newton steps, halved until the loss falls.
std::vector<double> minimize(std::vector<double> at, const std::function<Local(std::span<const double>)>& local) {
  Local here = local(at);
  for (int step = 0; step < kMaxSteps; ++step) {
    std::vector<double> curvature = here.curvature;
    for (std::size_t i = 0; i < at.size(); ++i) curvature[i * at.size() + i] += 1e-9;
    const std::vector<double> direction = solve_symmetric(std::move(curvature), here.gradient);
    const double promised = dot(direction, here.gradient);
    if (!(promised > kEnough)) break;
    bool moved = false;
    for (double scale = 1; scale > 1e-6 && !moved; scale /= 2) {
      std::vector<double> next = at;
      for (std::size_t i = 0; i < at.size(); ++i) next[i] -= scale * direction[i];
      Local there = local(next);
      if (!(there.loss < here.loss)) continue;
      at = std::move(next);
      here = std::move(there);
      moved = true;
    }
    if (!moved) break;
  }
  return at;
}

/// Mean and standard deviation of each feature, by weight; a constant one has deviation 1.
struct Standard {
  std::vector<double> mean, deviation;
};

Standard standard_of(std::span<const LogisticSample> samples) {
  const std::size_t n = samples.front().features.size();
  Standard out{std::vector<double>(n), std::vector<double>(n)};
  double weight = 0;
  for (const LogisticSample& sample : samples) {
    MOLBRIDGE_CHECK(sample.features.size() == n && all_finite(sample.features) && sample.weight >= 0,
                    std::to_string(n));
    weight += sample.weight;
    for (std::size_t i = 0; i < n; ++i) out.mean[i] += sample.weight * sample.features[i];
  }
  MOLBRIDGE_CHECK(weight > 0, "");
  for (double& mean : out.mean) mean /= weight;
  for (const LogisticSample& sample : samples) {
    for (std::size_t i = 0; i < n; ++i) {
      const double gap = sample.features[i] - out.mean[i];
      out.deviation[i] += sample.weight * gap * gap / weight;
    }
  }
  for (double& deviation : out.deviation) deviation = deviation > 1e-24 ? std::sqrt(deviation) : 1;
  return out;
}

double inverse_temperature_of(std::span<const double> weights, std::span<const double> features) {
  return std::exp(std::clamp(dot(weights, features), -kMaxExponent, kMaxExponent));
}

/// -ln P(truth) of a pool, with its slope and curvature by beta.
struct PoolLoss {
  double loss = 0, slope = 0, bend = 0;
};

PoolLoss pool_loss(const TemperingSample& sample, double beta) {
  const double best = *std::max_element(sample.scores.begin(), sample.scores.end());
  double sum = 0, mean = 0, square = 0;
  for (const double score : sample.scores) {
    const double weight = std::exp(beta * (score - best));
    sum += weight;
    mean += weight * (score - best);
    square += weight * (score - best) * (score - best);
  }
  mean /= sum;
  const double truth = sample.scores[sample.truth] - best;
  return {std::log(sum) - beta * truth, mean - truth, std::max(square / sum - mean * mean, 0.0)};
}

}  // namespace

double log_odds(double probability) {
  constexpr double kEnd = 1e-6;
  const double p = std::clamp(probability, kEnd, 1 - kEnd);
  return std::log(p / (1 - p));
}

double LogisticMap::operator()(std::span<const double> features) const {
  MOLBRIDGE_CHECK(features.size() == weights.size(), std::to_string(features.size()));
  return sigmoid(bias + dot(weights, features));
}

void LogisticMap::write(ConfigWriter& writer, const std::string& prefix) const {
  writer.number(prefix + ".bias", bias);
  writer.numbers(prefix + ".weights", weights);
}

LogisticMap LogisticMap::read(const Config& config, const std::string& prefix) {
  return {config.number(prefix + ".bias"), config.numbers(prefix + ".weights")};
}

LogisticMap fit_logistic(std::span<const LogisticSample> samples, double ridge) {
  MOLBRIDGE_CHECK(!samples.empty(), "");
  const Standard standard = standard_of(samples);
  const std::size_t n = standard.mean.size();
  const auto local = [&](std::span<const double> at) {
    Local out(n + 1);
    std::vector<double> x(n + 1, 1.0);  // the bias last
    for (const LogisticSample& sample : samples) {
      for (std::size_t i = 0; i < n; ++i) x[i] = (sample.features[i] - standard.mean[i]) / standard.deviation[i];
      const double logit = dot(x, at), p = sigmoid(logit);
      out.loss += sample.weight * (sample.outcome ? softplus(-logit) : softplus(logit));
      out.add(x, sample.weight * (p - (sample.outcome ? 1 : 0)), sample.weight * p * (1 - p));
    }
    for (std::size_t i = 0; i < n; ++i) out.add_penalty(i, at[i], ridge);
    out.add_penalty(n, at[n], 1e-3);  // outcomes that are all the same stay finite
    return out;
  };
  const std::vector<double> at = minimize(std::vector<double>(n + 1), local);
  LogisticMap map{at[n], std::vector<double>(n)};
  for (std::size_t i = 0; i < n; ++i) {
    map.weights[i] = at[i] / standard.deviation[i];
    map.bias -= map.weights[i] * standard.mean[i];
  }
  return map;
}

double Tempering::inverse_temperature(std::span<const double> features) const {
  MOLBRIDGE_CHECK(features.size() == weights.size(), std::to_string(features.size()));
  return inverse_temperature_of(weights, features);
}

void Tempering::write(ConfigWriter& writer, const std::string& prefix) const {
  writer.numbers(prefix + ".weights", weights);
}

Tempering Tempering::read(const Config& config, const std::string& prefix) {
  return {config.numbers(prefix + ".weights")};
}

std::vector<double> softmax(std::span<const double> scores, double inverse_temperature) {
  const double lowest = -std::numeric_limits<double>::infinity();
  double best = lowest, sum = 0;
  for (const double score : scores) best = score > best ? score : best;
  std::vector<double> out;
  for (const double score : scores) {
    const bool nothing = std::isnan(score) || score == lowest;
    out.push_back(best == lowest  ? 1
                  : nothing       ? 0
                  : score == best ? 1
                                  : std::exp(inverse_temperature * (score - best)));
    sum += out.back();
  }
  for (double& p : out) p /= sum;
  return out;
}

Tempering fit_tempering(std::span<const TemperingSample> samples, double ridge) {
  MOLBRIDGE_CHECK(!samples.empty(), "");
  const std::size_t n = samples.front().features.size();
  for (const TemperingSample& sample : samples) {
    MOLBRIDGE_CHECK(sample.features.size() == n && sample.truth < sample.scores.size() && all_finite(sample.scores) &&
                        all_finite(sample.features) && sample.weight >= 0,
                    std::to_string(sample.scores.size()));
  }
  const auto local = [&](std::span<const double> at) {
    Local out(n);
    for (const TemperingSample& sample : samples) {
      const double beta = inverse_temperature_of(at, sample.features);
      const PoolLoss pool = pool_loss(sample, beta);
      out.loss += sample.weight * pool.loss;
      out.add(sample.features, sample.weight * beta * pool.slope, sample.weight * beta * beta * pool.bend);
    }
    for (std::size_t i = 1; i < n; ++i) out.add_penalty(i, at[i], ridge);
    return out;
  };
  return {minimize(std::vector<double>(n), local)};
}

}  // namespace molbridge::eval
