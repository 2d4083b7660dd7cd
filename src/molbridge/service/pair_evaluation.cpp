#include "molbridge/service/pair_evaluation.hpp"

#include <algorithm>
#include <map>

#include "molbridge/core/threads.hpp"

namespace molbridge::service {
namespace {

using Kind = PairMeasureKind;

bool asks_for_texts(Kind kind) {
  return kind == Kind::kTextsAnyOfMolecule || kind == Kind::kTextsOwn || kind == Kind::kTextsOfTarget;
}
bool needs_target(Kind kind) {
  return kind == Kind::kMoleculesOfTarget || kind == Kind::kMoleculesInTarget || kind == Kind::kTextsOfTarget;
}
/// One right answer, although other rows may look the same.
bool is_own(Kind kind) {
  return kind == Kind::kMoleculesOwn || kind == Kind::kMoleculesInTarget || kind == Kind::kTextsOwn;
}

class Measurer {
 public:
  Measurer(const PairTask& task, const PairScores& scores, Kind kind) : task_(task), scores_(scores), kind_(kind) {}

  PairMeasure measure(const eval::BootstrapOptions& options) {
    PairMeasure made{.kind = kind_};
    std::vector<eval::RankOutcome> outcomes;
    std::vector<std::uint64_t> same;  // rows that look as this one does
    const auto looks = count_looks();
    for (const PairQuery& query : task_.queries) {
      made.ranks.emplace_back();
      if (!applies(query)) {
        ++made.not_applicable;
        continue;
      }
      outcomes.push_back(outcome_of(query));
      made.ranks.back() = outcomes.back().rank;
      same.push_back(looks.at(look(query)));
    }
    made.summary = eval::summarize_ranks(outcomes, kPairCutoffs, options);
    if (is_own(kind_)) made.ceilings = ceilings(outcomes, same);
    return made;
  }

 private:
  bool applies(const PairQuery& query) const {
    if (needs_target(kind_) && query.target == PairTask::kNoTarget) return false;
    return kind_ != Kind::kMoleculesInTarget || task_.molecules_of_target[query.target].size() > 1;
  }

  /// What a scorer sees of a query, and of what it may choose from.
  std::pair<std::size_t, std::size_t> look(const PairQuery& query) const {
    return {asks_for_texts(kind_) ? query.molecule : query.text, kind_ == Kind::kMoleculesInTarget ? query.target : 0};
  }

  /// Distinct right answers of each look.
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> count_looks() const {
    std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> answers;
    for (const PairQuery& query : task_.queries) {
      if (applies(query)) answers[look(query)].push_back(asks_for_texts(kind_) ? query.text : query.molecule);
    }
    std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> counts;
    for (auto& [key, list] : answers) {
      std::ranges::sort(list);
      counts[key] = static_cast<std::uint64_t>(std::unique(list.begin(), list.end()) - list.begin());
    }
    return counts;
  }

  float at(std::size_t text, std::size_t molecule) const {
    return scores_.scores[text * task_.molecules.size() + molecule];
  }

  void fill_candidates(const PairQuery& query) {
    candidates_.clear();
    if (asks_for_texts(kind_)) {
      for (std::size_t text = 0; text < task_.texts.size(); ++text) candidates_.push_back(at(text, query.molecule));
    } else if (kind_ == Kind::kMoleculesInTarget) {
      for (const std::size_t molecule : task_.molecules_of_target[query.target])
        candidates_.push_back(at(query.text, molecule));
    } else {
      const auto row = std::span(scores_.scores).subspan(query.text * task_.molecules.size(), task_.molecules.size());
      candidates_.assign(row.begin(), row.end());
    }
  }

  std::vector<std::size_t> right_answers(const PairQuery& query) const {
    switch (kind_) {
      case Kind::kMoleculesAnyOfText: return task_.molecules_of_text[query.text];
      case Kind::kMoleculesOwn: return {query.molecule};
      case Kind::kMoleculesOfTarget: return task_.molecules_of_target[query.target];
      case Kind::kMoleculesInTarget: {
        const auto& list = task_.molecules_of_target[query.target];
        return {static_cast<std::size_t>(std::ranges::lower_bound(list, query.molecule) - list.begin())};
      }
      case Kind::kTextsAnyOfMolecule: return task_.texts_of_molecule[query.molecule];
      case Kind::kTextsOwn: return {query.text};
      case Kind::kTextsOfTarget: return task_.texts_of_target[query.target];
    }
    return {};
  }

  eval::RankOutcome outcome_of(const PairQuery& query) {
    eval::RankOutcome outcome{.cluster = query.molecule, .rank = std::nullopt, .num_right = 0, .num_candidates = 0};
    if (!asks_for_texts(kind_) && !scores_.reasons[query.text].empty()) return outcome;  // skipped: a miss
    fill_candidates(query);
    const std::vector<std::size_t> right = right_answers(query);
    outcome.rank = eval::best_rank(candidates_, right);
    outcome.num_right = right.size();
    outcome.num_candidates = candidates_.size();
    return outcome;
  }

  static double mean_by_cluster(std::span<const eval::RankOutcome> outcomes, std::span<const double> values) {
    std::vector<std::uint64_t> clusters;
    for (const auto& outcome : outcomes) clusters.push_back(outcome.cluster);
    double sum = 0;
    const std::vector<double> means = eval::means_by_compound(clusters, values);
    for (const double mean : means) sum += mean;
    return means.empty() ? 0 : sum / static_cast<double>(means.size());
  }

  static std::vector<std::pair<std::string, double>> ceilings(std::span<const eval::RankOutcome> outcomes,
                                                              std::span<const std::uint64_t> same) {
    std::vector<std::pair<std::string, double>> made;
    std::vector<double> values(same.size());
    for (const std::uint64_t k : kPairCutoffs) {
      std::ranges::transform(same, values.begin(), [k](std::uint64_t n) { return eval::recall_ceiling(n, k); });
      made.emplace_back("recall_at_" + std::to_string(k), mean_by_cluster(outcomes, values));
    }
    std::ranges::transform(same, values.begin(), eval::mrr_ceiling);
    made.emplace_back("mrr", mean_by_cluster(outcomes, values));
    return made;
  }

  const PairTask& task_;
  const PairScores& scores_;
  Kind kind_;
  std::vector<float> candidates_;
};

}  // namespace

std::string_view direction(Kind kind) { return asks_for_texts(kind) ? "molecule_to_text" : "text_to_molecule"; }

std::string_view judgement(Kind kind) {
  switch (kind) {
    case Kind::kMoleculesAnyOfText: return "any_of_text";
    case Kind::kMoleculesOwn:
    case Kind::kTextsOwn: return "own";
    case Kind::kMoleculesOfTarget:
    case Kind::kTextsOfTarget: return "grouped";
    case Kind::kMoleculesInTarget: return "within_target";
    case Kind::kTextsAnyOfMolecule: return "any_of_molecule";
  }
  return "";
}

const std::vector<Kind>& all_pair_measures() {
  static const std::vector<Kind> kAll{Kind::kMoleculesAnyOfText, Kind::kMoleculesOwn,       Kind::kMoleculesOfTarget,
                                      Kind::kMoleculesInTarget,  Kind::kTextsAnyOfMolecule, Kind::kTextsOwn,
                                      Kind::kTextsOfTarget};
  return kAll;
}

std::vector<PairMeasure> measure_pairs(const PairTask& task, const PairScores& scores,
                                       const eval::BootstrapOptions& options, std::size_t threads) {
  const auto& kinds = all_pair_measures();
  std::vector<PairMeasure> made(kinds.size());
  parallel_for(kinds.size(), threads, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) made[i] = Measurer(task, scores, kinds[i]).measure(options);
  });
  std::erase_if(made, [](const PairMeasure& measure) { return measure.summary.queries == 0; });
  return made;
}

}  // namespace molbridge::service
