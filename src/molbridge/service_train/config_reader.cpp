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

}  // namespace molbridge::service_train
