#pragma once
// Numbers of a training config within their range.

#include <cstdint>
#include <string>

#include "molbridge/core/config.hpp"

namespace molbridge::service_train {

/// Errors: kUsage with key, range and value.
class ConfigReader {
 public:
  explicit ConfigReader(const Config& config) : config_(config) {}
  double number(const std::string& key, double fallback, double low, double high) const;
  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t low, std::int64_t high) const;
  /// In which numbers a model is written: "f32" (true) or "f16" (false).
  bool wide_weights(bool fallback) const;

 private:
  void check(const std::string& key, double value, double low, double high) const;
  const Config& config_;
};

}  // namespace molbridge::service_train
