#pragma once
// Small random bridges for tests.

#include <string>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::bridges {

struct TestSizes {
  std::int64_t inputs = 9, hidden = 5, layers = 2, outputs = 4;
};

inline std::vector<float> add_random(nn::SafetensorsWriter& weights, const std::string& name,
                                     const std::vector<std::int64_t>& shape, Rng& rng) {
  std::int64_t size = 1;
  for (const std::int64_t n : shape) size *= n;
  std::vector<float> values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(rng.uniform() - 0.5);
  weights.add(name, nn::ElementType::kF32, shape, std::as_bytes(std::span(values)));
  return values;
}

/// Manifest keys and tensors of a bridge in float32.
inline void add_random_fingerprint_ffn(nn::ModelFolderWriter& writer, const TestSizes& sizes, std::uint64_t seed) {
  Rng rng(seed);
  writer.manifest.text("bridge.kind", "fingerprint-ffn");
  writer.manifest.integer("bridge.inputs", sizes.inputs);
  writer.manifest.integer("bridge.hidden", sizes.hidden);
  writer.manifest.integer("bridge.layers", sizes.layers);
  writer.manifest.integer("bridge.outputs", sizes.outputs);
  writer.manifest.number("bridge.dropout", 0.5);
  add_random(writer.weights, "bridge.input_weight", {sizes.inputs, sizes.hidden}, rng);
  add_random(writer.weights, "bridge.input_bias", {sizes.hidden}, rng);
  for (std::int64_t i = 0; i + 1 < sizes.layers; ++i) {
    const std::string name = "bridge.hidden." + std::to_string(i);
    add_random(writer.weights, name + ".weight", {sizes.hidden, sizes.hidden}, rng);
    add_random(writer.weights, name + ".bias", {sizes.hidden}, rng);
  }
  add_random(writer.weights, "bridge.output.weight", {sizes.outputs, sizes.hidden}, rng);
  add_random(writer.weights, "bridge.output.bias", {sizes.outputs}, rng);
  add_random(writer.weights, "bridge.prior", {sizes.outputs}, rng);
}

}  // namespace molbridge::bridges
