#pragma once
// From a matrix of scores to the figures of one scorer. Private to the service.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/corpus/pairs.hpp"
#include "molbridge/eval/multi_ranking.hpp"
#include "molbridge/service/pair_task.hpp"

namespace molbridge::service {

/// One way of asking and of judging. docs/pairs.md says what each means.
enum class PairMeasureKind {
  kMoleculesAnyOfText,  ///< text to molecule; every molecule with this very text is right
  kMoleculesOwn,        ///< only the row's molecule is right
  kMoleculesOfTarget,   ///< every molecule of the row's target is right (grouped)
  kMoleculesInTarget,   ///< only the row's molecule, among the molecules of its target
  kTextsAnyOfMolecule,  ///< molecule to text, likewise
  kTextsOwn,
  kTextsOfTarget,
};
/// "text_to_molecule", "any_of_text" and so on: how reports call direction and judgement.
std::string_view direction(PairMeasureKind kind);
std::string_view judgement(PairMeasureKind kind);
const std::vector<PairMeasureKind>& all_pair_measures();

struct PairMeasure {
  PairMeasureKind kind = PairMeasureKind::kMoleculesAnyOfText;
  eval::RankSummary summary;
  std::uint64_t not_applicable = 0;  ///< rows that are no query here: no target, or a target with one molecule
  /// What no scorer can exceed, by cluster, where rows that look the same have other right answers; empty for other judgements.
  std::vector<std::pair<std::string, double>> ceilings;
  std::vector<std::optional<std::uint64_t>> ranks;  ///< per query of the task
};

/// Recall cutoffs.
inline constexpr std::uint64_t kPairCutoffs[] = {1, 5, 10};

/// Clusters are molecules. Measures that have no query at all are left out.
std::vector<PairMeasure> measure_pairs(const PairTask& task, const PairScores& scores,
                                       const eval::BootstrapOptions& options, std::size_t threads);

}  // namespace molbridge::service
