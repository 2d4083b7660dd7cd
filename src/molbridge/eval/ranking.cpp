#include "molbridge/eval/ranking.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

constexpr std::array<std::uint64_t, 3> kRecallAt{1, 5, 20};
constexpr std::size_t kNumFigures = kRecallAt.size() + 1;  // and MRR
using Values = std::array<double, kNumFigures>;

Values values_of_rank(std::uint64_t rank) {
  Values out{};
  for (std::size_t i = 0; i < kRecallAt.size(); ++i) out[i] = rank <= kRecallAt[i] ? 1 : 0;
  out[kRecallAt.size()] = 1.0 / static_cast<double>(rank);
  return out;
}

/// Expected values when the truth is equally likely at every rank of a pool of `size`.
Values random_values(std::uint64_t size) {
  Values out{};
  for (std::size_t i = 0; i < kRecallAt.size(); ++i) {
    out[i] = static_cast<double>(std::min(kRecallAt[i], size)) / static_cast<double>(size);
  }
  double harmonic = 0;
  for (std::uint64_t rank = 1; rank <= size; ++rank) harmonic += 1.0 / static_cast<double>(rank);
  out[kRecallAt.size()] = harmonic / static_cast<double>(size);
  return out;
}

void add(Values& sum, const Values& values) {
  for (std::size_t i = 0; i < kNumFigures; ++i) sum[i] += values[i];
}

Values scaled(Values values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

struct CompoundSum {
  Values sum{};
  double queries = 0;
};

/// Means per compound, in the order of compound numbers so that the bootstrap is reproducible.
std::vector<Values> compound_means(std::span<const QueryOutcome> outcomes, std::span<const Values> values) {
  std::map<std::uint64_t, CompoundSum> compounds;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    CompoundSum& compound = compounds[outcomes[i].compound];
    add(compound.sum, values[i]);
    compound.queries += 1;
  }
  std::vector<Values> means;
  for (const auto& [number, compound] : compounds) means.push_back(scaled(compound.sum, 1 / compound.queries));
  return means;
}

/// Percentile of sorted values by linear interpolation.
double percentile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(position);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (position - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// Percentile bootstrap over compounds: [figure] -> sorted means of the resamples.
std::array<std::vector<double>, kNumFigures> bootstrap(const std::vector<Values>& means,
                                                       const BootstrapOptions& options) {
  std::array<std::vector<double>, kNumFigures> resampled;
  Rng rng(options.seed, "bootstrap");
  for (int r = 0; r < options.resamples; ++r) {
    Values sum{};
    for (std::size_t i = 0; i < means.size(); ++i) add(sum, means[rng.below(means.size())]);
    for (std::size_t f = 0; f < kNumFigures; ++f) resampled[f].push_back(sum[f] / static_cast<double>(means.size()));
  }
  for (auto& values : resampled) std::sort(values.begin(), values.end());
  return resampled;
}

std::vector<std::pair<std::string, Figure>> figures_of(std::span<const QueryOutcome> outcomes,
                                                       const std::vector<Values>& values,
                                                       const BootstrapOptions& options) {
  static const std::array<const char*, kNumFigures> kNames{"recall_at_1", "recall_at_5", "recall_at_20", "mrr"};
  std::vector<std::pair<std::string, Figure>> out;
  for (const char* name : kNames) out.emplace_back(name, Figure{});
  if (outcomes.empty()) return out;
  Values by_spectrum{}, by_compound{};
  for (const Values& value : values) add(by_spectrum, value);
  const std::vector<Values> means = compound_means(outcomes, values);
  for (const Values& mean : means) add(by_compound, mean);
  const auto resampled = bootstrap(means, options);
  for (std::size_t f = 0; f < kNumFigures; ++f) {
    out[f].second = {100 * by_spectrum[f] / static_cast<double>(outcomes.size()),
                     100 * by_compound[f] / static_cast<double>(means.size()), 100 * percentile(resampled[f], 0.025),
                     100 * percentile(resampled[f], 0.975)};
  }
  return out;
}

void describe_pools(std::span<const QueryOutcome> outcomes, Summary& summary) {
  std::vector<double> sizes;
  for (const auto& outcome : outcomes) {
    if (outcome.rank) sizes.push_back(static_cast<double>(outcome.pool_size));
  }
  summary.skipped = outcomes.size() - sizes.size();
  if (sizes.empty()) return;
  std::sort(sizes.begin(), sizes.end());
  for (const double size : sizes) summary.pool_size_mean += size / static_cast<double>(sizes.size());
  summary.pool_size_median = percentile(sizes, 0.5);
}

}  // namespace

std::uint64_t pessimistic_rank(float truth_score, std::span<const float> other_scores) {
  std::uint64_t rank = 1;
  for (const float score : other_scores) rank += score < truth_score ? 0 : 1;  // NaN is not below
  return rank;
}

Summary summarize(std::span<const QueryOutcome> outcomes, const BootstrapOptions& options) {
  Summary summary;
  summary.queries = outcomes.size();
  describe_pools(outcomes, summary);
  std::vector<Values> values, random;
  std::map<std::uint64_t, int> compounds;
  for (const auto& outcome : outcomes) {
    compounds[outcome.compound] += 1;
    values.push_back(outcome.rank ? values_of_rank(*outcome.rank) : Values{});
    random.push_back(outcome.rank && outcome.pool_size > 0 ? random_values(outcome.pool_size) : Values{});
  }
  summary.compounds = compounds.size();
  summary.figures = figures_of(outcomes, values, options);
  summary.random = figures_of(outcomes, random, options);
  return summary;
}

const std::vector<std::string>& novelty_strata() {
  static const std::vector<std::string> kStrata{"<0.4", "0.4-0.6", "0.6-0.8", ">=0.8"};
  return kStrata;
}

std::string novelty_stratum(double tanimoto) {
  if (tanimoto < 0.4) return novelty_strata()[0];
  if (tanimoto < 0.6) return novelty_strata()[1];
  return tanimoto < 0.8 ? novelty_strata()[2] : novelty_strata()[3];
}

}  // namespace molbridge::eval
