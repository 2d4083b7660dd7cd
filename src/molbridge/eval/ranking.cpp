#include "molbridge/eval/ranking.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "molbridge/core/rng.hpp"
#include "molbridge/eval/percentile.hpp"

namespace molbridge::eval {
namespace {

constexpr std::array<std::uint64_t, 3> kRecallAt{1, 5, 20};
constexpr std::size_t kMrr = kRecallAt.size();
constexpr std::size_t kMces = kMrr + 1;
constexpr std::size_t kNumFigures = kMces + 1;
using Values = std::array<double, kNumFigures>;

Values values_of_rank(std::uint64_t rank) {
  Values out{};
  for (std::size_t i = 0; i < kRecallAt.size(); ++i) out[i] = rank <= kRecallAt[i] ? 1 : 0;
  out[kMrr] = 1.0 / static_cast<double>(rank);
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
  out[kMrr] = harmonic / static_cast<double>(size);
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
  Values mean{};
  double queries = 0;
};

/// In the order of compound numbers, so that the bootstrap is reproducible.
std::vector<CompoundSum> compound_sums(std::span<const QueryOutcome> outcomes, std::span<const Values> values) {
  std::map<std::uint64_t, CompoundSum> compounds;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    CompoundSum& compound = compounds[outcomes[i].compound];
    add(compound.sum, values[i]);
    compound.queries += 1;
  }
  std::vector<CompoundSum> sums;
  for (auto& [number, compound] : compounds) {
    compound.mean = scaled(compound.sum, 1 / compound.queries);
    sums.push_back(compound);
  }
  return sums;
}

/// Means over compounds and over queries.
struct Means {
  Values by_compound{};
  Values by_spectrum{};
};

template <typename Pick>
Means means_of(const std::vector<CompoundSum>& compounds, Pick pick) {
  Means means;
  double queries = 0;
  for (std::size_t i = 0; i < compounds.size(); ++i) {
    const CompoundSum& compound = compounds[pick(i)];
    add(means.by_compound, compound.mean);
    add(means.by_spectrum, compound.sum);
    queries += compound.queries;
  }
  means.by_compound = scaled(means.by_compound, 1 / static_cast<double>(compounds.size()));
  means.by_spectrum = scaled(means.by_spectrum, 1 / queries);
  return means;
}

/// Percentile bootstrap over compounds.
std::vector<Means> bootstrap(const std::vector<CompoundSum>& compounds, const BootstrapOptions& options) {
  std::vector<Means> resampled;
  Rng rng(options.seed, "bootstrap");
  for (int r = 0; r < options.resamples; ++r)
    resampled.push_back(means_of(compounds, [&](std::size_t) { return rng.below(compounds.size()); }));
  return resampled;
}

std::vector<double> sorted_values(const std::vector<Means>& means, Values Means::*unit, std::size_t figure) {
  std::vector<double> out;
  for (const Means& mean : means) out.push_back((mean.*unit)[figure]);
  std::sort(out.begin(), out.end());
  return out;
}

constexpr double kLow = 0.025, kHigh = 0.975;

/// All figures, in percent but for MCES.
std::array<Figure, kNumFigures> figures_of(std::span<const QueryOutcome> outcomes, const std::vector<Values>& values,
                                           const BootstrapOptions& options) {
  std::array<Figure, kNumFigures> out;
  if (outcomes.empty()) return out;
  const std::vector<CompoundSum> compounds = compound_sums(outcomes, values);
  const Means means = means_of(compounds, [](std::size_t i) { return i; });
  const std::vector<Means> resampled = bootstrap(compounds, options);
  for (std::size_t f = 0; f < kNumFigures; ++f) {
    const double unit = f == kMces ? 1 : 100;
    const auto by_compound = sorted_values(resampled, &Means::by_compound, f);
    const auto by_spectrum = sorted_values(resampled, &Means::by_spectrum, f);
    out[f] = {unit * means.by_spectrum[f],          unit * means.by_compound[f],
              unit * percentile(by_compound, kLow), unit * percentile(by_compound, kHigh),
              unit * percentile(by_spectrum, kLow), unit * percentile(by_spectrum, kHigh)};
  }
  return out;
}

std::vector<std::pair<std::string, Figure>> ranking_figures(const std::array<Figure, kNumFigures>& figures) {
  return {
      {"recall_at_1", figures[0]}, {"recall_at_5", figures[1]}, {"recall_at_20", figures[2]}, {"mrr", figures[kMrr]}};
}

void describe_pools(std::span<const QueryOutcome> outcomes, Summary& summary) {
  std::vector<double> sizes;
  for (const auto& outcome : outcomes) {
    if (outcome.rank) sizes.push_back(static_cast<double>(outcome.pool_size));
  }
  summary.skipped = outcomes.size() - sizes.size();
  if (sizes.empty()) return;
  std::sort(sizes.begin(), sizes.end());
  double mean = 0;
  for (const double size : sizes) mean += size / static_cast<double>(sizes.size());
  summary.pool_sizes = {
      mean, sizes.front(), percentile(sizes, 0.25), percentile(sizes, 0.5), percentile(sizes, 0.75), sizes.back()};
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
  std::set<std::uint64_t> compounds;
  for (const auto& outcome : outcomes) {
    compounds.insert(outcome.compound);
    values.push_back(outcome.rank ? values_of_rank(*outcome.rank) : Values{});
    random.push_back(outcome.rank && outcome.pool_size > 0 ? random_values(outcome.pool_size) : Values{});
    const double missing = options.mces_threshold.value_or(0);
    values.back()[kMces] = outcome.mces.value_or(missing);
    random.back()[kMces] = outcome.mces ? outcome.random_mces : missing;
  }
  summary.compounds = compounds.size();
  const auto figures = figures_of(outcomes, values, options);
  const auto random_figures = figures_of(outcomes, random, options);
  summary.figures = ranking_figures(figures);
  summary.random = ranking_figures(random_figures);
  if (options.mces_threshold) {
    summary.mces_at_1 = figures[kMces];
    summary.random_mces_at_1 = random_figures[kMces];
  }
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
