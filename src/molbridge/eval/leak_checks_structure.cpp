// Rules that look at standardised structures: the prior of the lists.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "molbridge/core/rng.hpp"
#include "molbridge/eval/leak_checks.hpp"

namespace molbridge::eval {
namespace {

constexpr const char* kBeatIt = "No fault of the files: the figure that any model must beat on these lists.";

using Value = double (*)(const LeakCandidate&);

struct StructureRule {
  const char* id;
  const char* title;
  Value value;
};

const chem::Descriptors& of(const LeakCandidate& c) { return c.spelling.standardised; }

double ratio(int part, int whole) { return whole > 0 ? static_cast<double>(part) / whole : 0; }

const std::vector<StructureRule>& rules() {
  using C = LeakCandidate;
  static const std::vector<StructureRule> kRules{
      {"chirality", "stereo centres, as given",
       [](const C& c) { return static_cast<double>(c.spelling.as_given.stereo_centres); }},
      {"possible_stereo", "stereo centres, marked or not",
       [](const C& c) { return static_cast<double>(of(c).possible_stereo_centres); }},
      {"charges", "charged atoms", [](const C& c) { return static_cast<double>(of(c).charged_atoms); }},
      {"heavy_atoms", "heavy atoms", [](const C& c) { return static_cast<double>(of(c).heavy_atoms); }},
      {"rings", "rings", [](const C& c) { return static_cast<double>(of(c).rings); }},
      {"aromatic", "aromatic atoms", [](const C& c) { return static_cast<double>(of(c).aromatic_atoms); }},
      {"hetero_atoms", "share of heteroatoms", [](const C& c) { return ratio(of(c).hetero_atoms, of(c).heavy_atoms); }},
      {"halogens", "halogens", [](const C& c) { return static_cast<double>(of(c).halogens); }},
      {"branches", "branching atoms", [](const C& c) { return static_cast<double>(of(c).branch_atoms); }},
      {"double_bonds", "double bonds", [](const C& c) { return static_cast<double>(of(c).double_bonds); }},
      {"mass", "mass", [](const C& c) { return std::round(c.mass * 1e5); }},
  };
  return kRules;
}

FeatureList features_of(const LeakList& list, const LeakSet& set, Value value) {
  FeatureList out;
  out.truth = list.truth;
  for (const std::uint32_t row : list.candidates) out.values.push_back(value(set.table[row]));
  return out;
}

std::vector<FeatureList> feature_lists(const LeakSet& set, Value value) {
  std::vector<FeatureList> out;
  for (const LeakList& list : set.distinct) out.push_back(features_of(list, set, value));
  return out;
}

/// Distance from the median of the list, in units of 1e-5 u.
std::vector<FeatureList> mass_deviations(const LeakSet& set) {
  std::vector<FeatureList> lists = feature_lists(set, [](const LeakCandidate& c) { return std::round(c.mass * 1e5); });
  for (FeatureList& list : lists) {
    if (list.values.empty()) continue;
    std::vector<double> sorted = list.values;
    std::sort(sorted.begin(), sorted.end());
    const double median = sorted[sorted.size() / 2];
    for (double& value : list.values) value = std::abs(value - median);
  }
  return lists;
}

LearnerFeatures structure_features(const LeakCandidate& candidate) {
  LearnerFeatures out;
  for (const StructureRule& rule : rules()) {
    if (std::string_view(rule.id) != "chirality")
      out.dense.push_back(rule.value(candidate));  // given, not standardised
  }
  for (const std::uint16_t bit : candidate.morgan) out.sparse.emplace_back(bit, 0.2F);
  return out;
}

LeakCheck learned_prior(const LeakSet& set, const LeakOptions& options) {
  std::vector<std::size_t> chosen(set.distinct.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  Rng(options.seed, "learned lists").shuffle(std::span(chosen));
  chosen.resize(std::min(chosen.size(), kMostLearnedLists));
  LearnerLists lists;
  for (const std::size_t i : chosen) {
    lists.sizes.push_back(set.distinct[i].candidates.size());
    lists.truths.push_back(set.distinct[i].truth);
  }
  lists.features = [&](std::size_t list, std::size_t candidate) {
    return structure_features(set.table[set.distinct[chosen[list]].candidates[candidate]]);
  };
  LearnerOptions learner;
  learner.seed = options.seed;
  auto scores = cross_validated_scores(lists, learner);
  std::vector<FeatureList> features;
  for (std::size_t i = 0; i < scores.size(); ++i) features.push_back({std::move(scores[i]), lists.truths[i]});
  const RankerOutcome outcome = rank_by_score(features, true, options);
  if (outcome.compounds == 0) {
    return not_run("structure.learned", "learned from structures", "fewer than 10 compounds to learn from");
  }
  return ranker_check("structure.learned", "learned from structures, on other compounds", outcome, Judge::kPrior,
                      kBeatIt);
}

}  // namespace

std::vector<LeakCheck> structure_checks(const LeakSet& set, const LeakOptions& options) {
  std::vector<LeakCheck> checks;
  for (const StructureRule& rule : rules()) {
    const RankerOutcome outcome = rank_by_feature(feature_lists(set, rule.value), options);
    checks.push_back(ranker_check(std::string("structure.") + rule.id,
                                  std::string(outcome.highest ? "most: " : "least: ") + rule.title, outcome,
                                  Judge::kPrior, kBeatIt));
  }
  checks.push_back(ranker_check("structure.mass_deviation", "distance from the list's median mass",
                                rank_by_feature(mass_deviations(set), options), Judge::kPrior, kBeatIt));
  checks.push_back(learned_prior(set, options));
  return checks;
}

}  // namespace molbridge::eval
