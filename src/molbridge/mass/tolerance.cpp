#include "molbridge/mass/tolerance.hpp"

#include <cmath>

#include "molbridge/core/text.hpp"

namespace molbridge::mass {

Result<Tolerance> Tolerance::parse(std::string_view text) {
  const std::string_view whole = trim(text);
  const std::size_t unit_start = whole.find_last_of("0123456789.");
  if (whole.empty() || unit_start == std::string_view::npos) {
    return Failure{"'" + std::string(whole) + "' is not a tolerance; write it as '10 ppm' or '0.01 Da'"};
  }
  const auto value = parse_double(whole.substr(0, unit_start + 1));
  const std::string_view unit = trim(whole.substr(unit_start + 1));
  if (!value || !std::isfinite(*value) || *value < 0) {
    return Failure{"'" + std::string(whole) + "' is not a tolerance: the number must be finite and not negative"};
  }
  if (iequals(unit, "ppm")) return ppm(*value);
  if (iequals(unit, "da") || iequals(unit, "th")) return dalton(*value);
  if (iequals(unit, "mda") || iequals(unit, "mth")) return dalton(*value * 1e-3);
  return Failure{"'" + std::string(whole) + "' has no known unit; write it as '10 ppm' or '0.01 Da'"};
}

Tolerance::Window Tolerance::around(double center) const {
  const double half_width = unit_ == Unit::kPpm ? std::abs(center) * value_ * 1e-6 : value_;
  return {center - half_width, center + half_width};
}

std::string Tolerance::str() const { return format_shortest(value_) + (unit_ == Unit::kPpm ? " ppm" : " Da"); }

double ppm_error(double measured, double theoretical) { return 1e6 * (measured - theoretical) / theoretical; }

}  // namespace molbridge::mass
