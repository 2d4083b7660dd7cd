#pragma once
// DreaMS as its authors' program computes it, on padded batches in LibTorch: every token, every pair of tokens, float32. It is the oracle of
// the fast encoder (encoders/spectrum/dreams.hpp) and what fine-tuning differentiates. Source: as there; docs/formats/dreams.md.

#include <functional>
#include <string>
#include <vector>

#include "molbridge/encoders/spectrum/dreams.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// Called with the name and value of each stage: "fourier", "ff_fourier", "ff_peak", "tokens", "graphormer_bias", "att_weights_<i>", "ffs_<i>",
/// "layer_<i>", "final".
using DreamsStages = std::function<void(const std::string& name, const torch::Tensor& value)>;

/// Threads: forward is const; LibTorch's own threads apply.
class DreamsNet {
 public:
  /// Copies the tensors below `prefix`, heads included. Errors: kModel.
  DreamsNet(const nn::Weights& weights, encoders::DreamsConfig config, const std::string& prefix);
  /// Shapes: peaks [B, T, 2] of (m/z, intensity), m/z 0 is padding; returns [B, T, D].
  torch::Tensor forward(const torch::Tensor& peaks, const DreamsStages& stages = {}) const;
  /// False: sums of the m/z differences as s_i - s_j instead of through all pairs of 980 channels, the same up to rounding. For training, and as
  /// the stricter comparison of speed.
  void set_pairwise_differences(bool pairwise) { pairwise_ = pairwise; }
  /// Logits of the m/z classes of masked peaks. Shapes: [.., D] to [.., classes].
  torch::Tensor mz_logits(const torch::Tensor& tokens) const;
  /// Logit of "the first was eluted before the second". Shapes: [B, D] each to [B, 1].
  torch::Tensor order_logits(const torch::Tensor& first, const torch::Tensor& second) const;
  bool has(const std::string& name) const { return parameters_.contains(name); }
  const torch::Tensor& at(const std::string& name) const;
  const learn::NamedTensors& parameters() const { return parameters_; }

 private:
  torch::Tensor linear(const torch::Tensor& x, const std::string& weight, const std::string& bias) const;
  torch::Tensor chain(torch::Tensor x, const std::string& part) const;
  torch::Tensor norm(const torch::Tensor& x, const std::string& key) const;
  torch::Tensor fourier(const torch::Tensor& mz) const;
  torch::Tensor mz_token(const torch::Tensor& mz) const;
  torch::Tensor tokens(const torch::Tensor& peaks, torch::Tensor& differences, const DreamsStages& stages) const;
  torch::Tensor difference_bias(std::int64_t layer, const torch::Tensor& differences) const;
  torch::Tensor scores(std::int64_t layer, const torch::Tensor& query, const torch::Tensor& key) const;
  torch::Tensor attention(std::int64_t layer, const torch::Tensor& x, const torch::Tensor& differences,
                          const torch::Tensor& padding, const DreamsStages& stages) const;
  torch::Tensor run_layer(std::int64_t layer, torch::Tensor x, const torch::Tensor& differences,
                          const torch::Tensor& padding, const DreamsStages& stages) const;
  torch::Tensor run_vanilla_layer(std::int64_t layer, torch::Tensor x, const torch::Tensor& padding) const;

  encoders::DreamsConfig config_;
  bool pairwise_ = true;
  learn::NamedTensors parameters_;
};

/// Spectra as one padded batch. Shapes: [B, T, 2], T the longest.
torch::Tensor dreams_batch(std::span<const encoders::DreamsTokens> tokens);

/// What the plain program gives for spectra, `batch` at a time. Shapes: returns [spectra, D].
std::vector<float> embed_plainly(const DreamsNet& net, std::span<const encoders::DreamsSpectrum> spectra,
                                 const encoders::DreamsOptions& options, std::size_t batch);

}  // namespace molbridge::train
