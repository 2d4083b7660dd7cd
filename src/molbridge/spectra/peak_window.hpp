#pragma once
// When two measured m/z count as one. Values only; thread-safe.

#include <algorithm>
#include <cmath>

#include "molbridge/mass/tolerance.hpp"

namespace molbridge::spectra {

/// A tolerance between two peaks; ppm are of the higher of the two, so that the order in which they are named does not matter.
class PeakWindow {
 public:
  explicit PeakWindow(const mass::Tolerance& tolerance)
      : absolute_(tolerance.around(0).high), relative_(tolerance.around(1).high - 1 - absolute_) {
    if (relative_ < kRounding) relative_ = 0;  // what the subtraction left of a tolerance in Da
  }

  PeakWindow times(double factor) const { return {absolute_ * factor, relative_ * factor}; }
  double width(double higher_mz) const { return absolute_ + relative_ * higher_mz; }
  bool match(double mz_a, double mz_b) const { return std::abs(mz_a - mz_b) <= width(std::max(mz_a, mz_b)); }

 private:
  static constexpr double kRounding = 1e-14;
  PeakWindow(double absolute, double relative) : absolute_(absolute), relative_(relative) {}
  double absolute_;  // Th
  double relative_;
};

}  // namespace molbridge::spectra
