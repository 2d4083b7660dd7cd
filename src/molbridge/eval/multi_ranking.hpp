#pragma once
// Rankings with several right answers: texts that fit several molecules, nodes with several neighbours. From scores to figures. Pure functions;
// thread-safe.
//
// Conventions, all against us, as in ranking.hpp: equal scores count as above; a score that is no number counts as above where it is a wrong
// answer's and ranks last where it is the right one's; a query that could not be answered stays in every denominator as a miss.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/eval/paired.hpp"

namespace molbridge::eval {

/// Rank of the best right answer: 1 + number of wrong ones that score at least as much. `right`: distinct indices into `scores`, at least one.
/// Cost: scores + right log right.
std::uint64_t best_rank(std::span<const float> scores, std::span<const std::size_t> right);

/// Rank of `target` with the other known answers taken out ("filtered", as for knowledge graphs). `others_known` may hold `target`
/// and repeat itself. Empty: the raw rank.
std::uint64_t filtered_rank(std::span<const float> scores, std::size_t target,
                            std::span<const std::size_t> others_known);

/// One query. `rank` is that of the best right answer, or the filtered rank of one.
struct RankOutcome {
  std::uint64_t cluster = 0;          ///< molecule, or head node: what the interval resamples
  std::optional<std::uint64_t> rank;  ///< nullopt: skipped, a miss
  std::uint64_t num_right = 1;        ///< right answers among the candidates
  std::uint64_t num_candidates = 0;   ///< right ones included
};

/// Percent.
struct RankFigure {
  double by_query = 0;
  double by_cluster = 0;  ///< mean over clusters of the mean over their queries
  double ci95_low = 0;    ///< of by_cluster; percentile bootstrap over clusters
  double ci95_high = 0;
  double random = 0;  ///< expected by_cluster when the same candidates are in random order
};

struct RankSummary {
  std::uint64_t queries = 0;
  std::uint64_t clusters = 0;
  std::uint64_t skipped = 0;
  double median_rank = 0;                                   ///< over answered queries
  double mean_candidates = 0;                               ///< over answered queries
  double mean_right = 0;                                    ///< over answered queries
  std::vector<std::pair<std::string, RankFigure>> figures;  ///< recall_at_K for each K (Hits@K), mrr
};

/// Cost: resamples * clusters * (cutoffs + 1). An empty list gives zeros.
RankSummary summarize_ranks(std::span<const RankOutcome> outcomes, std::span<const std::uint64_t> cutoffs,
                            const BootstrapOptions& options = {});

/// Expected share of queries with rank <= k, and expected 1 / rank, when `num_right` of `num_candidates` are right and the order is random.
double random_recall(std::uint64_t num_candidates, std::uint64_t num_right, std::uint64_t k);
double random_reciprocal_rank(std::uint64_t num_candidates, std::uint64_t num_right);

/// What no scorer can exceed where `queries` that look the same each have another single right answer: they get one ranking, and only k of them
/// their answer among the first k. In percent of those queries.
double recall_ceiling(std::uint64_t queries, std::uint64_t k);
double mrr_ceiling(std::uint64_t queries);

}  // namespace molbridge::eval
