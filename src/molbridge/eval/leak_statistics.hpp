#pragma once
// Tests of exchangeability for lists of candidates, one list per compound. Pure functions; thread-safe.
//
// Where the truth is as good as any candidate of its list, each candidate is the truth with probability 1/n whatever the feature is: the
// distribution of hit@1 and of the truth's place is known list by list. Probabilities of their sums are Chernoff bounds, min over t >= 0 of
// E exp(t S) / exp(t s): never too small, at any number of compounds. Source: Chernoff, Ann. Math. Stat. 23, 493 (1952),
// 10.1214/aoms/1177729330.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace molbridge::eval {

/// The candidates of one compound by one feature, the truth among them. NaN: the feature says nothing of this candidate, which then is
/// left out; a list says nothing when its truth is NaN or alone.
struct FeatureList {
  std::vector<double> values;
  std::size_t truth = 0;
};

struct LeakOptions {
  std::uint64_t seed = 1;
  int resamples = 2000;  ///< of the bootstrap
};

struct RankerOutcome {
  std::uint64_t compounds = 0;  ///< lists that say something
  bool highest = true;          ///< the better direction: take the candidate of the highest (lowest) value
  double hit = 0;               ///< mean over lists of the chance that it is the truth, ties broken at random; fraction
  double chance = 0;            ///< mean of 1/n
  double ci_low = 0, ci_high = 0;  ///< 95 % bootstrap interval of `hit` over compounds
  double place = 0.5;              ///< mean share of the others that the truth beats in that direction, ties half
  double p_hit = 1, p_place = 1;   ///< two-sided bounds
  /// Per list: hit in that direction, chance where the list says nothing (0 for an empty one).
  std::vector<double> hits;
};

RankerOutcome rank_by_feature(std::span<const FeatureList> lists, const LeakOptions& options = {});
/// The same with the direction given: one-sided bounds.
RankerOutcome rank_by_score(std::span<const FeatureList> lists, bool highest, const LeakOptions& options = {});

/// Bound of the probability of a sum of independent discrete variables of at least `observed`. Each is given as (value, probability).
using Discrete = std::vector<std::pair<double, double>>;
double tail_bound(std::span<const Discrete> variables, double observed);
/// The same for a sum of `differences` whose signs are coin flips: paired comparison of two rules that are equally good.
double sign_flip_bound(std::span<const double> differences);

/// 95 % percentile bootstrap of the mean. Two zeros for no values.
std::pair<double, double> bootstrap_interval(std::span<const double> values, const LeakOptions& options);

/// Probability of a chi-square of at least `statistic` with that many degrees of freedom.
double chi_square_tail(double statistic, int degrees);

}  // namespace molbridge::eval
