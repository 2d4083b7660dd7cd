#include "molbridge/train/combiner_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "molbridge/core/interrupt.hpp"

namespace molbridge::train {
namespace {

struct Padded {
  torch::Tensor rows;    // [N, F] of all candidates
  torch::Tensor slot;    // [N] place in [S * most]
  torch::Tensor truth;   // [S]
  torch::Tensor weight;  // [S]
  std::int64_t samples = 0, most = 0;
};

Padded padded(const std::vector<CombinerSample>& samples, std::int64_t features) {
  Padded out;
  out.samples = static_cast<std::int64_t>(samples.size());
  std::vector<float> rows, weights;
  std::vector<std::int64_t> slots, truths;
  for (const auto& sample : samples)
    out.most = std::max(out.most, static_cast<std::int64_t>(sample.features.size()) / features);
  for (std::int64_t s = 0; s < out.samples; ++s) {
    const auto& sample = samples[static_cast<std::size_t>(s)];
    rows.insert(rows.end(), sample.features.begin(), sample.features.end());
    const auto count = static_cast<std::int64_t>(sample.features.size()) / features;
    for (std::int64_t i = 0; i < count; ++i) slots.push_back(s * out.most + i);
    truths.push_back(sample.truth);
    weights.push_back(sample.weight);
  }
  out.rows = torch::tensor(rows).view({-1, features});
  out.slot = torch::tensor(slots, torch::kInt64);
  out.truth = torch::tensor(truths, torch::kInt64);
  out.weight = torch::tensor(weights);
  return out;
}

std::vector<float> values(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous().flatten().to(torch::kFloat32);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

CombinerWeights fit_combiner(const std::vector<CombinerSample>& samples, const CombinerFitOptions& options) {
  MOLBRIDGE_CHECK(!samples.empty(), "samples");
  const Padded data = padded(samples, options.features);
  const torch::Tensor mean = data.rows.mean(0), deviation = data.rows.std(0, false).clamp_min(1e-3);
  const torch::Tensor x = ((data.rows - mean) / deviation).clamp(-8, 8);
  torch::manual_seed(options.seed);
  torch::Tensor linear = torch::zeros({options.features}).requires_grad_();
  const double spread = 1 / std::sqrt(static_cast<double>(options.features));
  torch::Tensor weight = (torch::randn({options.hidden, options.features}) * spread).requires_grad_();
  torch::Tensor bias = torch::zeros({options.hidden}).requires_grad_();
  torch::Tensor output = torch::zeros({options.hidden}).requires_grad_();  // begins as the linear rule
  const std::vector<torch::Tensor> parameters{linear, weight, bias, output};
  torch::optim::AdamW optimizer(parameters,
                                torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
  const torch::Tensor start = torch::full({data.samples * data.most}, -std::numeric_limits<float>::infinity());
  double last = 0;
  for (std::int64_t step = 0; step < options.steps; ++step) {
    check_interrupt();
    const double done = static_cast<double>(step) / static_cast<double>(options.steps);
    const double rate = options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * done));
    static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options()).lr(rate);
    optimizer.zero_grad();
    const torch::Tensor score = x.matmul(linear) + torch::tanh(torch::linear(x, weight, bias)).matmul(output);
    const torch::Tensor log_share = start.index_put({data.slot}, score).view({data.samples, data.most}).log_softmax(1);
    const torch::Tensor loss =
        -(log_share.gather(1, data.truth.unsqueeze(1)).squeeze(1) * data.weight).sum() / data.weight.sum();
    loss.backward();
    optimizer.step();
    last = loss.item<double>();
  }
  return {values(mean), values(deviation), values(linear), values(weight), values(bias), values(output), last};
}

}  // namespace molbridge::train
