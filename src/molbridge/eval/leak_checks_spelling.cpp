// Rules that look at strings.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "molbridge/core/rng.hpp"
#include "molbridge/eval/leak_checks.hpp"

namespace molbridge::eval {
namespace {

enum class Spelling { kGiven, kStandard, kStandardKekule };

/// The string of a candidate in one of its spellings; what does not parse has but one.
const std::string& spelling_of(const LeakCandidate& candidate, Spelling spelling) {
  const SpelledCandidate& s = candidate.spelling;
  if (!s.parsed || spelling == Spelling::kGiven) return s.given;
  return spelling == Spelling::kStandard ? s.standard : s.standard_kekule;
}

template <typename Value>
std::vector<FeatureList> feature_lists(const LeakSet& set, const Value& value) {
  std::vector<FeatureList> out;
  for (const LeakList& list : set.lists) {
    FeatureList features;
    features.truth = list.truth;
    for (const std::uint32_t row : list.candidates) features.values.push_back(value(set.table[row]));
    out.push_back(std::move(features));
  }
  return out;
}

LeakCheck label_check(const LeakSet& set, const SpellingLabel& label, const LeakOptions& options) {
  const auto lists = feature_lists(set, [&](const LeakCandidate& c) { return label.value(c.spelling); });
  const RankerOutcome outcome = rank_by_feature(lists, options);
  return ranker_check(std::string("spelling.") + label.id,
                      std::string(outcome.highest ? "most: " : "least: ") + label.title, outcome, Judge::kExchangeable,
                      label.remedy);
}

/// A rule counts by what it gains over itself on one spelling of all, in either form: what remains there is the structure's.
LeakCheck controlled_check(LeakCheck check, const RankerOutcome& given, std::span<const RankerOutcome> controls) {
  double control_hit = 0;
  for (const RankerOutcome& control : controls) {
    std::vector<double> differences;
    for (std::size_t i = 0; i < given.hits.size(); ++i) differences.push_back(given.hits[i] - control.hits[i]);
    check.p_hit = std::max(check.p_hit, sign_flip_bound(differences));
    check.gain = std::min(check.gain, given.hit - control.hit);
    control_hit = std::max(control_hit, control.hit);
  }
  // The place of a rule has no such control, so that it decides nothing.
  check.p_place = 1;
  check.control = 100 * control_hit;
  return check;
}

template <typename Value>
LeakCheck rule_check(const LeakSet& set, std::string id, std::string title, bool highest, const Value& value,
                     const LeakOptions& options) {
  const auto outcome = [&](Spelling spelling) {
    return rank_by_score(feature_lists(set, [&](const LeakCandidate& c) { return value(spelling_of(c, spelling)); }),
                         highest, options);
  };
  const RankerOutcome given = outcome(Spelling::kGiven);
  const std::vector<RankerOutcome> controls{outcome(Spelling::kStandard), outcome(Spelling::kStandardKekule)};
  return controlled_check(ranker_check(std::move(id), std::move(title), given, Judge::kExchangeable,
                                       "Spell truths and decoys by one function before anything looks at them."),
                          given, controls);
}

/// Which lists a learned rule looks at, ascending.
std::vector<std::size_t> learned_lists(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> chosen(count);
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (count <= kMostLearnedLists) return chosen;
  Rng(seed, "learned lists").shuffle(std::span(chosen));
  chosen.resize(kMostLearnedLists);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

RankerOutcome learned_outcome(const LeakSet& set, std::span<const std::size_t> chosen, Spelling spelling,
                              const LeakOptions& options) {
  LearnerLists lists;
  for (const std::size_t i : chosen) {
    lists.sizes.push_back(set.lists[i].candidates.size());
    lists.truths.push_back(set.lists[i].truth);
  }
  lists.features = [&](std::size_t list, std::size_t candidate) {
    const LeakCandidate& c = set.table[set.lists[chosen[list]].candidates[candidate]];
    return string_features(spelling_of(c, spelling), spelling == Spelling::kGiven ? &c.spelling : nullptr);
  };
  LearnerOptions learner;
  learner.seed = options.seed;
  auto scores = cross_validated_scores(lists, learner);
  std::vector<FeatureList> features;
  for (std::size_t i = 0; i < scores.size(); ++i) features.push_back({std::move(scores[i]), lists.truths[i]});
  return rank_by_score(features, true, options);
}

LeakCheck learned_check(const LeakSet& set, const LeakOptions& options) {
  const std::vector<std::size_t> chosen = learned_lists(set.lists.size(), options.seed);
  const RankerOutcome given = learned_outcome(set, chosen, Spelling::kGiven, options);
  if (given.compounds == 0) {
    return not_run("spelling.learned", "learned from the strings", "fewer than 10 compounds to learn from");
  }
  const std::vector<RankerOutcome> controls{learned_outcome(set, chosen, Spelling::kStandard, options),
                                            learned_outcome(set, chosen, Spelling::kStandardKekule, options)};
  return controlled_check(
      ranker_check("spelling.learned", "learned from the strings, on other compounds", given, Judge::kExchangeable,
                   "Compare a few truths with their decoys by eye, and spell all by one function."),
      given, controls);
}

}  // namespace

std::vector<LeakCheck> spelling_checks(const LeakSet& set, const LeakOptions& options) {
  std::vector<LeakCheck> checks;
  for (const SpellingLabel& label : spelling_labels()) checks.push_back(label_check(set, label, options));
  const auto lower = [](const std::string& s) { return count_lower_case_atoms(s) > 0 ? 1.0 : 0.0; };
  const auto length = [](const std::string& s) { return static_cast<double>(s.size()); };
  checks.push_back(
      rule_check(set, "spelling.rule_no_lower_case", "take one without lower-case atoms", false, lower, options));
  checks.push_back(rule_check(set, "spelling.rule_shortest", "take the shortest string", false, length, options));
  checks.push_back(rule_check(set, "spelling.rule_longest", "take the longest string", true, length, options));
  checks.push_back(learned_check(set, options));
  return checks;
}

}  // namespace molbridge::eval
