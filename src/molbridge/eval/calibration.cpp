#include "molbridge/eval/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/eval/percentile.hpp"

namespace molbridge::eval {
namespace {

constexpr double kLeastProbability = 1e-6;

/// What one compound, or all, has in a bin; sums over its forecasts by weight.
struct Cell {
  double weight = 0, said = 0, came = 0;
  void add(const Cell& other, double times) {
    weight += times * other.weight;
    said += times * other.said;
    came += times * other.came;
  }
};

/// Forecasts with numbers, their compounds numbered from 0 in the order of their first, and their weights.
struct Sample {
  std::vector<Forecast> forecasts;
  std::vector<double> weights;
  std::size_t compounds = 0;
};

Sample sample_of(std::span<const Forecast> forecasts, Unit unit) {
  Sample out;
  std::map<std::uint64_t, std::uint64_t> number;
  std::vector<double> queries;
  for (Forecast forecast : forecasts) {
    if (std::isnan(forecast.probability)) continue;
    MOLBRIDGE_CHECK(forecast.probability >= 0 && forecast.probability <= 1, std::to_string(forecast.probability));
    forecast.compound = number.try_emplace(forecast.compound, number.size()).first->second;
    queries.resize(number.size());
    queries[forecast.compound] += 1;
    out.forecasts.push_back(forecast);
  }
  for (const Forecast& forecast : out.forecasts)
    out.weights.push_back(unit == Unit::kSpectrum ? 1 : 1 / queries[forecast.compound]);
  out.compounds = number.size();
  return out;
}

std::vector<std::size_t> bins_of_equal_width(const Sample& sample, std::size_t bins) {
  std::vector<std::size_t> out;
  for (const Forecast& forecast : sample.forecasts)
    out.push_back(std::min(bins - 1, static_cast<std::size_t>(forecast.probability * static_cast<double>(bins))));
  return out;
}

/// Equal probabilities go where the middle of their weight lies.
std::vector<std::size_t> bins_of_equal_count(const Sample& sample, std::size_t bins) {
  const auto& forecasts = sample.forecasts;
  std::vector<std::size_t> order(forecasts.size()), out(forecasts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return forecasts[a].probability < forecasts[b].probability; });
  const double all = std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
  double below = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tied = 0;
    for (end = begin; end < order.size() && forecasts[order[end]].probability == forecasts[order[begin]].probability;
         ++end)
      tied += sample.weights[order[end]];
    const auto bin = static_cast<std::size_t>((below + tied / 2) / all * static_cast<double>(bins));
    for (std::size_t i = begin; i < end; ++i) out[order[i]] = std::min(bin, bins - 1);
    below += tied;
  }
  return out;
}

std::vector<std::size_t> bins_of(const Sample& sample, Binning binning, std::size_t bins) {
  MOLBRIDGE_CHECK(bins > 0, "");
  return binning == Binning::kEqualWidth ? bins_of_equal_width(sample, bins) : bins_of_equal_count(sample, bins);
}

/// Wilson score interval of a share of `n`, which need not be whole.
std::pair<double, double> wilson(double share, double n) {
  constexpr double kZ = 1.959963984540054;
  const double z2 = kZ * kZ / n;
  const double middle = (share + z2 / 2) / (1 + z2);
  const double half = kZ / (1 + z2) * std::sqrt(share * (1 - share) / n + z2 / (4 * n));
  return {std::max(middle - half, 0.0), std::min(middle + half, 1.0)};
}

double calibration_error_of(const std::vector<Cell>& cells) {
  double gap = 0, weight = 0;
  for (const Cell& cell : cells) {
    gap += std::abs(cell.said - cell.came);
    weight += cell.weight;
  }
  return weight > 0 ? gap / weight : 0;
}

/// What each compound adds to each quantity, so that a resample is a sum over the drawn.
struct CompoundParts {
  std::vector<std::pair<std::size_t, Cell>> width, count;  // bin and cell
  double weight = 0, brier = 0, log_loss = 0;
};

constexpr std::size_t kQuantities = 4;  // ece, ece_equal_count, brier, log_loss

std::array<double, kQuantities> quantities(const std::vector<CompoundParts>& parts, const std::vector<double>& times,
                                           std::size_t bins) {
  std::vector<Cell> width(bins), count(bins);
  double weight = 0, brier = 0, log_loss = 0;
  for (std::size_t c = 0; c < parts.size(); ++c) {
    if (times[c] == 0) continue;
    for (const auto& [bin, cell] : parts[c].width) width[bin].add(cell, times[c]);
    for (const auto& [bin, cell] : parts[c].count) count[bin].add(cell, times[c]);
    weight += times[c] * parts[c].weight;
    brier += times[c] * parts[c].brier;
    log_loss += times[c] * parts[c].log_loss;
  }
  return {calibration_error_of(width), calibration_error_of(count), brier / weight, log_loss / weight};
}

void add_to_bin(std::vector<std::pair<std::size_t, Cell>>& cells, std::size_t bin, const Cell& cell) {
  for (auto& [known, sum] : cells) {
    if (known != bin) continue;
    sum.add(cell, 1);
    return;
  }
  cells.emplace_back(bin, cell);
}

std::vector<CompoundParts> parts_of(const Sample& sample, std::size_t bins) {
  const auto width = bins_of(sample, Binning::kEqualWidth, bins), count = bins_of(sample, Binning::kEqualCount, bins);
  std::vector<CompoundParts> parts(sample.compounds);
  for (std::size_t i = 0; i < sample.forecasts.size(); ++i) {
    const Forecast& forecast = sample.forecasts[i];
    CompoundParts& part = parts[forecast.compound];
    const double w = sample.weights[i], came = forecast.outcome ? 1 : 0;
    const Cell cell{w, w * forecast.probability, w * came};
    add_to_bin(part.width, width[i], cell);
    add_to_bin(part.count, count[i], cell);
    const double of_what_came = forecast.outcome ? forecast.probability : 1 - forecast.probability;
    part.weight += w;
    part.brier += w * (forecast.probability - came) * (forecast.probability - came);
    part.log_loss -= w * std::log(std::max(of_what_came, kLeastProbability));
  }
  return parts;
}

/// How often each of `count` compounds is drawn.
void draw(Rng& rng, std::vector<double>& times) {
  std::fill(times.begin(), times.end(), 0);
  for (std::size_t k = 0; k < times.size(); ++k) times[rng.below(times.size())] += 1;
}

MeanInterval interval_of(double value, std::vector<double> resampled) {
  std::sort(resampled.begin(), resampled.end());
  if (resampled.empty()) return {value, value, value};
  return {value, percentile(resampled, 0.025), percentile(resampled, 0.975)};
}

/// The error that remains where all that was said is true.
MeanInterval error_if_true(const Sample& sample, const CalibrationOptions& options) {
  constexpr int kMostDraws = 1000;
  const std::vector<std::size_t> bin_of = bins_of_equal_width(sample, options.bins);
  std::vector<double> chance(sample.compounds), errors;
  double sum = 0;
  Rng rng(options.seed, "outcomes");
  for (int r = 0; r < std::min(options.resamples, kMostDraws); ++r) {
    for (double& c : chance) c = rng.uniform();
    std::vector<Cell> cells(options.bins);
    for (std::size_t i = 0; i < sample.forecasts.size(); ++i) {
      const Forecast& forecast = sample.forecasts[i];
      const double came = chance[forecast.compound] < forecast.probability ? 1 : 0;
      cells[bin_of[i]].add({1, forecast.probability, came}, sample.weights[i]);
    }
    errors.push_back(calibration_error_of(cells));
    sum += errors.back();
  }
  return errors.empty() ? MeanInterval{} : interval_of(sum / static_cast<double>(errors.size()), errors);
}

/// Wrong and accepted answers of a compound.
struct Accepted {
  double wrong = 0, all = 0;
};

MeanInterval wrong_share(const std::vector<Accepted>& compounds, const CalibrationOptions& options) {
  const auto share = [&](const std::vector<double>& times) {
    Accepted sum;
    for (std::size_t c = 0; c < compounds.size(); ++c) {
      sum.wrong += times[c] * compounds[c].wrong;
      sum.all += times[c] * compounds[c].all;
    }
    return sum.wrong / sum.all;
  };
  std::vector<double> times(compounds.size(), 1), resampled;
  const double value = share(times);
  Rng rng(options.seed, "bootstrap");
  for (int r = 0; r < options.resamples; ++r) {
    draw(rng, times);
    resampled.push_back(share(times));
  }
  return interval_of(value, std::move(resampled));
}

}  // namespace

std::vector<ReliabilityBin> reliability_curve(std::span<const Forecast> forecasts, Binning binning, Unit unit,
                                              std::size_t bins) {
  const Sample sample = sample_of(forecasts, unit);
  const std::vector<std::size_t> bin_of = bins_of(sample, binning, bins);
  std::vector<ReliabilityBin> curve(bins);
  std::vector<std::map<std::uint64_t, bool>> compounds(bins);
  const double all = std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
  for (std::size_t i = 0; i < sample.forecasts.size(); ++i) {
    const Forecast& forecast = sample.forecasts[i];
    ReliabilityBin& bin = curve[bin_of[i]];
    bin.low = bin.queries == 0 ? forecast.probability : std::min(bin.low, forecast.probability);
    bin.high = std::max(bin.high, forecast.probability);
    bin.queries += 1;
    bin.weight += sample.weights[i];
    bin.probability += sample.weights[i] * forecast.probability;
    bin.observed += forecast.outcome ? sample.weights[i] : 0;
    compounds[bin_of[i]][forecast.compound] = true;
  }
  for (std::size_t b = 0; b < bins; ++b) {
    ReliabilityBin& bin = curve[b];
    if (bin.queries == 0) continue;
    bin.probability /= bin.weight;
    bin.observed = std::min(bin.observed / bin.weight, 1.0);
    std::tie(bin.observed_low, bin.observed_high) = wilson(bin.observed, static_cast<double>(compounds[b].size()));
    bin.weight /= all;
    if (binning == Binning::kEqualCount) continue;
    bin.low = static_cast<double>(b) / static_cast<double>(bins);
    bin.high = static_cast<double>(b + 1) / static_cast<double>(bins);
  }
  std::erase_if(curve, [](const ReliabilityBin& bin) { return bin.queries == 0; });
  return curve;
}

double calibration_error(std::span<const ReliabilityBin> curve) {
  double error = 0;
  for (const ReliabilityBin& bin : curve) error += bin.weight * std::abs(bin.probability - bin.observed);
  return error;
}

CalibrationFigures calibration_figures(std::span<const Forecast> forecasts, Unit unit,
                                       const CalibrationOptions& options) {
  const Sample sample = sample_of(forecasts, unit);
  CalibrationFigures out;
  out.queries = sample.forecasts.size();
  out.compounds = sample.compounds;
  if (sample.forecasts.empty()) return out;
  double weight = 0;
  for (std::size_t i = 0; i < sample.forecasts.size(); ++i) {
    weight += sample.weights[i];
    out.mean_probability += sample.weights[i] * sample.forecasts[i].probability;
    out.observed += sample.forecasts[i].outcome ? sample.weights[i] : 0;
  }
  out.mean_probability /= weight;
  out.observed /= weight;
  const std::vector<CompoundParts> parts = parts_of(sample, options.bins);
  std::vector<double> times(sample.compounds, 1);
  const auto values = quantities(parts, times, options.bins);
  std::array<std::vector<double>, kQuantities> resampled;
  Rng rng(options.seed, "bootstrap");
  for (int r = 0; r < options.resamples; ++r) {
    draw(rng, times);
    const auto drawn = quantities(parts, times, options.bins);
    for (std::size_t q = 0; q < kQuantities; ++q) resampled[q].push_back(drawn[q]);
  }
  out.ece_if_true = error_if_true(sample, options);
  const std::array<MeanInterval*, kQuantities> targets{&out.ece, &out.ece_equal_count, &out.brier, &out.log_loss};
  for (std::size_t q = 0; q < kQuantities; ++q) *targets[q] = interval_of(values[q], std::move(resampled[q]));
  return out;
}

std::vector<double> q_values(std::span<const double> probabilities) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (!std::isnan(probabilities[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  std::vector<double> q(probabilities.size(), std::numeric_limits<double>::quiet_NaN());
  double wrong = 0, least = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    for (end = begin; end < order.size() && probabilities[order[end]] == probabilities[order[begin]]; ++end)
      wrong += 1 - probabilities[order[end]];
    least = std::max(least, wrong / static_cast<double>(end));  // a mean of ascending values falls by rounding only
    for (std::size_t i = begin; i < end; ++i) q[order[i]] = least;
  }
  return q;
}

std::vector<QValueCheck> check_q_values(std::span<const Forecast> forecasts, std::span<const double> thresholds,
                                        const CalibrationOptions& options) {
  const Sample sample = sample_of(forecasts, Unit::kSpectrum);
  std::vector<double> probabilities;
  for (const Forecast& forecast : sample.forecasts) probabilities.push_back(forecast.probability);
  const std::vector<double> q = q_values(probabilities);
  std::vector<QValueCheck> out;
  for (const double threshold : thresholds) {
    QValueCheck check;
    check.threshold = threshold;
    std::vector<Accepted> compounds(sample.compounds);
    for (std::size_t i = 0; i < q.size(); ++i) {
      if (q[i] > threshold) continue;
      ++check.accepted;
      check.expected_wrong = std::max(check.expected_wrong, q[i]);
      Accepted& compound = compounds[sample.forecasts[i].compound];
      compound.all += 1;
      compound.wrong += sample.forecasts[i].outcome ? 0 : 1;
    }
    std::erase_if(compounds, [](const Accepted& compound) { return compound.all == 0; });
    check.compounds = compounds.size();
    if (check.accepted > 0) check.wrong = wrong_share(compounds, options);
    out.push_back(check);
  }
  return out;
}

}  // namespace molbridge::eval
