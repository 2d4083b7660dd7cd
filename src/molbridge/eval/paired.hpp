#pragma once
// Two models on the same queries: paired differences by compound. Thread-safe: pure functions.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/eval/ranking.hpp"

namespace molbridge::eval {

/// Second minus first, percentage points (MCES@1: units of the distance). Positive is better, but for MCES@1.
struct PairedDifference {
  double by_spectrum = 0;
  double by_compound = 0;  ///< mean over compounds of the mean difference over their queries
  double ci95_low = 0;     ///< of by_compound; percentile bootstrap, the same compounds drawn for both models
  double ci95_high = 0;
  double share_positive = 0;  ///< of the resamples, equality counted half: near 0 or 1 where the sign is sure
};

/// recall_at_1, recall_at_5, recall_at_20, mrr; also mces_at_1 where options.mces_threshold is set. A skipped query is a miss of its
/// model. Requires query i of both to be the same query of the same compound. Cost: resamples * compounds * 5.
std::vector<std::pair<std::string, PairedDifference>> paired_differences(std::span<const QueryOutcome> first,
                                                                         std::span<const QueryOutcome> second,
                                                                         const BootstrapOptions& options = {});

/// Mean of values and its 95 % percentile bootstrap interval over them; zeros for none.
struct MeanInterval {
  double mean = 0;
  double low = 0;
  double high = 0;
};
MeanInterval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});

/// Mean over the queries of each compound, in the order of compound numbers. Requires equal lengths.
std::vector<double> means_by_compound(std::span<const std::uint64_t> compounds, std::span<const double> values);

}  // namespace molbridge::eval
