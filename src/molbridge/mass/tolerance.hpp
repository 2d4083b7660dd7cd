#pragma once
// A mass tolerance that knows its unit, so that 10 is never 10 Da where 10 ppm was meant. Values only; thread-safe.

#include <string>
#include <string_view>

#include "molbridge/core/result.hpp"

namespace molbridge::mass {

class Tolerance {
 public:
  static Tolerance ppm(double value) { return {Unit::kPpm, value}; }
  static Tolerance dalton(double value) { return {Unit::kDalton, value}; }
  /// "10 ppm", "10ppm", "0.01 Da", "5 mDa". Refuses negative and non-finite values and a missing unit.
  static Result<Tolerance> parse(std::string_view text);

  struct Window {
    double low, high;
    bool contains(double mass) const { return mass >= low && mass <= high; }
  };
  /// ppm is relative to `center` (u or Th); both ends belong to the window.
  Window around(double center) const;
  std::string str() const;

 private:
  enum class Unit { kPpm, kDalton };
  Tolerance(Unit unit, double value) : unit_(unit), value_(value) {}
  Unit unit_;
  double value_;
};

/// Signed, relative to `theoretical`: 1e6 * (measured - theoretical) / theoretical.
double ppm_error(double measured, double theoretical);

}  // namespace molbridge::mass
