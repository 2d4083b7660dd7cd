#include "molbridge/service_train/config_reader.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service_train {

double ConfigReader::number(const std::string& key, double fallback, double low, double high) const {
  const double value = config_.number(key, fallback);
  check(key, value, low, high);
  return value;
}

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high) const {
  const std::int64_t value = config_.integer(key, fallback);
  check(key, static_cast<double>(value), static_cast<double>(low), static_cast<double>(high));
  return value;
}

void ConfigReader::check(const std::string& key, double value, double low, double high) const {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::kUsage, key + " must be between " + format_shortest(low) + " and " + format_shortest(high) +
                                     ", not " + format_shortest(value))
      .in_file(config_.name());
}

bool ConfigReader::wide_weights(bool fallback) const {
  const std::string weights = config_.text("bridge.weights", fallback ? "f32" : "f16");
  if (weights != "f16" && weights != "f32")
    throw Error(ErrorCode::kUsage, "bridge.weights must be f16 or f32, not " + weights).in_file(config_.name());
  return weights == "f32";
}

}  // namespace molbridge::service_train
