#pragma once
// What is minimised. Every function gives the mean over the batch, works in float32 and float64, and is checked against finite differences.
// Notation: z [B, D] bridged spectra (or texts), y [B, D] the frozen vectors of their molecules, group [B] int64 the molecule of each row.

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

/// Mean over the rows that have a candidate of  w * -log softmax(scores / temperature)[0]: the truth stands first. Shapes: scores [B, 1 + C],
/// present [B, C] bool: false for places that hold no candidate; weights [B]; log_temperature scalar.
torch::Tensor first_of_scores(const torch::Tensor& scores, const torch::Tensor& present, const torch::Tensor& weights,
                              const torch::Tensor& log_temperature);

/// Rows divided by their length; a zero row stays zero.
torch::Tensor normalized(const torch::Tensor& x);

/// |z/|z| - y/|y||^2 = 2 - 2 cos. Source: SpecBridge paper, section 3.3, L_align.
torch::Tensor alignment_loss(const torch::Tensor& z, const torch::Tensor& y);

/// Mean over batch and components of (z - y)^2, neither normalised. Source: SpecBridge as released (the paper describes alignment_loss).
torch::Tensor raw_squared_error(const torch::Tensor& z, const torch::Tensor& y);

/// |W W^T - I|_F^2, or |W^T W - I|_F^2 where W is taller than wide, which no W could bring to zero the other way. Shapes: w [out, in].
/// Source: SpecBridge paper, section 3.3, L_ortho (the released code takes a mean of squares, a thousandth of a thousandth of this).
torch::Tensor orthogonality_penalty(const torch::Tensor& w);

/// Cross-entropy of the true molecule among those of the batch, and of the true spectrum, averaged; logits are cosines / temperature. Other rows
/// of the same molecule are neither positives nor negatives. Shapes: log_temperature scalar; group may be undefined: then every other row is a
/// negative, as in the released code. Source: SpecBridge paper, A.4; temperature learned, 0.07 at first, at least 1e-6.
torch::Tensor info_nce(const torch::Tensor& z, const torch::Tensor& y, const torch::Tensor& log_temperature,
                       const torch::Tensor& group);

/// For each spectrum, the mean of -log softmax over its positives: its own molecule and the batch's other spectra of it, against all other spectra and
/// all molecules of the batch, each molecule once. Source: Khosla et al., "Supervised contrastive learning", L_out, across two modalities.
torch::Tensor supervised_contrastive(const torch::Tensor& z, const torch::Tensor& y,
                                     const torch::Tensor& log_temperature, const torch::Tensor& group);

/// Cross-entropy of the truth among candidates of the same formula or mass; logits are cosines / temperature. Shapes: y [B, D] the truths,
/// candidates [B, C, D] others, present [B, C] bool: false for places that hold none. Rows without any candidate count nothing. Source: the
/// candidate softmax of MSAlign; it is what ranking asks for.
torch::Tensor candidate_softmax(const torch::Tensor& z, const torch::Tensor& y, const torch::Tensor& candidates,
                                const torch::Tensor& present, const torch::Tensor& log_temperature);

}  // namespace molbridge::train
