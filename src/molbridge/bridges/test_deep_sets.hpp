#pragma once
// Small random DeepSets bridges for tests.

#include "molbridge/bridges/deep_sets.hpp"
#include "molbridge/bridges/test_fingerprint_ffn.hpp"

namespace molbridge::bridges {

struct DeepSetsSizes {
  std::int64_t inputs = 2, fourier_hidden = 0, hidden = 5, layers = 2, outputs = 4;
  std::string pooling = "sum", score = "probability";
};

/// Manifest keys and tensors of a bridge in float32.
inline void add_random_deep_sets(nn::ModelFolderWriter& writer, const DeepSetsSizes& sizes, std::uint64_t seed) {
  Rng rng(seed);
  writer.manifest.text("bridge.score", sizes.score);
  writer.manifest.integer("bridge.inputs", sizes.inputs);
  writer.manifest.integer("bridge.fourier_hidden", sizes.fourier_hidden);
  writer.manifest.integer("bridge.hidden", sizes.hidden);
  writer.manifest.integer("bridge.layers", sizes.layers);
  writer.manifest.integer("bridge.outputs", sizes.outputs);
  writer.manifest.text("bridge.pooling", sizes.pooling);
  const auto layer = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    add_random(writer.weights, "bridge." + name + ".weight", {out, in}, rng);
    add_random(writer.weights, "bridge." + name + ".bias", {out}, rng);
  };
  const bool fourier = sizes.fourier_hidden > 0;
  if (fourier) {
    const std::int64_t part = deep_sets_fourier_width(sizes.hidden);
    layer("peak.0", 2, sizes.hidden - part);
    layer("fourier.0", sizes.inputs - 2, sizes.fourier_hidden);
    layer("fourier.1", sizes.fourier_hidden, part);
  }
  for (std::int64_t i = 0; i < sizes.layers; ++i) {
    const bool last = i + 1 == sizes.layers;
    layer("phi." + std::to_string(i), i == 0 && !fourier ? 2 : sizes.hidden, sizes.hidden);
    layer("rho." + std::to_string(i), sizes.hidden, last ? sizes.outputs : sizes.hidden);
  }
  add_random(writer.weights, "bridge.prior", {sizes.outputs}, rng);
}

}  // namespace molbridge::bridges
