#pragma once
// Percentiles of values that are sorted already. Private to eval.

#include <vector>

namespace molbridge::eval {

/// By linear interpolation; `share` in [0, 1]. Requires at least one value.
double percentile(const std::vector<double>& sorted, double share);

}  // namespace molbridge::eval
