#include "molbridge/eval/leak_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

/// Value of the logarithm of E exp(t X), and its derivative.
struct LogMoment {
  double value = 0;
  double slope = 0;
};

LogMoment log_moment(const Discrete& variable, double t) {
  double top = -HUGE_VAL;
  for (const auto& [value, probability] : variable) top = std::max(top, t * value);
  double sum = 0, weighted = 0;
  for (const auto& [value, probability] : variable) {
    const double term = probability * std::exp(t * value - top);
    sum += term;
    weighted += term * value;
  }
  return {top + std::log(sum), weighted / sum};
}

LogMoment log_moment(std::span<const Discrete> variables, double t) {
  LogMoment out;
  for (const Discrete& variable : variables) {
    const LogMoment one = log_moment(variable, t);
    out.value += one.value;
    out.slope += one.slope;
  }
  return out;
}

/// Ties of a list: for every distinct value, how many lie below and how many share it.
struct TieGroup {
  double below = 0;
  double size = 0;
};

struct Place {
  double n = 0;  ///< candidates of which the feature says something; 0 for a list that says nothing
  std::vector<TieGroup> groups;
  std::size_t truth = 0;  ///< index of the truth's group
};

Place place_of(const FeatureList& list) {
  const double truth = list.values[list.truth];
  if (std::isnan(truth)) return {};
  std::map<double, double> counts;
  for (const double value : list.values) {
    if (!std::isnan(value)) counts[value] += 1;
  }
  Place place;
  for (const auto& [value, count] : counts) {
    if (value == truth) place.truth = place.groups.size();
    place.groups.push_back({place.n, count});
    place.n += count;
  }
  return place.n < 2 ? Place{} : place;
}

double share_below(const Place& place, const TieGroup& group) {
  return (group.below + (group.size - 1) / 2) / (place.n - 1);
}

double hit_of(const Place& place, bool highest) {
  const std::size_t best = highest ? place.groups.size() - 1 : 0;
  return place.truth == best ? 1 / place.groups[best].size : 0;
}

double hit_bound(std::span<const Place> places, bool highest) {
  std::vector<Discrete> variables;
  double observed = 0;
  for (const Place& place : places) {
    const double best = (highest ? place.groups.back() : place.groups.front()).size;
    variables.push_back({{1 / best, best / place.n}, {0, 1 - best / place.n}});
    observed += hit_of(place, highest);
  }
  return tail_bound(variables, observed);
}

double place_bound(std::span<const Place> places, bool highest) {
  std::vector<Discrete> variables;
  double observed = 0;
  const double sign = highest ? 1 : -1;
  for (const Place& place : places) {
    Discrete variable;
    for (const TieGroup& group : place.groups)
      variable.emplace_back(sign * share_below(place, group), group.size / place.n);
    observed += sign * share_below(place, place.groups[place.truth]);
    variables.push_back(std::move(variable));
  }
  return tail_bound(variables, observed);
}

/// Hits of every list; those that say nothing count as chance.
std::vector<double> all_hits(std::span<const FeatureList> lists, std::span<const Place> places, bool highest) {
  std::vector<double> hits;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const double size = static_cast<double>(lists[i].values.size());
    hits.push_back(places[i].n > 0 ? hit_of(places[i], highest) : (size > 0 ? 1 / size : 0));
  }
  return hits;
}

double mean(std::span<const double> values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Figures of one direction, probabilities one-sided.
RankerOutcome outcome_of(std::span<const FeatureList> lists, std::span<const Place> all, bool highest,
                         const LeakOptions& options) {
  RankerOutcome out;
  out.highest = highest;
  std::vector<Place> places;
  std::vector<double> hits, chances, shares;
  for (const Place& place : all) {
    if (place.n == 0) continue;
    places.push_back(place);
    hits.push_back(hit_of(place, highest));
    chances.push_back(1 / place.n);
    shares.push_back(share_below(place, place.groups[place.truth]));
  }
  out.hits = all_hits(lists, all, highest);
  out.compounds = places.size();
  if (places.empty()) return out;
  out.hit = mean(hits);
  out.chance = mean(chances);
  out.place = highest ? mean(shares) : 1 - mean(shares);
  std::tie(out.ci_low, out.ci_high) = bootstrap_interval(hits, options);
  out.p_hit = hit_bound(places, highest);
  out.p_place = place_bound(places, highest);
  return out;
}

std::vector<Place> places_of(std::span<const FeatureList> lists) {
  std::vector<Place> places;
  for (const FeatureList& list : lists) places.push_back(list.values.empty() ? Place{} : place_of(list));
  return places;
}

}  // namespace

double tail_bound(std::span<const Discrete> variables, double observed) {
  observed -= 1e-9 * (1 + std::abs(observed));  // rounding of sums must not cost an attained maximum
  if (log_moment(variables, 0).slope >= observed) return 1;
  double low = 0, high = 1;
  constexpr double kMost = 1e6;
  while (high < kMost && log_moment(variables, high).slope < observed) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (log_moment(variables, middle).slope < observed ? low : high) = middle;
  }
  const LogMoment at = log_moment(variables, low);
  return std::min(1.0, std::exp(at.value - low * observed));
}

double sign_flip_bound(std::span<const double> differences) {
  std::vector<Discrete> variables;
  double observed = 0;
  for (const double difference : differences) {
    if (difference == 0) continue;
    variables.push_back({{difference, 0.5}, {-difference, 0.5}});
    observed += difference;
  }
  return variables.empty() ? 1 : tail_bound(variables, observed);
}

RankerOutcome rank_by_score(std::span<const FeatureList> lists, bool highest, const LeakOptions& options) {
  return outcome_of(lists, places_of(lists), highest, options);
}

RankerOutcome rank_by_feature(std::span<const FeatureList> lists, const LeakOptions& options) {
  const std::vector<Place> places = places_of(lists);
  RankerOutcome up = outcome_of(lists, places, true, options);
  RankerOutcome down = outcome_of(lists, places, false, options);
  const double p_hit = std::min(1.0, 2 * std::min(up.p_hit, down.p_hit));
  const double p_place = std::min(1.0, 2 * std::min(up.p_place, down.p_place));
  RankerOutcome& better = down.hit > up.hit || (down.hit == up.hit && down.place > up.place) ? down : up;
  better.p_hit = p_hit;
  better.p_place = p_place;
  return std::move(better);
}

std::pair<double, double> bootstrap_interval(std::span<const double> values, const LeakOptions& options) {
  if (values.empty() || options.resamples < 1) return {0, 0};
  Rng rng(options.seed, "leak bootstrap");
  std::vector<double> means;
  for (int r = 0; r < options.resamples; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[rng.below(values.size())];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  const auto at = [&](double share) {
    return means[static_cast<std::size_t>(std::lround(share * static_cast<double>(means.size() - 1)))];
  };
  return {at(0.025), at(0.975)};
}

double chi_square_tail(double statistic, int degrees) {
  // Regularised upper incomplete gamma function Q(k/2, x/2): by its series for small x, by its continued fraction (Lentz) else.
  const double a = 0.5 * degrees, x = 0.5 * statistic;
  if (degrees < 1 || x <= 0) return 1;
  const double scale = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (int n = 1; n < 1000 && term > sum * 1e-15; ++n) sum += term *= x / (a + n);
    return std::clamp(1 - scale * sum, 0.0, 1.0);
  }
  double b = x + 1 - a, c = 1e300, d = 1 / b, fraction = d;
  for (int n = 1; n < 1000; ++n) {
    const double an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return std::clamp(scale * fraction, 0.0, 1.0);
}

}  // namespace molbridge::eval
