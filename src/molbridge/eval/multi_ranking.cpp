#include "molbridge/eval/multi_ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/eval/percentile.hpp"

namespace molbridge::eval {
namespace {

/// Number of scores that are not below `score`; a NaN on either side is not below.
std::uint64_t num_not_below(std::span<const float> scores, float score) {
  std::uint64_t count = 0;
  for (const float other : scores) count += other < score ? 0 : 1;
  return count;
}

std::vector<std::size_t> distinct(std::span<const std::size_t> indices) {
  std::vector<std::size_t> sorted(indices.begin(), indices.end());
  std::ranges::sort(sorted);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

/// Rank of `score` when the answers in `known`, which are distinct, do not count.
std::uint64_t rank_without(std::span<const float> scores, float score, std::span<const std::size_t> known) {
  std::uint64_t known_above = 0;
  for (const std::size_t i : known) known_above += scores[i] < score ? 0 : 1;
  return 1 + num_not_below(scores, score) - known_above;
}

double value_of(const RankOutcome& outcome, std::uint64_t cutoff) {
  if (!outcome.rank) return 0;
  if (cutoff == 0) return 100 / static_cast<double>(*outcome.rank);
  return *outcome.rank <= cutoff ? 100 : 0;
}

double random_value_of(const RankOutcome& outcome, std::uint64_t cutoff) {
  if (!outcome.rank || outcome.num_right == 0) return 0;
  return 100 * (cutoff == 0 ? random_reciprocal_rank(outcome.num_candidates, outcome.num_right)
                            : random_recall(outcome.num_candidates, outcome.num_right, cutoff));
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// `cutoff` 0 is the reciprocal rank.
RankFigure figure_of(std::span<const RankOutcome> outcomes, std::span<const std::uint64_t> clusters,
                     std::uint64_t cutoff, const BootstrapOptions& options) {
  std::vector<double> values, random;
  for (const RankOutcome& outcome : outcomes) {
    values.push_back(value_of(outcome, cutoff));
    random.push_back(random_value_of(outcome, cutoff));
  }
  const MeanInterval interval = bootstrap_mean(means_by_compound(clusters, values), options);
  return {mean_of(values), interval.mean, interval.low, interval.high, mean_of(means_by_compound(clusters, random))};
}

void describe(std::span<const RankOutcome> outcomes, RankSummary& summary) {
  std::vector<double> ranks;
  for (const RankOutcome& outcome : outcomes) {
    if (!outcome.rank) continue;
    ranks.push_back(static_cast<double>(*outcome.rank));
    summary.mean_candidates += static_cast<double>(outcome.num_candidates);
    summary.mean_right += static_cast<double>(outcome.num_right);
  }
  summary.skipped = outcomes.size() - ranks.size();
  if (ranks.empty()) return;
  std::ranges::sort(ranks);
  summary.median_rank = percentile(ranks, 0.5);
  summary.mean_candidates /= static_cast<double>(ranks.size());
  summary.mean_right /= static_cast<double>(ranks.size());
}

}  // namespace

std::uint64_t best_rank(std::span<const float> scores, std::span<const std::size_t> right) {
  MOLBRIDGE_CHECK(!right.empty(), "no right answer");
  float best = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t i : right) {
    MOLBRIDGE_CHECK(i < scores.size(), std::to_string(i) + " of " + std::to_string(scores.size()));
    if (std::isnan(best) || scores[i] > best) best = scores[i];
  }
  return rank_without(scores, best, right);
}

std::uint64_t filtered_rank(std::span<const float> scores, std::size_t target,
                            std::span<const std::size_t> others_known) {
  MOLBRIDGE_CHECK(target < scores.size(), std::to_string(target) + " of " + std::to_string(scores.size()));
  std::vector<std::size_t> known = distinct(others_known);
  if (!std::ranges::binary_search(known, target)) known.push_back(target);
  return rank_without(scores, scores[target], known);
}

double random_recall(std::uint64_t num_candidates, std::uint64_t num_right, std::uint64_t k) {
  double none = 1;  // no right answer among the first
  for (std::uint64_t i = 0; i < std::min(k, num_candidates); ++i) {
    const std::uint64_t wrong = num_candidates - num_right;
    if (i >= wrong) return 1;
    none *= static_cast<double>(wrong - i) / static_cast<double>(num_candidates - i);
  }
  return 1 - none;
}

double random_reciprocal_rank(std::uint64_t num_candidates, std::uint64_t num_right) {
  double sum = 0, none = 1;
  for (std::uint64_t rank = 1; rank + num_right <= num_candidates + 1; ++rank) {
    const double left = static_cast<double>(num_candidates - rank + 1);
    const double here = none * static_cast<double>(num_right) / left;
    sum += here / static_cast<double>(rank);
    none -= here;
  }
  return sum;
}

double recall_ceiling(std::uint64_t queries, std::uint64_t k) {
  return queries == 0 ? 0 : 100 * static_cast<double>(std::min(k, queries)) / static_cast<double>(queries);
}

double mrr_ceiling(std::uint64_t queries) {
  double harmonic = 0;
  for (std::uint64_t rank = 1; rank <= queries; ++rank) harmonic += 1 / static_cast<double>(rank);
  return queries == 0 ? 0 : 100 * harmonic / static_cast<double>(queries);
}

RankSummary summarize_ranks(std::span<const RankOutcome> outcomes, std::span<const std::uint64_t> cutoffs,
                            const BootstrapOptions& options) {
  RankSummary summary;
  summary.queries = outcomes.size();
  std::vector<std::uint64_t> clusters;
  for (const RankOutcome& outcome : outcomes) clusters.push_back(outcome.cluster);
  summary.clusters = std::set<std::uint64_t>(clusters.begin(), clusters.end()).size();
  describe(outcomes, summary);
  for (const std::uint64_t k : cutoffs) {
    summary.figures.emplace_back("recall_at_" + std::to_string(k), figure_of(outcomes, clusters, k, options));
  }
  summary.figures.emplace_back("mrr", figure_of(outcomes, clusters, 0, options));
  return summary;
}

}  // namespace molbridge::eval
