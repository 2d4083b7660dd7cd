#include "molbridge/nn/mlp.hpp"

#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::nn {

Mlp Mlp::read(const Weights& weights, const std::string& prefix, const std::vector<std::int64_t>& widths,
              bool relu_last, std::set<std::string>& used) {
  MOLBRIDGE_CHECK(widths.size() >= 2, prefix);
  Mlp mlp;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::string name = prefix + std::to_string(i);
    const bool relu = relu_last || i + 2 < widths.size();
    mlp.layers_.emplace_back(weights.floats(name + ".weight", {widths[i + 1], widths[i]}),
                             weights.floats(name + ".bias", {widths[i + 1]}), widths[i], widths[i + 1],
                             Precision::kFloat32, relu ? Activation::kRelu : Activation::kNone);
    used.insert({name + ".weight", name + ".bias"});
  }
  return mlp;
}

std::vector<float> Mlp::forward(std::vector<float> x) const {
  MOLBRIDGE_CHECK(x.size() % static_cast<std::size_t>(inputs()) == 0, std::to_string(x.size()));
  const auto rows = static_cast<std::int64_t>(x.size()) / inputs();
  std::vector<float> y;
  for (const Linear& layer : layers_) {
    y.resize(static_cast<std::size_t>(rows * layer.outputs()));
    layer.forward(x.data(), rows, y.data());
    std::swap(x, y);
  }
  return x;
}

void require_all_used(const Weights& weights, const std::string& prefix, const std::set<std::string>& used) {
  for (const auto& [name, view] : weights.tensors()) {
    if (!name.starts_with(prefix) || used.contains(name)) continue;
    throw Error(ErrorCode::kModel, "holds the tensor " + name + ", which no part of the model reads")
        .in_file(weights.files().empty() ? "" : weights.files().front());
  }
}

}  // namespace molbridge::nn
