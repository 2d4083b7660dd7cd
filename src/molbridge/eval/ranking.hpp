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
  /// MCES distance of the top candidate from the truth; nullopt where none was measured.
  std::optional<double> mces;
  /// Expected distance of a candidate drawn at random from the pool; used where `mces` stands.
  double random_mces = 0;
};

/// 1 + number of other candidates that score at least as much. NaN scores of others count as above.
std::uint64_t pessimistic_rank(float truth_score, std::span<const float> other_scores);

/// Percent; MCES@1 in units of the distance.
struct Figure {
  double by_spectrum = 0;
  double by_compound = 0;  ///< mean over compounds of the mean over their queries
  double ci95_low = 0;     ///< of by_compound
  double ci95_high = 0;
  double spectrum_ci95_low = 0;  ///< of by_spectrum; compounds are resampled with all their queries
  double spectrum_ci95_high = 0;
};

/// Molecules per pool, over answered queries.
struct PoolSizes {
  double mean = 0;
  double min = 0;
  double quartile1 = 0;
  double median = 0;
  double quartile3 = 0;
  double max = 0;
};

struct Summary {
  std::uint64_t queries = 0;
  std::uint64_t compounds = 0;
  std::uint64_t skipped = 0;
  PoolSizes pool_sizes;
  std::vector<std::pair<std::string, Figure>> figures;  ///< recall_at_1, recall_at_5, recall_at_20, mrr
  std::vector<std::pair<std::string, Figure>> random;   ///< the same, expected from random ranking of the same pools
  std::optional<Figure> mces_at_1;                      ///< where BootstrapOptions::mces_threshold is set
  std::optional<Figure> random_mces_at_1;
};

struct BootstrapOptions {
  std::uint64_t seed = 1;
  int resamples = 10000;
  /// Set: MCES@1 is summarised too; a query without a distance, as a skipped one, counts as this.
  std::optional<double> mces_threshold;
};

/// Cost: resamples * compounds * 16. An empty list gives zeros.
Summary summarize(std::span<const QueryOutcome> outcomes, const BootstrapOptions& options = {});

/// "<0.4", "0.4-0.6", "0.6-0.8", ">=0.8": each holds its lower end.
std::string novelty_stratum(double tanimoto);
const std::vector<std::string>& novelty_strata();

}  // namespace molbridge::eval
