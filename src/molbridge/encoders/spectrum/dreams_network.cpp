#include "molbridge/encoders/spectrum/dreams_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "molbridge/nn/kernels.hpp"

namespace molbridge::encoders {

void DreamsPack::add(const DreamsTokens& tokens) {
  Sequence sequence{size(), static_cast<std::int64_t>(tokens.peaks.size()) + (tokens.pads > 0 ? 1 : 0), tokens.pads};
  rows.insert(rows.end(), tokens.peaks.begin(), tokens.peaks.end());
  if (tokens.pads > 0) rows.emplace_back();
  sequences.push_back(sequence);
}

/// Memory of one forward pass. `rows` of x are all tokens until the last layer of a first-only network leaves one per sequence.
struct DreamsNetwork::State {
  const DreamsPack& pack;
  std::vector<float> x;            ///< [rows, D] residual stream
  std::vector<float> normed;       ///< [rows, D]
  std::vector<float> qkv;          ///< [rows, 3 D]
  std::vector<float> attended;     ///< [rows, D]
  std::vector<float> differences;  ///< [rows, difference width] what m/z differences are taken of
  std::int64_t rows = 0;
};

DreamsNetwork::DreamsNetwork(const DreamsSource& source, bool first_only)
    : config_(source.config), first_only_(first_only), embedding_(source) {
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    layers_.push_back(DreamsLayer::load(source, i, first_only && i + 1 == config_.layers));
  }
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    const auto size = static_cast<std::int64_t>(layers_[static_cast<std::size_t>(i)].graphormer.size());
    if (size != 0 && size != config_.heads * embedding_.difference_width()) {
      source.refuse("transformer_encoder.atts." + std::to_string(i) + ".lin_graphormer.weight", "its width is another");
    }
  }
  if (config_.pre_norm && !config_.vanilla) {
    final_norm_ =
        DreamsNorm::load(source, source.prefix + "transformer_encoder.scales." + std::to_string(2 * config_.layers));
  }
}

std::uint64_t DreamsNetwork::memory() const {
  std::uint64_t total = embedding_.memory();
  for (const auto& layer : layers_) total += layer.memory();
  return total;
}

/// -s_j: the sum of the token's Fourier branch, or a learned weight of it per head.
void DreamsNetwork::add_differences(const DreamsLayer& layer, const State& state, const DreamsPack::Sequence& sequence,
                                    std::vector<float>& bias) const {
  const std::int64_t width = embedding_.difference_width();
  for (std::int64_t head = 0; head < config_.heads; ++head) {
    for (std::int64_t t = 0; t < sequence.size; ++t) {
      const float* values = state.differences.data() + (sequence.begin + t) * width;
      double sum = 0;
      for (std::int64_t i = 0; i < width && layer.graphormer.empty(); ++i) sum += values[i];
      if (!layer.graphormer.empty()) sum = nn::dot(values, layer.graphormer.data() + head * width, width);
      bias[static_cast<std::size_t>(head * sequence.size + t)] -= static_cast<float>(sum);
    }
    if (layer.graphormer.empty()) {  // the same for all heads
      for (std::int64_t other = 1; other < config_.heads; ++other) {
        std::copy_n(bias.begin(), sequence.size, bias.begin() + other * sequence.size);
      }
      return;
    }
  }
}

/// A score that is a sum of q_i - k_j is one per key too: what comes of q_i is the same in the whole row.
void DreamsNetwork::add_additive_scores(const DreamsLayer& layer, const State& state,
                                        const DreamsPack::Sequence& sequence, std::vector<float>& bias) const {
  const std::int64_t width = config_.d_model(), head_width = width / config_.heads;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_width));
  const std::vector<float> ones(static_cast<std::size_t>(head_width), 1.0F);
  for (std::int64_t head = 0; head < config_.heads; ++head) {
    const float* vector = layer.additive.empty() ? ones.data() : layer.additive.data() + head * head_width;
    for (std::int64_t t = 0; t < sequence.size; ++t) {
      const float* key = state.qkv.data() + (sequence.begin + t) * 3 * width + width + head * head_width;
      bias[static_cast<std::size_t>(head * sequence.size + t)] -= scale * nn::dot(key, vector, head_width);
    }
  }
}

std::vector<float> DreamsNetwork::key_bias(const DreamsLayer& layer, const State& state,
                                           const DreamsPack::Sequence& sequence) const {
  std::vector<float> bias(static_cast<std::size_t>(config_.heads * sequence.size), 0.0F);
  if (config_.graphormer) add_differences(layer, state, sequence, bias);
  if (config_.attention != DreamsAttention::kDotProduct) add_additive_scores(layer, state, sequence, bias);
  for (std::int64_t head = 0; head < config_.heads; ++head) {
    float* row = bias.data() + head * sequence.size;
    if (sequence.pads > 0) row[sequence.size - 1] += std::log(static_cast<float>(sequence.pads));
    for (std::int64_t t = 0; t < sequence.size && config_.vanilla; ++t) {
      if (state.pack.rows[static_cast<std::size_t>(sequence.begin + t)].mz == 0)
        row[t] = -std::numeric_limits<float>::infinity();
    }
  }
  return bias;
}

/// Padding tokens attend to everything alike, as the reference masks their whole row.
void DreamsNetwork::average_padding_rows(const State& state, const DreamsPack::Sequence& sequence, std::int64_t queries,
                                         float* out) const {
  const std::int64_t width = config_.d_model(), single = sequence.size - (sequence.pads > 0 ? 1 : 0);
  std::vector<double> mean;
  for (std::int64_t t = 0; t < queries; ++t) {
    if (state.pack.rows[static_cast<std::size_t>(sequence.begin + t)].mz != 0) continue;
    if (mean.empty()) {
      mean.assign(static_cast<std::size_t>(width), 0.0);
      for (std::int64_t key = 0; key < sequence.size; ++key) {
        const float* value = state.qkv.data() + (sequence.begin + key) * 3 * width + 2 * width;
        const double weight = key < single ? 1.0 : static_cast<double>(sequence.pads);
        for (std::int64_t i = 0; i < width; ++i) mean[static_cast<std::size_t>(i)] += weight * value[i];
      }
      for (double& value : mean) value /= static_cast<double>(single + sequence.pads);
    }
    std::transform(mean.begin(), mean.end(), out + t * width, [](double value) { return static_cast<float>(value); });
  }
}

/// Fills state.qkv. A split layer computes queries of first tokens only; the others are never read.
void DreamsNetwork::project(const DreamsLayer& layer, const float* input, State& state) const {
  const std::int64_t width = config_.d_model();
  if (layer.projection) return layer.projection->forward(input, state.rows, state.qkv.data());
  std::vector<float>& key_value = state.attended;  // free until the attention writes it
  key_value.resize(static_cast<std::size_t>(2 * state.rows * width));
  layer.key_value->forward(input, state.rows, key_value.data());
  for (std::int64_t row = 0; row < state.rows; ++row) {
    std::copy_n(key_value.data() + 2 * row * width, 2 * width, state.qkv.data() + (3 * row + 1) * width);
  }
  std::vector<float> first, query(state.pack.sequences.size() * static_cast<std::size_t>(width));
  for (const auto& sequence : state.pack.sequences) {
    first.insert(first.end(), input + sequence.begin * width, input + (sequence.begin + 1) * width);
  }
  layer.query->forward(first.data(), static_cast<std::int64_t>(state.pack.sequences.size()), query.data());
  for (std::size_t i = 0; i < state.pack.sequences.size(); ++i) {
    std::copy_n(query.data() + i * static_cast<std::size_t>(width), width,
                state.qkv.data() + 3 * state.pack.sequences[i].begin * width);
  }
}

void DreamsNetwork::attend(const DreamsLayer& layer, const float* input, State& state, bool last) const {
  const std::int64_t width = config_.d_model();
  const bool first_only = last && first_only_;
  project(layer, input, state);
  const bool dot_product = config_.attention == DreamsAttention::kDotProduct;
  const float scale = 1.0F / std::sqrt(static_cast<float>(width / config_.heads));
  const nn::AttentionShape shape{config_.heads, width / config_.heads, dot_product ? scale : 0.0F};
  state.attended.resize(static_cast<std::size_t>(state.rows * width));
  std::int64_t next = 0;
  for (const auto& sequence : state.pack.sequences) {
    const std::int64_t queries = first_only ? 1 : sequence.size;
    float* out = state.attended.data() + next * width;
    nn::self_attention(state.qkv.data() + 3 * sequence.begin * width, sequence.size, queries, shape,
                       key_bias(layer, state, sequence), out);
    if (!config_.vanilla) average_padding_rows(state, sequence, queries, out);
    next += queries;
  }
  if (!first_only) return;
  for (std::size_t i = 0; i < state.pack.sequences.size(); ++i) {  // the residual stream goes on with first tokens
    std::copy_n(state.x.data() + state.pack.sequences[i].begin * width, width,
                state.x.data() + i * static_cast<std::size_t>(width));
  }
  state.rows = next;
}

void DreamsNetwork::run_layer(const DreamsLayer& layer, State& state, bool last) const {
  float *x = state.x.data(), *normed = state.normed.data();
  if (config_.pre_norm) layer.attention_norm.apply(x, state.rows, normed);
  attend(layer, config_.pre_norm ? normed : x, state, last);
  layer.output->add_forward(state.attended.data(), state.rows, x);
  if (config_.pre_norm) {
    layer.feed_forward_norm.apply(x, state.rows, normed);
    layer.feed_forward->add_forward(normed, state.rows, x);
    return;
  }
  layer.attention_norm.apply(x, state.rows, x);
  std::copy_n(x, state.rows * config_.d_model(), normed);
  layer.feed_forward->add_forward(normed, state.rows, x);
  layer.feed_forward_norm.apply(x, state.rows, x);
}

std::vector<float> DreamsNetwork::forward(const DreamsPack& pack) const {
  const std::int64_t width = config_.d_model(), differences = embedding_.difference_width();
  State state{pack, {}, {}, {}, {}, {}, pack.size()};
  const auto size = static_cast<std::size_t>(state.rows * width);
  state.x.resize(size);
  state.normed.resize(size);
  state.qkv.resize(3 * size);
  embedding_.embed(pack.rows, state.x.data());
  for (std::int64_t row = 0; row < state.rows; ++row) {
    const float* from = state.x.data() + row * width + embedding_.difference_offset();
    state.differences.insert(state.differences.end(), from, from + differences);
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) run_layer(layers_[i], state, i + 1 == layers_.size());
  if (final_norm_) final_norm_->apply(state.x.data(), state.rows, state.x.data());
  state.x.resize(static_cast<std::size_t>(state.rows * width));
  return std::move(state.x);
}

}  // namespace molbridge::encoders
