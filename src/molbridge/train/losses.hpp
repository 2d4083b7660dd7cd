#pragma once
// Losses of fingerprint prediction.

#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

struct FingerprintLossOptions {
  double cross_entropy_weight = 1;
  double cosine_weight = 1;
  double cross_entropy_scale =
      0.02;  ///< about 1 / bits that are on: brings the sum over bits to the size of the cosine term
};

/// Mean over the batch of  w_ce * scale * sum_d BCE(logit, bit)  +  w_cos * (1 - cos(sigmoid(logits), bits)).
/// Shapes: logits [B, D], bits [B, D] in {0, 1}, weights [B] (mean 1). Source: cross-entropy per bit as in CSI:FingerID-like
/// models; the cosine term as in MassSpecGym's fingerprint baselines, and it is what the ranking uses.
torch::Tensor fingerprint_loss(const torch::Tensor& logits, const torch::Tensor& bits, const torch::Tensor& weights,
                               const FingerprintLossOptions& options);

}  // namespace molbridge::train
