#include "molbridge/learn/mlp.hpp"

namespace molbridge::learn {

MlpImpl::MlpImpl(const std::vector<std::int64_t>& widths, double dropout, bool relu_last)
    : dropout_(dropout), relu_last_(relu_last) {
  MOLBRIDGE_CHECK(widths.size() >= 2, std::to_string(widths.size()));
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    layers_.push_back(register_module(std::to_string(i), torch::nn::Linear(widths[i], widths[i + 1])));
    if (i + 2 == widths.size() && !relu_last) break;
    torch::nn::init::kaiming_uniform_(layers_.back()->weight, 0, torch::kFanIn, torch::kReLU);
  }
}

torch::Tensor MlpImpl::forward(torch::Tensor x) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i]->forward(x);
    if (i + 1 < layers_.size() || relu_last_) x = torch::dropout(torch::relu(x), dropout_, is_training());
  }
  return x;
}

std::vector<std::int64_t> mlp_widths(std::int64_t inputs, std::int64_t hidden, std::int64_t layers,
                                     std::int64_t outputs) {
  std::vector<std::int64_t> widths{inputs};
  for (std::int64_t i = 1; i < layers; ++i) widths.push_back(hidden);
  widths.push_back(outputs);
  return widths;
}

torch::Tensor sum_of_segments(const torch::Tensor& x, const torch::Tensor& offsets) {
  constexpr std::int64_t kSum = 0;
  if (x.size(0) == 0) return torch::zeros({offsets.size(0), x.size(1)}, x.options());
  return std::get<0>(torch::embedding_bag(x, torch::arange(x.size(0), torch::kInt64), offsets,
                                          /*scale_grad_by_freq=*/false, kSum, /*sparse=*/false));
}

}  // namespace molbridge::learn
