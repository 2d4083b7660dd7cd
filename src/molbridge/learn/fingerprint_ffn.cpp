#include "molbridge/learn/fingerprint_ffn.hpp"

#include <cmath>

namespace molbridge::learn {
namespace {

constexpr double kTypicalEntries = 60.0;  // entries of a usual spectrum; keeps the first layer's sums near unit size

/// Rows divided by what brings their largest value to 127; a row of zeros has the scale 1.
void add_int8(nn::SafetensorsWriter& weights, const std::string& name, const torch::Tensor& matrix) {
  const torch::Tensor largest = matrix.detach().to(torch::kFloat32).abs().amax(1);
  const torch::Tensor scale = torch::where(largest > 0, largest / 127, torch::ones_like(largest));
  add_tensor(weights, name, (matrix.detach() / scale.unsqueeze(1)).round().clamp(-127, 127).to(torch::kInt8));
  add_tensor(weights, name + ".scale", scale);
}

void add_member(nn::SafetensorsWriter& weights, const std::string& prefix, const FingerprintFfnImpl& model,
                WeightFormat format) {
  for (const auto& [name, tensor] : named_state(model)) {
    if (format == WeightFormat::kInt8 && tensor.dim() == 2) {
      add_int8(weights, prefix + name, tensor);
    } else {
      add_tensor(weights, prefix + name, tensor.to(torch::kFloat16));
    }
  }
}

}  // namespace

FingerprintFfnImpl::FingerprintFfnImpl(const FingerprintFfnOptions& options) : options_(options) {
  MOLBRIDGE_CHECK(options.inputs > 0 && options.hidden > 0 && options.outputs > 0 && options.layers > 0, "sizes");
  const double bound = std::sqrt(1.0 / kTypicalEntries);
  input_weight_ =
      register_parameter("input_weight", torch::empty({options.inputs, options.hidden}).uniform_(-bound, bound));
  input_bias_ = register_parameter("input_bias", torch::zeros({options.hidden}));
  const torch::Tensor prior = torch::zeros({options.outputs});
  prior_ = options.trained_prior ? register_parameter("prior", prior) : register_buffer("prior", prior);
  for (std::int64_t i = 1; i < options.layers; ++i)
    hidden_->push_back(torch::nn::Linear(options.hidden, options.hidden));
  register_module("hidden", hidden_);
  output_ = register_module("output", torch::nn::Linear(options.hidden, options.outputs));
  dropout_ = register_module("dropout", torch::nn::Dropout(options.dropout));
}

torch::Tensor FingerprintFfnImpl::forward(const SparseBatch& batch) {
  constexpr std::int64_t kSum = 0;
  torch::Tensor x =
      std::get<0>(torch::embedding_bag(input_weight_, batch.indices, batch.offsets, /*scale_grad_by_freq=*/false, kSum,
                                       /*sparse=*/false, batch.values, /*include_last_offset=*/false));
  x = dropout_(torch::relu(x + input_bias_));  // [B, H]
  for (const auto& layer : *hidden_) x = dropout_(torch::relu(layer->as<torch::nn::Linear>()->forward(x)));
  const torch::Tensor logits = output_(x);  // [B, D]; autocast leaves it narrower
  return logits.scalar_type() == torch::kFloat64 ? logits : logits.to(torch::kFloat32);
}

void FingerprintFfnImpl::set_output_prior(const torch::Tensor& frequency) {
  check_shape(frequency, {options_.outputs}, "bit frequencies");
  const torch::NoGradGuard no_grad;
  const torch::Tensor p = frequency.clamp(1e-4, 1 - 1e-3);
  prior_.copy_(torch::log(p / (1 - p)));
  output_->bias.copy_(prior_);
  output_->weight.mul_(0.5);
}

void write_fingerprint_ffn(const std::vector<FingerprintFfn>& members, WeightFormat format, ConfigWriter& manifest,
                           nn::SafetensorsWriter& weights) {
  MOLBRIDGE_CHECK(!members.empty(), "members");
  const FingerprintFfnOptions& options = members.front()->options();
  manifest.text("bridge.kind", "fingerprint-ffn");
  manifest.integer("bridge.inputs", options.inputs);
  manifest.integer("bridge.hidden", options.hidden);
  manifest.integer("bridge.layers", options.layers);
  manifest.integer("bridge.outputs", options.outputs);
  manifest.number("bridge.dropout", options.dropout);
  if (members.size() > 1) manifest.integer("bridge.members", static_cast<std::int64_t>(members.size()));
  for (std::size_t m = 0; m < members.size(); ++m)
    add_member(weights, m == 0 ? "bridge." : "bridge." + std::to_string(m) + ".", *members[m], format);
}

}  // namespace molbridge::learn
