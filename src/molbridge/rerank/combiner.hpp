#pragma once
// From what is known of a candidate to one score: a linear function and a small hidden layer on standardised features.
//
//   x = (features - mean) / deviation, held within 8        score = w . x + v . tanh(W x + b)

#include <span>
#include <vector>

#include "molbridge/nn/model_folder.hpp"

namespace molbridge::rerank {

/// Threads: const use is safe.
struct Combiner {
  std::vector<float> mean, deviation;  ///< [features]
  std::vector<float> linear;           ///< [features]
  std::vector<float> hidden_weight;    ///< [H, features]
  std::vector<float> hidden_bias;      ///< [H]
  std::vector<float> output;           ///< [H]

  std::size_t features() const { return mean.size(); }
  /// Shapes: rows [n, features]; returns [n].
  std::vector<float> scores(std::span<const float> rows) const;
  /// Tensors "combine.*" as float32. Errors of read: kModel.
  void write(nn::SafetensorsWriter& writer) const;
  static Combiner read(const nn::ModelFolder& folder);
};

}  // namespace molbridge::rerank
