#include "molbridge/train/text_losses.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::train {
namespace {

constexpr double kSmallestTemperature = 1e-6;

torch::Tensor same(const torch::Tensor& labels) { return labels.unsqueeze(1) == labels.unsqueeze(0); }

/// [B, B] bool.
torch::Tensor right_pairs(const PairLabels& labels) { return same(labels.text).logical_or(same(labels.molecule)); }

torch::Tensor same_target_negatives(const PairLabels& labels, const torch::Tensor& right) {
  return same(labels.target).logical_and((labels.target >= 0).unsqueeze(1)).logical_and(right.logical_not());
}

void check(const torch::Tensor& t, const torch::Tensor& m, const PairLabels& labels) {
  learn::check_shape(t, {-1, -1}, "t");
  learn::check_shape(m, {t.size(0), t.size(1)}, "m");
  learn::check_shape(labels.molecule, {t.size(0)}, "labels.molecule");
  learn::check_shape(labels.text, {t.size(0)}, "labels.text");
  learn::check_shape(labels.target, {t.size(0)}, "labels.target");
}

torch::Tensor hidden(const torch::Tensor& logits, const torch::Tensor& out) {
  return logits.masked_fill(out, -std::numeric_limits<double>::infinity());
}

/// -log share of the right columns, one value a row. `logits` carry log w_ij.
torch::Tensor row_losses(const torch::Tensor& logits, const torch::Tensor& right, Positives positives) {
  switch (positives) {
    case Positives::kSum: return logits.logsumexp(1) - hidden(logits, right.logical_not()).logsumexp(1);
    case Positives::kOwn: {
      const torch::Tensor own = torch::eye(right.size(0), torch::kBool);
      return -hidden(logits, right.logical_and(own.logical_not())).log_softmax(1).diagonal();
    }
    case Positives::kMean: break;
  }
  return -logits.log_softmax(1).masked_fill(right.logical_not(), 0).sum(1) / right.sum(1);
}

}  // namespace

Positives parse_positives(std::string_view text) {
  for (const auto positives : {Positives::kMean, Positives::kSum, Positives::kOwn}) {
    if (text == name(positives)) return positives;
  }
  throw Error(ErrorCode::kUsage, "unknown loss.positives '" + std::string(text) + "'").remedy("Use mean, sum or own.");
}

std::string_view name(Positives positives) {
  switch (positives) {
    case Positives::kMean: return "mean";
    case Positives::kSum: return "sum";
    case Positives::kOwn: return "own";
  }
  return "";
}

torch::Tensor weighted_info_nce(const torch::Tensor& t, const torch::Tensor& m, const torch::Tensor& log_temperature,
                                const PairLabels& labels, double alpha, Positives positives,
                                const torch::Tensor& weights) {
  check(t, m, labels);
  MOLBRIDGE_CHECK(alpha > -1, std::to_string(alpha));
  const torch::Tensor right = right_pairs(labels);
  torch::Tensor logits =
      normalized(t).matmul(normalized(m).t()) / log_temperature.exp().clamp_min(kSmallestTemperature);
  if (alpha != 0) logits = logits + same_target_negatives(labels, right).to(logits.dtype()) * std::log1p(alpha);
  // Rightness and targets are symmetric, so the columns are the rows of the transpose.
  const torch::Tensor loss = 0.5 * (row_losses(logits, right, positives) + row_losses(logits.t(), right, positives));
  if (!weights.defined()) return loss.mean();
  learn::check_shape(weights, {t.size(0)}, "weights");
  return (loss * weights).sum() / weights.sum();
}

torch::Tensor same_target_margin(const torch::Tensor& t, const torch::Tensor& m, const PairLabels& labels,
                                 double margin) {
  check(t, m, labels);
  const torch::Tensor pairs = same_target_negatives(labels, right_pairs(labels));
  const torch::Tensor s = normalized(t).matmul(normalized(m).t());
  const torch::Tensor excess = (margin - s.diagonal().unsqueeze(1) + s).clamp_min(0);
  return excess.masked_fill(pairs.logical_not(), 0).sum() / pairs.sum().clamp_min(1);
}

}  // namespace molbridge::train
