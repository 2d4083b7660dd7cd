#pragma once
// From the outcome of queries to the figures of a report: Recall@k, MRR, per spectrum and per compound, with intervals. Pure
// functions; thread-safe.
//
// Conventions, all against us: the rank of a truth is the worst among equal scores; a query that could not be answered counts as a
// miss; intervals resample compounds, since spectra of one compound are not independent.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace molbridge::eval {

/// One query. `rank` counts from 1; nullopt for a skipped query, which stays in every denominator as a miss.
struct QueryOutcome {
  std::uint64_t compound = 0;  ///< index of the compound; queries of one compound share it
  std::optional<std::uint64_t> rank;
  std::uint64_t pool_size = 0;  ///< distinct molecules, the truth included; 0 when skipped
  double novelty = 0;           ///< largest Tanimoto to a training molecule
};

/// 1 + number of other candidates that score at least as much. NaN scores of others count as above.
std::uint64_t pessimistic_rank(float truth_score, std::span<const float> other_scores);

/// Percent.
struct Figure {
  double by_spectrum = 0;
  double by_compound = 0;  ///< mean over compounds of the mean over their queries
  double ci95_low = 0;     ///< of by_compound
  double ci95_high = 0;
};

struct Summary {
  std::uint64_t queries = 0;
  std::uint64_t compounds = 0;
  std::uint64_t skipped = 0;
  double pool_size_mean = 0;  ///< over answered queries
  double pool_size_median = 0;
  std::vector<std::pair<std::string, Figure>> figures;  ///< recall_at_1, recall_at_5, recall_at_20, mrr
  std::vector<std::pair<std::string, Figure>> random;   ///< the same, expected from random ranking of the same pools
};

struct BootstrapOptions {
  std::uint64_t seed = 1;
  int resamples = 10000;
};

/// Cost: resamples * compounds * 8. An empty list gives zeros.
Summary summarize(std::span<const QueryOutcome> outcomes, const BootstrapOptions& options = {});

/// "<0.4", "0.4-0.6", "0.6-0.8", ">=0.8": each holds its lower end.
std::string novelty_stratum(double tanimoto);
const std::vector<std::string>& novelty_strata();

}  // namespace molbridge::eval
