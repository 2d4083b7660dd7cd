#pragma once
// Two distributions of scores beside each other: histograms, overlap, area under the ROC curve. Thread-safe: pure functions.

#include <cstddef>
#include <span>
#include <vector>

namespace molbridge::eval {

/// A value that counts `weight` times.
struct Weighted {
  float value = 0;
  float weight = 1;
};

/// Equal bins over [low, high]; both ends belong to it, other values go to the outermost bins.
struct Distribution {
  std::vector<double> edges;   ///< [bins + 1]
  std::vector<double> shares;  ///< [bins], sum 1; all 0 when there is nothing
};
Distribution distribution(std::span<const Weighted> values, double low, double high, std::size_t bins);

/// Sum over bins of the smaller share: 1 for equal ones, 0 for ones without a common bin. Requires equal bins.
double overlap_coefficient(const Distribution& a, const Distribution& b);

/// Probability that a value of `positives` is above one of `negatives`, equal ones counted half; NaN when one is empty. Values are
/// sorted in place. Cost: n log n.
double auc(std::span<Weighted> positives, std::span<Weighted> negatives);

/// Weighted mean; NaN for none.
double weighted_mean(std::span<const Weighted> values);
/// The smallest value at or below which half of the weight lies; NaN for none. Sorts in place.
double weighted_median(std::span<Weighted> values);

}  // namespace molbridge::eval
