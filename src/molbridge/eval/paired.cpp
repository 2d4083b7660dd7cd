#include "molbridge/eval/paired.hpp"

#include <algorithm>
#include <map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/eval/percentile.hpp"

namespace molbridge::eval {
namespace {

/// Of one query, in percent.
double recall(const QueryOutcome& outcome, std::uint64_t k) { return outcome.rank && *outcome.rank <= k ? 100 : 0; }
double reciprocal(const QueryOutcome& outcome) { return outcome.rank ? 100 / static_cast<double>(*outcome.rank) : 0; }

double value_of(const std::string& metric, const QueryOutcome& outcome, const BootstrapOptions& options) {
  if (metric == "recall_at_1") return recall(outcome, 1);
  if (metric == "recall_at_5") return recall(outcome, 5);
  if (metric == "recall_at_20") return recall(outcome, 20);
  if (metric == "mrr") return reciprocal(outcome);
  return outcome.rank && outcome.mces ? *outcome.mces : *options.mces_threshold;
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// Sorted means of the resamples. Every call with the same number of values and seed draws the same ones.
std::vector<double> resampled_means(std::span<const double> values, const BootstrapOptions& options) {
  std::vector<double> means;
  Rng rng(options.seed, "bootstrap");
  for (int r = 0; r < options.resamples; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[rng.below(values.size())];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  return means;
}

double share_positive(const std::vector<double>& means) {
  double share = 0;
  for (const double mean : means) share += mean > 0 ? 1 : mean == 0 ? 0.5 : 0;
  return means.empty() ? 0.5 : share / static_cast<double>(means.size());
}

PairedDifference describe(std::span<const std::uint64_t> compounds, std::span<const double> differences,
                          const BootstrapOptions& options) {
  const std::vector<double> means = means_by_compound(compounds, differences);
  const std::vector<double> resampled = resampled_means(means, options);
  return {mean_of(differences), mean_of(means), percentile(resampled, 0.025), percentile(resampled, 0.975),
          share_positive(resampled)};
}

}  // namespace

std::vector<std::pair<std::string, PairedDifference>> paired_differences(std::span<const QueryOutcome> first,
                                                                         std::span<const QueryOutcome> second,
                                                                         const BootstrapOptions& options) {
  MOLBRIDGE_CHECK(first.size() == second.size(), std::to_string(first.size()) + " " + std::to_string(second.size()));
  std::vector<std::string> metrics{"recall_at_1", "recall_at_5", "recall_at_20", "mrr"};
  if (options.mces_threshold) metrics.emplace_back("mces_at_1");
  std::vector<std::uint64_t> compounds;
  for (std::size_t i = 0; i < first.size(); ++i) {
    MOLBRIDGE_CHECK(first[i].compound == second[i].compound, std::to_string(i));
    compounds.push_back(first[i].compound);
  }
  std::vector<std::pair<std::string, PairedDifference>> out;
  for (const std::string& metric : metrics) {
    std::vector<double> differences;
    for (std::size_t i = 0; i < first.size(); ++i) {
      differences.push_back(value_of(metric, second[i], options) - value_of(metric, first[i], options));
    }
    out.emplace_back(metric, first.empty() ? PairedDifference{} : describe(compounds, differences, options));
  }
  return out;
}

MeanInterval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options) {
  if (values.empty()) return {};
  const std::vector<double> means = resampled_means(values, options);
  return {mean_of(values), percentile(means, 0.025), percentile(means, 0.975)};
}

std::vector<double> means_by_compound(std::span<const std::uint64_t> compounds, std::span<const double> values) {
  MOLBRIDGE_CHECK(compounds.size() == values.size(), std::to_string(values.size()));
  std::map<std::uint64_t, std::pair<double, double>> sums;  // sum and count
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[compounds[i]].first += values[i];
    sums[compounds[i]].second += 1;
  }
  std::vector<double> means;
  for (const auto& [compound, sum] : sums) means.push_back(sum.first / sum.second);
  return means;
}

}  // namespace molbridge::eval
