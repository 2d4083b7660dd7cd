#pragma once
// The DeepSets bridge while it learns: a set of tokens -> logits of fingerprint bits. bridges/deep_sets.hpp is the same network without
// gradients, and has its picture.

#include <cstdint>

#include "molbridge/core/config.hpp"
#include "molbridge/learn/mlp.hpp"

namespace molbridge::learn {

struct DeepSetsOptions {
  std::int64_t inputs = 2;          ///< I: m/z and intensity, then Fourier features
  std::int64_t fourier_hidden = 0;  ///< E; 0 exactly where there are no Fourier features
  std::int64_t fourier_width = 0;   ///< Hf: what the features become beside the H - Hf channels of m/z and intensity
  std::int64_t hidden = 512;        ///< H
  std::int64_t layers = 4;          ///< of phi and of rho
  std::int64_t outputs = 0;         ///< D
  bool mean = false;                ///< instead of the sum over tokens
  double dropout = 0.1;
};

class DeepSetsImpl : public torch::nn::Module {
 public:
  explicit DeepSetsImpl(const DeepSetsOptions& options);
  /// Shapes: tokens [T, I], offsets [B] int64 (the first token of each set); returns logits [B, D].
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& offsets);
  /// Probabilities of the bits, and how much likelier than usual they are: logits minus prior. Shapes: [B, D].
  torch::Tensor probabilities(const torch::Tensor& tokens, const torch::Tensor& offsets) {
    return torch::sigmoid(forward(tokens, offsets));
  }
  torch::Tensor log_odds_ratio(const torch::Tensor& tokens, const torch::Tensor& offsets) {
    return forward(tokens, offsets) - prior_;
  }
  /// Starts every output at the logit of its bit's frequency among the training molecules ([D], in (0, 1)), so that learning does not begin by
  /// discovering that most bits are off.
  void set_output_prior(const torch::Tensor& frequency);
  const DeepSetsOptions& options() const { return options_; }

 private:
  torch::Tensor embed(const torch::Tensor& tokens);

  DeepSetsOptions options_;
  torch::Tensor prior_;  ///< [D] logits of the bit frequencies; a buffer, not trained
  Mlp peak_{nullptr}, fourier_{nullptr}, phi_{nullptr}, rho_{nullptr};
};
TORCH_MODULE(DeepSets);

/// Sizes below [bridge] of the manifest, tensors under "bridge." as float16, the prior as float32.
void write_deep_sets(const DeepSetsImpl& model, ConfigWriter& manifest, nn::SafetensorsWriter& weights);

}  // namespace molbridge::learn
