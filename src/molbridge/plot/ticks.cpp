#include "molbridge/plot/ticks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::plot {
namespace {

/// The smallest 1, 2 or 5 times a power of ten that is not below `raw`.
double nice_step(double raw) {
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string scientific(double value) {
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
  const double mantissa = value / std::pow(10.0, exponent);
  return format_shortest(std::round(mantissa * 1000) / 1000) + "e" + std::to_string(exponent);
}

std::string with_thousands(double value) {
  const std::string digits = format_count(static_cast<std::uint64_t>(std::llround(std::abs(value))));
  return value < 0 ? "-" + digits : digits;
}

Ticks thinned(const Ticks& ticks, int max_count) {
  const auto every =
      (ticks.values.size() + static_cast<std::size_t>(max_count) - 1) / static_cast<std::size_t>(max_count);
  Ticks out;
  for (std::size_t i = 0; i < ticks.values.size(); i += every) {
    out.values.push_back(ticks.values[i]);
    out.labels.push_back(ticks.labels[i]);
  }
  return out;
}

Ticks decades(double low, double high, const std::vector<double>& factors) {
  Ticks out;
  for (int exponent = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, exponent) <= high; ++exponent) {
    for (const double factor : factors) {
      const double value = factor * std::pow(10.0, exponent);
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      out.values.push_back(value);
      out.labels.push_back(tick_label(value, value));
    }
  }
  return out;
}

}  // namespace

std::string tick_label(double value, double step) {
  if (std::abs(value) < step * 1e-6) return "0";
  const double largest = std::abs(value);
  if (largest >= 1e7 || (step < 0.999e-3 && largest < 1e-2)) return scientific(value);
  if (step >= 1) return with_thousands(value);
  const int decimals = static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return format_fixed(value, std::min(decimals, 12));
}

Ticks linear_ticks(double low, double high, int max_count) {
  MOLBRIDGE_CHECK(low < high && std::isfinite(high - low) && max_count >= 2,
                  format_shortest(low) + " " + format_shortest(high));
  double step = nice_step((high - low) / max_count);
  const auto first = [&] { return std::ceil(low / step - 1e-9); };
  const auto last = [&] { return std::floor(high / step + 1e-9); };
  while (last() - first() + 1 > max_count) step = nice_step(step * 1.5);
  Ticks out;
  for (double multiple = first(); multiple <= last(); ++multiple) {
    out.values.push_back(multiple == 0 ? 0 : multiple * step);
    out.labels.push_back(tick_label(out.values.back(), step));
  }
  return out;
}

Ticks log_ticks(double low, double high, int max_count) {
  MOLBRIDGE_CHECK(0 < low && low < high && max_count >= 2, format_shortest(low) + " " + format_shortest(high));
  Ticks out = decades(low, high, {1});
  if (out.values.size() < 3) {
    Ticks finer = decades(low, high, {1, 2, 5});
    if (out.values.size() < 2 || finer.values.size() <= static_cast<std::size_t>(max_count)) out = std::move(finer);
  }
  if (out.values.size() < 2) return linear_ticks(low, high, max_count);
  return thinned(out, max_count);
}

}  // namespace molbridge::plot
