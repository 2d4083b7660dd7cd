#pragma once
// The Fingerprint FFN bridge while it learns: sparse spectrum features -> MLP -> logits of fingerprint bits. bridges/fingerprint_ffn.hpp
// is the same network without gradients.
//
//   x [sparse F] ── sum of weighted rows of W0 [F, H] + b0 ── ReLU ── dropout ── (Linear H->H ── ReLU ── dropout)* ── Linear H->D
//
// The first layer is a weighted sum of rows, so its cost follows the peaks of a spectrum, not the width F.
// Source: "Fingerprint FFN" of the SpecBridge tables; here with sparse input, cross-entropy and cosine.

#include <cstdint>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

/// A batch of sparse rows in compressed form: row b holds entries offsets[b] to offsets[b+1] (the last one to the end).
struct SparseBatch {
  torch::Tensor indices;  ///< [E] int64
  torch::Tensor offsets;  ///< [B] int64
  torch::Tensor values;   ///< [E] float32
};

struct FingerprintFfnOptions {
  std::int64_t inputs = 0;    ///< F
  std::int64_t hidden = 512;  ///< H
  std::int64_t layers = 2;    ///< hidden layers, at least 1
  std::int64_t outputs = 0;   ///< D
  double dropout = 0.3;
  /// The prior that is taken off for ranking is trained like any weight, beginning at the bit frequencies: what a bit is worth in telling
  /// candidates apart is not how rare it is. Needs a loss that ranks.
  bool trained_prior = false;
};

/// Numbers in which matrices are written.
enum class WeightFormat {
  kFloat16,
  kInt8,  ///< with a float32 scale per row
};

class FingerprintFfnImpl : public torch::nn::Module {
 public:
  explicit FingerprintFfnImpl(const FingerprintFfnOptions& options);
  /// Shapes: returns logits [B, D] float32. Threads: const in eval mode.
  torch::Tensor forward(const SparseBatch& batch);
  /// What ranks: how much more likely each bit is than among the training molecules, log(p / (1-p)) - log(f / (1-f)). Common bits, which
  /// every candidate has, then say little, and rare ones that the spectrum shows say much. Shapes: [B, D].
  torch::Tensor log_odds_ratio(const SparseBatch& batch) { return log_odds_ratio_of(forward(batch)); }
  torch::Tensor log_odds_ratio_of(const torch::Tensor& logits) const { return logits - prior_; }
  /// Starts every output at the logit of its bit's frequency among the training molecules ([D], in (0, 1)), so that learning does
  /// not begin by discovering that most bits are off.
  void set_output_prior(const torch::Tensor& frequency);
  const FingerprintFfnOptions& options() const { return options_; }

 private:
  FingerprintFfnOptions options_;
  torch::Tensor input_weight_, input_bias_;
  torch::Tensor prior_;  ///< [D] logits of the bit frequencies; a buffer unless it is trained
  torch::nn::ModuleList hidden_;
  torch::nn::Linear output_{nullptr};
  torch::nn::Dropout dropout_;
};
TORCH_MODULE(FingerprintFfn);

/// Sizes below [bridge] of the manifest, tensors of the first member under "bridge.", of the next under "bridge.1." and so on. Vectors as
/// float16, matrices as `format` says; the loss of accuracy stands in the model card. Requires members of equal sizes, at least one.
void write_fingerprint_ffn(const std::vector<FingerprintFfn>& members, WeightFormat format, ConfigWriter& manifest,
                           nn::SafetensorsWriter& weights);

}  // namespace molbridge::learn
