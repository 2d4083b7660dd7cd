#pragma once
// What text bridges minimise. Notation: t [B, D] bridged texts, m [B, D] bridged molecules, row i of both of one pair; s_ij = cos(t_i, m_j).
// A pair (i, j) is right where text i and text j are the same text, or molecule i and molecule j the same molecule: what two drugs share to the letter
// cannot be asked to tell them apart. Works in float32 and float64; checked against finite differences and a double loop.
// Source: Thin Bridges (arXiv 2510.03309): symmetric InfoNCE, same-target negatives weighted, a margin between drugs of one target. Weight, margin
// and where they enter are not published: what stands here is a reconstruction.

#include <string_view>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// What a row with several right columns asks for.
enum class Positives {
  kMean,  ///< each of them: mean over the right ones of -log share. Khosla et al. 2020, L_out
  kSum,   ///< any of them: -log of their summed shares
  kOwn,   ///< its own; the other right ones are left out of the denominator
};
/// "mean", "sum", "own". Errors: kUsage with the list.
Positives parse_positives(std::string_view text);
std::string_view name(Positives positives);

/// Who is who in a batch. Shapes: each [B] int64.
struct PairLabels {
  torch::Tensor molecule, text, target;  ///< equal numbers: the same; a target below 0 is shared with nobody
};

/// -log share of the right columns of each row, text to molecule and molecule to text, averaged. Shares are of
///   Z_i = sum_j w_ij exp(s_ij / tau),  w_ij = 1 + alpha where i and j have one target and are not right, else 1.
/// Shapes: log_temperature scalar; weights [B], of the rows, undefined: equal. Requires alpha > -1.
torch::Tensor weighted_info_nce(const torch::Tensor& t, const torch::Tensor& m, const torch::Tensor& log_temperature,
                                const PairLabels& labels, double alpha, Positives positives,
                                const torch::Tensor& weights = {});

/// Mean over ordered pairs i, j of one target that are not right of max(0, margin - s_ii + s_ij); 0 without such a pair.
torch::Tensor same_target_margin(const torch::Tensor& t, const torch::Tensor& m, const PairLabels& labels,
                                 double margin);

}  // namespace molbridge::train
