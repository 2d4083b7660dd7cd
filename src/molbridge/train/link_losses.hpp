#pragma once
// What is minimised where a query must find its tail among others. Means over the rows; float32 and float64; checked against finite differences.
// Notation: q [B, D] queries, t [U, D] tails, positive int64 [B] the row of t that each query must find. Logits are cosines / temperature.

#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// Cross-entropy of the positive among itself and its own negatives. Shapes: negatives int64 [B, K], rows of t, -1 where there is none.
/// Source: BioBridge, InfoNCE in "paired" mode, temperature 0.1.
torch::Tensor paired_info_nce(const torch::Tensor& q, const torch::Tensor& t, const torch::Tensor& positive,
                              const torch::Tensor& negatives, double temperature);

/// Cross-entropy of the positive among all tails but those that `out` [B, U] (bool) leaves out: other right answers. The positive must not be
/// left out.
torch::Tensor batch_info_nce(const torch::Tensor& q, const torch::Tensor& t, const torch::Tensor& positive,
                             const torch::Tensor& out, double temperature);

}  // namespace molbridge::train
