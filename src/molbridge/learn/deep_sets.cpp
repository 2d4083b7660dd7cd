#include "molbridge/learn/deep_sets.hpp"

namespace molbridge::learn {
namespace {

constexpr std::int64_t kPeakInputs = 2;

}  // namespace

DeepSetsImpl::DeepSetsImpl(const DeepSetsOptions& options) : options_(options) {
  const bool fourier = options.fourier_hidden > 0;
  MOLBRIDGE_CHECK(options.layers > 0 && options.outputs > 0 && fourier == (options.inputs > kPeakInputs), "sizes");
  MOLBRIDGE_CHECK(!fourier || (options.fourier_width > 0 && options.fourier_width < options.hidden), "channels");
  prior_ = register_buffer("prior", torch::zeros({options.outputs}));
  if (fourier) {
    peak_ = register_module("peak", Mlp(std::vector{kPeakInputs, options.hidden - options.fourier_width}, 0.0, true));
    const std::vector widths{options.inputs - kPeakInputs, options.fourier_hidden, options.fourier_width};
    fourier_ = register_module("fourier", Mlp(widths, options.dropout, true));
  }
  const std::int64_t first = fourier ? options.hidden : kPeakInputs;
  phi_ = register_module(
      "phi", Mlp(mlp_widths(first, options.hidden, options.layers, options.hidden), options.dropout, false));
  rho_ = register_module(
      "rho", Mlp(mlp_widths(options.hidden, options.hidden, options.layers, options.outputs), options.dropout, false));
}

torch::Tensor DeepSetsImpl::embed(const torch::Tensor& tokens) {
  if (fourier_.is_empty()) return tokens;
  return torch::cat(
      {peak_(tokens.narrow(1, 0, kPeakInputs)), fourier_(tokens.narrow(1, kPeakInputs, options_.inputs - kPeakInputs))},
      1);
}

torch::Tensor DeepSetsImpl::forward(const torch::Tensor& tokens, const torch::Tensor& offsets) {
  check_shape(tokens, {-1, options_.inputs}, "tokens");
  torch::Tensor pooled = sum_of_segments(phi_(embed(tokens)), offsets);  // [B, H]
  if (options_.mean) {
    const torch::Tensor ends =
        torch::cat({offsets.slice(0, 1), torch::full({1}, tokens.size(0), torch::kInt64)}).slice(0, 0, offsets.size(0));
    pooled = pooled / (ends - offsets).clamp_min(1).unsqueeze(1);
  }
  return rho_(pooled);  // [B, D]
}

void DeepSetsImpl::set_output_prior(const torch::Tensor& frequency) {
  check_shape(frequency, {options_.outputs}, "bit frequencies");
  const torch::NoGradGuard no_grad;
  const torch::Tensor p = frequency.clamp(1e-4, 1 - 1e-3);
  prior_.copy_(torch::log(p / (1 - p)));
  rho_->last()->bias.copy_(prior_);
}

void write_deep_sets(const DeepSetsImpl& model, ConfigWriter& manifest, nn::SafetensorsWriter& weights) {
  const DeepSetsOptions& options = model.options();
  manifest.text("bridge.kind", "deepsets");
  manifest.integer("bridge.inputs", options.inputs);
  manifest.integer("bridge.fourier_hidden", options.fourier_hidden);
  manifest.integer("bridge.hidden", options.hidden);
  manifest.integer("bridge.layers", options.layers);
  manifest.integer("bridge.outputs", options.outputs);
  manifest.text("bridge.pooling", options.mean ? "mean" : "sum");
  manifest.number("bridge.dropout", options.dropout);
  for (const auto& [name, tensor] : named_state(model))
    add_tensor(weights, "bridge." + name, name == "prior" ? tensor : tensor.to(torch::kFloat16));
}

}  // namespace molbridge::learn
