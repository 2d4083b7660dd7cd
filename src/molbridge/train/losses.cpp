#include "molbridge/train/losses.hpp"

namespace molbridge::train {

torch::Tensor fingerprint_loss(const torch::Tensor& logits, const torch::Tensor& bits, const torch::Tensor& weights,
                               const FingerprintLossOptions& options) {
  learn::check_shape(bits, {logits.size(0), logits.size(1)}, "bits");
  learn::check_shape(weights, {logits.size(0)}, "weights");
  const torch::Tensor cross_entropy =
      torch::binary_cross_entropy_with_logits(logits, bits, {}, {}, at::Reduction::None).sum(1);
  const torch::Tensor cosine = torch::cosine_similarity(torch::sigmoid(logits), bits, 1);
  const torch::Tensor per_row =
      options.cross_entropy_weight * options.cross_entropy_scale * cross_entropy + options.cosine_weight * (1 - cosine);
  return (per_row * weights).mean();
}

}  // namespace molbridge::train
