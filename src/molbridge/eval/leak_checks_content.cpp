// What stands in the lists: copies of the truth, missing truths, decoys that a precursor rules out, strings that are no structures.

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "molbridge/core/text.hpp"
#include "molbridge/eval/leak_checks.hpp"

namespace molbridge::eval {
namespace {

LeakCheck counted(std::string id, std::string title, std::vector<double> of_lists, const LeakOptions& options) {
  LeakCheck check;
  check.id = std::move(id);
  check.title = std::move(title);
  check.compounds = of_lists.size();
  double sum = 0;
  for (const double value : of_lists) sum += value;
  check.figure = of_lists.empty() ? 0 : 100 * sum / static_cast<double>(of_lists.size());
  const auto [low, high] = bootstrap_interval(of_lists, options);
  check.ci_low = 100 * low;
  check.ci_high = 100 * high;
  check.more.emplace_back("lists", sum);
  return check;
}

void judge_share(LeakCheck& check, double least_percent, Verdict verdict, std::string advice) {
  check.verdict = *check.figure >= least_percent && *check.figure > 0 ? verdict : Verdict::kOk;
  check.threshold = std::string(name(verdict)) + ": " +
                    (least_percent > 0 ? "at least " + format_shortest(least_percent) + " % of lists" : "any list");
  check.advice = std::move(advice);
}

template <typename Test>
std::vector<double> each_list(const std::vector<LeakList>& lists, const Test& test) {
  std::vector<double> out;
  for (const LeakList& list : lists) out.push_back(test(list) ? 1 : 0);
  return out;
}

LeakCheck copies_check(const LeakSet& set, const LeakOptions& options) {
  LeakCheck check = counted("content.truth_copies", "lists with the truth under a second spelling",
                            each_list(set.lists, [](const LeakList& list) { return list.copies > 0; }), options);
  judge_share(check, 0, Verdict::kSuspicious,
              "Judge hits by InChIKey first block: by string equality a correct answer counts as wrong, or as two.");
  return check;
}

LeakCheck missing_check(const LeakSet& set, const LeakOptions& options) {
  LeakCheck check = counted("content.truth_missing", "lists without their truth",
                            each_list(set.lists, [](const LeakList& list) { return list.truth_added; }), options);
  judge_share(
      check, 1, Verdict::kSuspicious,
      "Whoever adds the truth decides its spelling and place: add it through the function that spells the decoys.");
  return check;
}

/// How many entries of its list are the same molecule as a candidate: decoys may come in stereoisomers, truths never do.
LeakCheck multiplicity_check(const LeakSet& set, const LeakOptions& options) {
  std::vector<FeatureList> lists;
  for (const LeakList& list : set.lists) {
    std::unordered_map<std::string, double> counts;
    for (const std::uint32_t row : list.candidates) counts[set.table[row].inchikey14] += 1;
    FeatureList features;
    features.truth = list.truth;
    for (const std::uint32_t row : list.candidates) {
      const LeakCandidate& c = set.table[row];
      features.values.push_back(c.spelling.parsed ? counts[c.inchikey14] : std::nan(""));
    }
    features.values[list.truth] += static_cast<double>(list.copies);
    lists.push_back(std::move(features));
  }
  return ranker_check("content.multiplicity", "entries of the list that are one molecule",
                      rank_by_feature(lists, options), Judge::kExchangeable,
                      "Keep one entry per InChIKey first block.");
}

/// Lists of nearly one formula, from which the truth alone may differ. Lists of many formulas (mass windows) say nothing here.
LeakCheck formula_check(const LeakSet& set, const LeakOptions& options) {
  constexpr double kNearlyAll = 0.8;
  std::vector<FeatureList> lists;
  for (const LeakList& list : set.distinct) {
    std::map<std::string, double> counts;
    for (const std::uint32_t row : list.candidates) counts[set.table[row].formula] += 1;
    double most = 0;
    for (const auto& [formula, count] : counts) most = std::max(most, count);
    FeatureList features;
    features.truth = list.truth;
    const bool speaks = most >= kNearlyAll * static_cast<double>(list.candidates.size()) && most > 1;
    for (const std::uint32_t row : list.candidates) {
      features.values.push_back(speaks ? counts[set.table[row].formula] : std::nan(""));
    }
    lists.push_back(std::move(features));
  }
  return ranker_check("content.formula", "take the one that is off the list's formula",
                      rank_by_score(lists, false, options), Judge::kExchangeable,
                      "Draw decoys by the rule that the truth obeys: the same formula, or a mass window around it.");
}

/// Lists in which a precursor alone finds the truth, as nothing else is near its mass.
LeakCheck alone_check(const LeakSet& set, const LeakOptions& options) {
  constexpr double kPpm = 20;
  std::vector<double> alone;
  for (const LeakList& list : set.distinct) {
    if (list.candidates.size() < 2) continue;
    const double mass = set.table[list.candidates[list.truth]].mass;
    const auto near = std::count_if(list.candidates.begin(), list.candidates.end(), [&](std::uint32_t row) {
      return std::abs(set.table[row].mass - mass) <= kPpm * 1e-6 * mass;
    });
    alone.push_back(near == 1 ? 1 : 0);
  }
  LeakCheck check = counted("content.mass_alone", "truths alone within 20 ppm of their mass", alone, options);
  const bool leaks = *check.ci_low > 5;
  check.verdict = leaks ? Verdict::kLeak : (*check.figure > 5 ? Verdict::kSuspicious : Verdict::kOk);
  check.threshold = "LEAK: interval above 5 % of lists; suspicious: figure above 5 %";
  check.advice = "Draw decoys within the window of the precursor, or the precursor alone answers.";
  return check;
}

LeakCheck unreadable_check(const LeakSet& set) {
  LeakCheck check;
  check.id = "content.unreadable";
  check.title = "candidates that are no structures";
  double bad = 0, all = 0;
  for (const LeakList& list : set.lists) {
    for (const std::uint32_t row : list.candidates) bad += set.table[row].spelling.parsed ? 0 : 1;
    all += static_cast<double>(list.candidates.size());
  }
  check.compounds = set.lists.size();
  check.figure = all > 0 ? 100 * bad / all : 0;
  check.more = {{"candidates", all}, {"unreadable", bad}};
  judge_share(check, 1, Verdict::kSuspicious, "Remove them from the file and say how many there were.");
  check.threshold = "suspicious: at least 1 % of candidates (spelling.parses tests whether they tell the truth)";
  return check;
}

LeakCheck duplicates_check(const LeakSet& set) {
  LeakCheck check;
  check.id = "content.duplicates";
  check.title = "candidates that repeat a molecule of their list";
  double repeated = 0, all = 0;
  for (std::size_t i = 0; i < set.lists.size(); ++i) {
    double readable = 0;
    for (const std::uint32_t row : set.lists[i].candidates) readable += set.table[row].spelling.parsed ? 1 : 0;
    repeated += std::max(0.0, readable - static_cast<double>(set.distinct[i].candidates.size()));
    all += readable;
  }
  check.compounds = set.lists.size();
  check.figure = all > 0 ? 100 * repeated / all : 0;
  check.more = {{"candidates", all}, {"repeated", repeated}};
  judge_share(check, 5, Verdict::kSuspicious, "Count molecules, not strings: lists are smaller than they look.");
  check.threshold = "suspicious: at least 5 % of candidates";
  return check;
}

LeakCheck sizes_check(const LeakSet& set, const LeakOptions& options) {
  LeakCheck check =
      counted("content.single", "lists with one molecule only",
              each_list(set.distinct, [](const LeakList& list) { return list.candidates.size() < 2; }), options);
  judge_share(check, 1, Verdict::kSuspicious, "They are answered without a spectrum: report figures without them too.");
  std::vector<double> sizes;
  for (const LeakList& list : set.distinct) sizes.push_back(static_cast<double>(list.candidates.size()));
  std::sort(sizes.begin(), sizes.end());
  if (sizes.empty()) return check;
  double sum = 0;
  for (const double size : sizes) sum += size;
  check.more.emplace_back("smallest", sizes.front());
  check.more.emplace_back("median", sizes[sizes.size() / 2]);
  check.more.emplace_back("mean", sum / static_cast<double>(sizes.size()));
  check.more.emplace_back("largest", sizes.back());
  return check;
}

}  // namespace

std::vector<LeakCheck> content_checks(const LeakSet& set, const LeakOptions& options) {
  return {copies_check(set, options),  missing_check(set, options), multiplicity_check(set, options),
          formula_check(set, options), alone_check(set, options),   unreadable_check(set),
          duplicates_check(set),       sizes_check(set, options)};
}

}  // namespace molbridge::eval
