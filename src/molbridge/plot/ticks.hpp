#pragma once
// Where an axis has its marks, and what stands beside them. Thread-safe: pure functions.

#include <string>
#include <vector>

namespace molbridge::plot {

/// values[i] is shown as labels[i]; ascending.
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
};

/// Multiples of 1, 2 or 5 times a power of ten within [low, high], at most `max_count` (2 at least). Requires low < high, finite.
Ticks linear_ticks(double low, double high, int max_count);

/// Powers of ten within [low, high], where these are fewer than two with 2 and 5 times them; thinned to `max_count`. Where even
/// so fewer than two fit, linear ones. Requires 0 < low < high.
Ticks log_ticks(double low, double high, int max_count);

/// A number as an axis shows it, with the decimals that tell multiples of `step` apart: "0.25", "20,000", "2e-5".
std::string tick_label(double value, double step);

}  // namespace molbridge::plot
