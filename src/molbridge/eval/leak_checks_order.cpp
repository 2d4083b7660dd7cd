// Where the truth stands in its list.

#include <algorithm>
#include <cmath>

#include "molbridge/core/text.hpp"
#include "molbridge/eval/leak_checks.hpp"

namespace molbridge::eval {
namespace {

constexpr const char* kShuffle =
    "Shuffle the lists with a seed, or sort them by InChIKey; break ties of scores against the truth.";

/// Lists whose order says something: those that hold the truth by themselves, and something else.
std::vector<const LeakList*> ordered_lists(const LeakSet& set) {
  std::vector<const LeakList*> out;
  for (const LeakList& list : set.lists) {
    if (!list.truth_added && list.candidates.size() > 1) out.push_back(&list);
  }
  return out;
}

std::vector<FeatureList> positions(std::span<const LeakList* const> lists) {
  std::vector<FeatureList> out;
  for (const LeakList* list : lists) {
    FeatureList features;
    features.truth = list->truth;
    for (std::size_t i = 0; i < list->candidates.size(); ++i) features.values.push_back(static_cast<double>(i));
    out.push_back(std::move(features));
  }
  return out;
}

/// Tenths of the lists in which the truth stands, against the tenths that all candidates fill.
LeakCheck histogram_check(std::span<const LeakList* const> lists) {
  LeakCheck check;
  check.id = "order.histogram";
  check.title = "places of the truths in tenths of their lists";
  const std::size_t bins = std::min<std::size_t>(10, lists.size() / 5);  // five are expected in each
  if (bins < 2) return not_run(check.id, check.title, "fewer than 10 lists that hold their truth");
  std::vector<double> observed(bins, 0), expected(bins, 0);
  for (const LeakList* list : lists) {
    const std::size_t n = list->candidates.size();
    const auto bin = [&](std::size_t i) { return i * bins / n; };
    for (std::size_t i = 0; i < n; ++i) expected[bin(i)] += 1 / static_cast<double>(n);
    observed[bin(list->truth)] += 1;
  }
  double statistic = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    check.more.emplace_back("part_" + std::to_string(b + 1), observed[b]);
    if (expected[b] > 0) statistic += (observed[b] - expected[b]) * (observed[b] - expected[b]) / expected[b];
  }
  const std::size_t fullest =
      static_cast<std::size_t>(std::max_element(observed.begin(), observed.end()) - observed.begin());
  check.judge = Judge::kExchangeable;
  check.compounds = lists.size();
  check.figure = 100 * observed[fullest] / static_cast<double>(lists.size());
  check.chance = 100 * expected[fullest] / static_cast<double>(lists.size());
  check.p_hit = chi_square_tail(statistic, static_cast<int>(bins) - 1);
  check.gain = (*check.figure - *check.chance) / 100;
  check.advice = kShuffle;
  return check;
}

/// By the file's own convention the truth stands first: no discovery, but a score with ties finds it.
LeakCheck declared_check(std::span<const LeakList* const> lists) {
  LeakCheck check;
  check.id = "order.declared_first";
  check.title = "the truth stands first by the file's own convention";
  double first = 0, chance = 0;
  for (const LeakList* list : lists) {
    first += list->truth == 0 ? 1 : 0;
    chance += 1 / static_cast<double>(list->candidates.size());
  }
  const double count = std::max<double>(1, static_cast<double>(lists.size()));
  check.figure = 100 * first / count;
  check.chance = 100 * chance / count;
  check.compounds = lists.size();
  check.verdict = first > 0 ? Verdict::kSuspicious : Verdict::kOk;
  check.threshold = "suspicious: any list";
  check.advice =
      "Whoever ranks by a score with ties in this order finds the truth: shuffle before scoring, count ties against "
      "it.";
  return check;
}

}  // namespace

std::vector<LeakCheck> order_checks(const LeakSet& set, bool declared_first, const LeakOptions& options) {
  const std::vector<const LeakList*> lists = ordered_lists(set);
  if (lists.empty()) return {not_run("order.place", "place in the list", "no list holds its truth beside others")};
  if (declared_first) return {declared_check(lists)};
  const std::vector<FeatureList> places = positions(lists);
  std::vector<LeakCheck> checks;
  checks.push_back(ranker_check("order.first", "take the first of the list", rank_by_score(places, false, options),
                                Judge::kExchangeable, kShuffle));
  checks.push_back(ranker_check("order.last", "take the last of the list", rank_by_score(places, true, options),
                                Judge::kExchangeable, kShuffle));
  checks.push_back(histogram_check(lists));
  return checks;
}

}  // namespace molbridge::eval
