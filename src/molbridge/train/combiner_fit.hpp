#pragma once
// Fits the combiner of the second stage (rerank/combiner.hpp has its formula) by a softmax over pools.

#include <cstdint>
#include <vector>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

struct CombinerSample {
  std::vector<float> features;  ///< [candidates * F]
  std::int64_t truth = 0;       ///< index of the right candidate
  float weight = 1;
};

struct CombinerFitOptions {
  std::int64_t features = 0;  ///< F
  std::int64_t hidden = 16;
  std::int64_t steps = 150;  ///< of AdamW on all samples at once; more of them learn the samples by heart
  double learning_rate = 0.01;
  double weight_decay = 1e-3;
  std::uint64_t seed = 1;
};

struct CombinerWeights {
  std::vector<float> mean, deviation, linear, hidden_weight, hidden_bias, output;
  double loss = 0;  ///< at the end, weighted mean
};

/// Requires at least one sample. Cost: steps times a pass over all candidates.
CombinerWeights fit_combiner(const std::vector<CombinerSample>& samples, const CombinerFitOptions& options);

}  // namespace molbridge::train
