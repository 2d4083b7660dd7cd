#include "molbridge/encoders/spectrum/dreams_layers.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/float_tensor.hpp"
#include "molbridge/nn/kernels.hpp"

namespace molbridge::encoders {
namespace {

constexpr float kEpsilon = 1e-5F;

std::vector<float> optional_values(const DreamsSource& source, const std::string& key,
                                   std::vector<std::int64_t> shape) {
  return source.weights.has(key) ? source.weights.floats(key, shape) : std::vector<float>();
}

nn::Linear load_linear(const DreamsSource& source, const std::string& weight, const std::string& bias,
                       std::int64_t inputs, nn::Activation activation) {
  const nn::FloatTensor tensor(source.weights, weight, {-1, inputs});
  if (tensor.values().empty()) source.refuse(weight, "it is empty");
  const auto biases = optional_values(source, bias, {tensor.size(0)});
  return {tensor.values(), biases, inputs, tensor.size(0), source.precision, activation};
}

/// y += W2 act(W1 x + b1) + b2 from two pairs of tensors.
nn::FeedForward load_feed_forward(const DreamsSource& source, const std::string& in, const std::string& out,
                                  nn::Activation activation) {
  const std::int64_t width = source.config.d_model();
  nn::Linear first = load_linear(source, in + ".weight", in + ".bias", width, activation);
  nn::Linear second = load_linear(source, out + ".weight", out + ".bias", first.outputs(), nn::Activation::kNone);
  if (second.outputs() != width)
    source.refuse(out, "it gives " + std::to_string(second.outputs()) + " values, not " + std::to_string(width));
  return {std::move(first), std::move(second)};
}

/// Rows [begin, end) of a stack of D x D matrices as one product.
nn::Linear slice(std::span<const float> weight, std::span<const float> bias, std::int64_t width, std::int64_t begin,
                 std::int64_t end, nn::Precision precision) {
  const auto first = static_cast<std::size_t>(begin * width), count = static_cast<std::size_t>((end - begin) * width);
  const auto rows = static_cast<std::size_t>(width);
  return {weight.subspan(first * rows, count * rows), bias.empty() ? bias : bias.subspan(first, count), width,
          (end - begin) * width, precision};
}

/// q, k and v stand below one another in `weight`. A layer that computes the first query only has them apart.
void load_projection(const DreamsSource& source, std::span<const float> weight, std::span<const float> bias,
                     bool split_query, DreamsLayer& layer) {
  const std::int64_t width = source.config.d_model();
  if (split_query) {
    layer.query = slice(weight, bias, width, 0, 1, source.precision);
    layer.key_value = slice(weight, bias, width, 1, 3, source.precision);
  } else {
    layer.projection = slice(weight, bias, width, 0, 3, source.precision);
  }
}

/// The four D x D blocks of an attention layer, q, k, v and the output.
void load_attention(const DreamsSource& source, const std::string& key, bool split_query, DreamsLayer& layer) {
  const std::int64_t width = source.config.d_model();
  const nn::FloatTensor weight(source.weights, key + "weights", {4 * width, width});
  const auto bias = optional_values(source, key + "biases", {4 * width});
  load_projection(source, weight.values(), bias, split_query, layer);
  layer.output = slice(weight.values(), bias, width, 3, 4, source.precision);
  layer.graphormer = optional_values(source, key + "lin_graphormer.weight", {source.config.heads, -1});
  layer.additive = optional_values(source, key + "additive_v", {source.config.heads, width / source.config.heads});
}

DreamsLayer load_own(const DreamsSource& source, std::int64_t index, bool split_query) {
  const std::string encoder = source.prefix + "transformer_encoder.", number = std::to_string(index);
  DreamsLayer layer;
  load_attention(source, encoder + "atts." + number + ".", split_query, layer);
  const std::string ff = encoder + "ffs." + number + ".";
  layer.feed_forward = load_feed_forward(source, ff + "in_proj", ff + "out_proj", nn::Activation::kRelu);
  layer.attention_norm = DreamsNorm::load(source, encoder + "scales." + std::to_string(2 * index));
  layer.feed_forward_norm = DreamsNorm::load(source, encoder + "scales." + std::to_string(2 * index + 1));
  return layer;
}

/// torch.nn.TransformerEncoderLayer with norm_first and GELU.
DreamsLayer load_vanilla(const DreamsSource& source, std::int64_t index, bool split_query) {
  const std::string key = source.prefix + "transformer_encoder.layers." + std::to_string(index) + ".";
  const std::int64_t width = source.config.d_model();
  DreamsLayer layer;
  const nn::FloatTensor weight(source.weights, key + "self_attn.in_proj_weight", {3 * width, width});
  const auto bias = optional_values(source, key + "self_attn.in_proj_bias", {3 * width});
  load_projection(source, weight.values(), bias, split_query, layer);
  layer.output = load_linear(source, key + "self_attn.out_proj.weight", key + "self_attn.out_proj.bias", width,
                             nn::Activation::kNone);
  layer.feed_forward = load_feed_forward(source, key + "linear1", key + "linear2", nn::Activation::kGelu);
  layer.attention_norm = DreamsNorm::load(source, key + "norm1");
  layer.feed_forward_norm = DreamsNorm::load(source, key + "norm2");
  return layer;
}

std::uint64_t memory_of(const std::optional<nn::Linear>& linear) { return linear ? linear->memory() : 0; }

}  // namespace

void DreamsSource::refuse(const std::string& part, const std::string& reason) const {
  throw Error(ErrorCode::kModel, "'" + part + "' does not fit this DreaMS network: " + reason)
      .in_file(weights.files().empty() ? "" : weights.files().front());
}

DreamsNorm DreamsNorm::load(const DreamsSource& source, const std::string& key) {
  DreamsNorm norm;
  norm.width_ = source.config.d_model();
  if (source.weights.has(key + ".scale")) {
    norm.scale_ = source.weights.floats(key + ".scale", {}).at(0);
  } else {
    norm.weight_ = source.weights.floats(key + ".weight", {norm.width_});
    norm.bias_ = source.weights.floats(key + ".bias", {norm.width_});
  }
  return norm;
}

void DreamsNorm::apply(const float* x, std::int64_t rows, float* y) const {
  if (!scale_) return nn::layer_norm(x, rows, weight_, bias_, kEpsilon, y);
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = x + row * width_;
    const float factor = *scale_ / std::max(std::sqrt(nn::dot(from, from, width_)), kEpsilon);
    for (std::int64_t i = 0; i < width_; ++i) y[row * width_ + i] = from[i] * factor;
  }
}

DreamsChain DreamsChain::load(const DreamsSource& source, const std::string& part, std::int64_t inputs) {
  DreamsChain chain;
  for (int index = 0;; index += 3) {  // between two layers stand a dropout and a ReLU
    const std::string key = source.prefix + part + ".ff." + std::to_string(index) + ".";
    if (!source.weights.has(key + "weight")) break;
    chain.layers_.push_back(load_linear(source, key + "weight", key + "bias", inputs, nn::Activation::kRelu));
    inputs = chain.layers_.back().outputs();
  }
  return chain;
}

std::uint64_t DreamsChain::memory() const {
  std::uint64_t total = 0;
  for (const auto& layer : layers_) total += layer.memory();
  return total;
}

std::vector<float> DreamsChain::forward(std::vector<float> x, std::int64_t rows) const {
  for (const auto& layer : layers_) {
    std::vector<float> y(static_cast<std::size_t>(rows * layer.outputs()));
    layer.forward(x.data(), rows, y.data());
    x = std::move(y);
  }
  return x;
}

DreamsLayer DreamsLayer::load(const DreamsSource& source, std::int64_t index, bool split_query) {
  return source.config.vanilla ? load_vanilla(source, index, split_query) : load_own(source, index, split_query);
}

std::uint64_t DreamsLayer::memory() const {
  return memory_of(projection) + memory_of(query) + memory_of(key_value) + memory_of(output) + feed_forward->memory();
}

}  // namespace molbridge::encoders
