#include "molbridge/train/losses.hpp"

#include <limits>

namespace molbridge::train {
namespace {

constexpr double kSmallestTemperature = 1e-6;
constexpr double kSmallestNorm = 1e-12;

torch::Tensor temperature_of(const torch::Tensor& log_temperature) {
  return log_temperature.exp().clamp_min(kSmallestTemperature);
}

void check_pair(const torch::Tensor& z, const torch::Tensor& y) {
  learn::check_shape(z, {-1, -1}, "z");
  learn::check_shape(y, {z.size(0), z.size(1)}, "y");
}

torch::Tensor masked(const torch::Tensor& logits, const torch::Tensor& out) {
  return logits.masked_fill(out, -std::numeric_limits<double>::infinity());
}

/// [B, B]: same molecule.
torch::Tensor same_group(const torch::Tensor& group) { return group.unsqueeze(0) == group.unsqueeze(1); }

torch::Tensor diagonal(std::int64_t size) { return torch::eye(size, torch::kBool); }

/// True at the first row of each molecule. [B]
torch::Tensor first_of_group(const torch::Tensor& same) {
  return same.tril(-1).any(1).logical_not();  // no earlier row is of the same molecule
}

}  // namespace

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

torch::Tensor first_of_scores(const torch::Tensor& scores, const torch::Tensor& present, const torch::Tensor& weights,
                              const torch::Tensor& log_temperature) {
  learn::check_shape(present, {scores.size(0), scores.size(1) - 1}, "present");
  learn::check_shape(weights, {scores.size(0)}, "weights");
  const torch::Tensor truth = torch::zeros({scores.size(0), 1}, torch::kBool);
  const torch::Tensor out = torch::cat({truth, present.logical_not()}, 1);
  const torch::Tensor loss = -masked(scores / temperature_of(log_temperature), out).log_softmax(1).select(1, 0);
  const torch::Tensor counted = present.any(1);
  return (loss * weights).masked_fill(counted.logical_not(), 0).sum() / counted.sum().clamp_min(1);
}

torch::Tensor normalized(const torch::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(kSmallestNorm); }

torch::Tensor alignment_loss(const torch::Tensor& z, const torch::Tensor& y) {
  check_pair(z, y);
  return (normalized(z) - normalized(y)).pow(2).sum(1).mean();
}

torch::Tensor raw_squared_error(const torch::Tensor& z, const torch::Tensor& y) {
  check_pair(z, y);
  return (z - y).pow(2).mean();
}

torch::Tensor orthogonality_penalty(const torch::Tensor& w) {
  const torch::Tensor gram = w.size(0) <= w.size(1) ? w.matmul(w.t()) : w.t().matmul(w);
  return (gram - torch::eye(gram.size(0), gram.options())).pow(2).sum();
}

torch::Tensor info_nce(const torch::Tensor& z, const torch::Tensor& y, const torch::Tensor& log_temperature,
                       const torch::Tensor& group) {
  check_pair(z, y);
  torch::Tensor logits = normalized(z).matmul(normalized(y).t()) / temperature_of(log_temperature);
  if (group.defined()) logits = masked(logits, same_group(group).logical_and(diagonal(z.size(0)).logical_not()));
  const torch::Tensor to_molecule = logits.log_softmax(1).diagonal();
  const torch::Tensor to_spectrum = logits.log_softmax(0).diagonal();
  return -0.5 * (to_molecule.mean() + to_spectrum.mean());
}

torch::Tensor supervised_contrastive(const torch::Tensor& z, const torch::Tensor& y,
                                     const torch::Tensor& log_temperature, const torch::Tensor& group) {
  check_pair(z, y);
  learn::check_shape(group, {z.size(0)}, "group");
  const torch::Tensor same = same_group(group);
  const torch::Tensor itself = diagonal(z.size(0));
  const torch::Tensor repeated = first_of_group(same).logical_not().unsqueeze(0).expand_as(same);
  const torch::Tensor unit = normalized(z);
  const torch::Tensor others = torch::cat({unit.matmul(unit.t()), unit.matmul(normalized(y).t())}, 1);
  const torch::Tensor out = torch::cat({itself, repeated}, 1);
  const torch::Tensor positive = torch::cat({same, same}, 1).logical_and(out.logical_not());
  const torch::Tensor log_share = masked(others / temperature_of(log_temperature), out).log_softmax(1);
  const torch::Tensor sums = log_share.masked_fill(positive.logical_not(), 0).sum(1);
  return -(sums / positive.sum(1)).mean();
}

torch::Tensor candidate_softmax(const torch::Tensor& z, const torch::Tensor& y, const torch::Tensor& candidates,
                                const torch::Tensor& present, const torch::Tensor& log_temperature) {
  check_pair(z, y);
  learn::check_shape(candidates, {z.size(0), -1, z.size(1)}, "candidates");
  learn::check_shape(present, {z.size(0), candidates.size(1)}, "present");
  const torch::Tensor query = normalized(z).unsqueeze(2);
  const torch::Tensor truth = normalized(y).unsqueeze(1).matmul(query).squeeze(2);  // [B, 1]
  const torch::Tensor decoys = normalized(candidates).matmul(query).squeeze(2);     // [B, C]
  const torch::Tensor none = torch::zeros_like(truth, torch::kBool);
  const torch::Tensor out = torch::cat({none, present.logical_not()}, 1);
  const torch::Tensor logits = torch::cat({truth, decoys}, 1) / temperature_of(log_temperature);
  const torch::Tensor loss = -masked(logits, out).log_softmax(1).select(1, 0);
  const torch::Tensor counted = present.any(1);
  return loss.masked_fill(counted.logical_not(), 0).sum() / counted.sum().clamp_min(1);
}

}  // namespace molbridge::train
