#pragma once
// Numbers of a training curve: its best value, how smoothly it went there. Thread-safe: pure functions.

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace molbridge::eval {

enum class Better { kHigher, kLower, kNeither };

/// By the name of the measured quantity: losses and distances are better when lower, learning rate and gradient norm are neither.
Better better_of(std::string_view metric);

/// NaN where there are too few points to say.
struct CurveSummary {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::size_t points = 0;
  double first = kUnknown;
  double last = kUnknown;
  double best = kUnknown;     ///< of kNeither: unknown
  double best_at = kUnknown;  ///< x of the first best point
  /// Of consecutive points: the largest change for the worse (0 when there is none), where it ended, the mean |change|, and the share of
  /// changes for the worse.
  double largest_drop = kUnknown;
  double largest_drop_at = kUnknown;
  double mean_absolute_change = kUnknown;
  double share_worse = kUnknown;
};

/// Points that are not finite are passed over. Requires x and y of one length.
CurveSummary summarize_curve(std::span<const double> x, std::span<const double> y, Better better);

/// Mean over about `window` values around each, as many before as behind it (so fewer near the ends), so that a smoothed curve does not lag;
/// values that are not finite are left out, and stay so themselves. 0 and 1 change nothing.
std::vector<double> running_mean(std::span<const double> values, std::size_t window);

}  // namespace molbridge::eval
