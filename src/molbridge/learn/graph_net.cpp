#include "molbridge/learn/graph_net.hpp"

namespace molbridge::learn {
namespace {

enum class Bag : std::int64_t { kSum = 0, kMax = 2 };

torch::Tensor pooled(const torch::Tensor& x, const torch::Tensor& rows, const torch::Tensor& offsets, Bag mode,
                     const c10::optional<torch::Tensor>& weights = {}) {
  return std::get<0>(torch::embedding_bag(x, rows, offsets, /*scale_grad_by_freq=*/false,
                                          static_cast<std::int64_t>(mode), /*sparse=*/false, weights));
}

}  // namespace

GraphNetImpl::GraphNetImpl(const GraphNetOptions& options) : options_(options) {
  MOLBRIDGE_CHECK(options.inputs > 0 && !options.convolutions.empty() && !options.head.empty(), "sizes");
  std::int64_t width = options.inputs;
  for (std::size_t i = 0; i < options.convolutions.size(); ++i) {
    const std::string name = std::to_string(i);
    linears_.push_back(register_module("conv" + name, torch::nn::Linear(width, options.convolutions[i])));
    norms_.push_back(register_module("norm" + name, torch::nn::BatchNorm1d(options.convolutions[i])));
    width = options.convolutions[i];
  }
  std::vector<std::int64_t> widths{width};
  widths.insert(widths.end(), options.head.begin(), options.head.end());
  head_ = register_module("head", Mlp(widths, options.head_dropout, false));
}

torch::Tensor GraphNetImpl::forward(const GraphBatch& batch) {
  check_shape(batch.features, {-1, options_.inputs}, "features of atoms");
  torch::Tensor x = batch.features;
  for (std::size_t i = 0; i < linears_.size(); ++i) {
    x = norms_[i](linears_[i](pooled(x, batch.neighbors, batch.atoms, Bag::kSum, batch.weights)));
    x = torch::dropout(torch::relu(x), options_.convolution_dropout, is_training());
  }
  return head_(pooled(x, torch::arange(x.size(0), torch::kInt64), batch.molecules, Bag::kMax));
}

NamedTensors folded_tensors(const GraphNetImpl& model) {
  const torch::NoGradGuard no_grad;
  NamedTensors out;
  for (std::size_t i = 0; i < model.linears_.size(); ++i) {
    const auto& linear = *model.linears_[i];
    const auto& norm = *model.norms_[i];
    const torch::Tensor scale = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
    const std::string name = "conv." + std::to_string(i) + ".0.";
    out[name + "weight"] = linear.weight * scale.unsqueeze(1);
    out[name + "bias"] = (linear.bias - norm.running_mean) * scale + norm.bias;
  }
  for (const auto& [name, tensor] : named_state(*model.head_)) out["head." + name] = tensor;
  return out;
}

void write_graph_net(const GraphNetImpl& model, ConfigWriter& manifest, nn::SafetensorsWriter& weights) {
  manifest.integers("network.convolutions", model.options().convolutions);
  manifest.integers("network.head", model.options().head);
  for (const auto& [name, tensor] : folded_tensors(model)) add_tensor(weights, name, tensor);
}

}  // namespace molbridge::learn
