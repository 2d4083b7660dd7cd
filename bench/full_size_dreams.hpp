#pragma once
// A DreaMS checkpoint of the published sizes whose weights follow a rule: for speed, and for comparing numeric formats where the published
// weights are not at hand. 95.5 million parameters, 382 MB.

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/nn/safetensors.hpp"

namespace molbridge::bench {

class FullSizeDreams {
 public:
  static void write(const std::string& path) {
    FullSizeDreams file;
    file.add_frequencies();
    file.add_feed_forward("ff_peak", {2, 44});
    file.add_feed_forward("ff_fourier", {11994, 512, 512, 512, 512, 980});
    const std::string encoder = "transformer_encoder.";
    for (int layer = 0; layer < 7; ++layer) {
      const double spread = std::sqrt(2.0 / (5 * kWidth));
      file.add_random(encoder + "atts." + std::to_string(layer) + ".weights", {4 * kWidth, kWidth}, spread);
      file.add_random(encoder + "ffs." + std::to_string(layer) + ".in_proj.weight", {4 * kWidth, kWidth}, spread);
      file.add_random(encoder + "ffs." + std::to_string(layer) + ".out_proj.weight", {kWidth, 4 * kWidth}, spread);
    }
    for (int norm = 0; norm < 15; ++norm) {
      file.add_constant(encoder + "scales." + std::to_string(norm) + ".weight", kWidth, 1.0F);
      file.add_constant(encoder + "scales." + std::to_string(norm) + ".bias", kWidth, 0.0F);
    }
    file.writer_.write(path);
  }

 private:
  static constexpr std::int64_t kWidth = 1024;

  void add(const std::string& name, std::vector<std::int64_t> shape, const std::vector<float>& values) {
    writer_.add(name, nn::ElementType::kF32, std::move(shape), std::as_bytes(std::span(values)));
  }
  void add_constant(const std::string& name, std::int64_t size, float value) {
    add(name, {size}, std::vector<float>(static_cast<std::size_t>(size), value));
  }
  void add_random(const std::string& name, const std::vector<std::int64_t>& shape, double spread) {
    std::vector<float> values(static_cast<std::size_t>(shape[0] * (shape.size() > 1 ? shape[1] : 1)));
    for (float& value : values) value = static_cast<float>((rng_.uniform() - 0.5) * std::sqrt(12.0) * spread);
    add(name, shape, values);
  }
  /// Uniform in +-1/sqrt(inputs), as PyTorch fills linear layers.
  void add_feed_forward(const std::string& part, const std::vector<std::int64_t>& widths) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const std::string key = part + ".ff." + std::to_string(3 * i);
      const double spread = 1 / std::sqrt(3.0 * static_cast<double>(widths[i]));
      add_random(key + ".weight", {widths[i + 1], widths[i]}, spread);
      add_random(key + ".bias", {widths[i + 1]}, spread);
    }
  }
  /// Source: DreaMS, lin_float_int: 1 / (1e-4 i) for even i below 10,000, then 1 / i below 1,000.
  void add_frequencies() {
    std::vector<float> values;
    for (int i = 2; i < 10000; i += 2) values.push_back(static_cast<float>(1.0 / (1e-4 * i)));
    for (int i = 2; i < 1000; ++i) values.push_back(static_cast<float>(1.0 / i));
    const auto count = static_cast<std::int64_t>(values.size());
    add("fourier_enc.b", {1, count}, values);
  }

  Rng rng_{1};
  nn::SafetensorsWriter writer_;
};

}  // namespace molbridge::bench
