#include "molbridge/encoders/transformer/transformer_block.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace molbridge::encoders {
namespace {

constexpr float kRotaryBase = 10000;

struct BlockNames {
  std::array<std::string, 3> query_key_value;
  std::string output, attention_norm, inner, outer, output_norm;
};

BlockNames names_of(TransformerKind kind, const std::string& block) {
  if (kind == TransformerKind::kAlbert) {
    return {{block + "attention.query", block + "attention.key", block + "attention.value"},
            block + "attention.dense",
            block + "attention.LayerNorm",
            block + "ffn",
            block + "ffn_output",
            block + "full_layer_layer_norm"};
  }
  const bool esm = kind == TransformerKind::kEsm;
  return {{block + "attention.self.query", block + "attention.self.key", block + "attention.self.value"},
          block + "attention.output.dense",
          block + (esm ? "attention.LayerNorm" : "attention.output.LayerNorm"),
          block + "intermediate.dense",
          block + "output.dense",
          block + (esm ? "LayerNorm" : "output.LayerNorm")};
}

/// Query, key and value as one matrix [3 D, D], so that rows are read once.
nn::Linear load_fused(WeightReader& reader, const std::array<std::string, 3>& names, std::int64_t width,
                      nn::Precision precision) {
  std::vector<float> weight, bias;
  weight.reserve(static_cast<std::size_t>(3 * width * width));
  for (const std::string& name : names) {
    const Floats part = reader.floats(name + ".weight", {width, width});
    weight.insert(weight.end(), part.values.begin(), part.values.end());
    const Floats shift = reader.floats(name + ".bias", {width});
    bias.insert(bias.end(), shift.values.begin(), shift.values.end());
    reader.release(name + ".weight");
  }
  return {weight, bias, width, 3 * width, precision};
}

nn::FeedForward load_feed_forward(WeightReader& reader, const BlockNames& names, const TransformerConfig& config,
                                  nn::Precision precision) {
  nn::Linear inner = load_linear(reader, names.inner, config.hidden, config.feed_forward, precision, config.activation);
  return {std::move(inner), load_linear(reader, names.outer, config.feed_forward, config.hidden, precision)};
}

/// Rows [starts] of x move to the front. Rows only move forward, so none is lost.
void keep_first_tokens(const Pack& pack, std::int64_t width, float* x) {
  for (std::int64_t sequence = 1; sequence < pack.sequences(); ++sequence) {
    std::copy_n(x + pack.starts[static_cast<std::size_t>(sequence)] * width, width, x + sequence * width);
  }
}

}  // namespace

LayerNorm LayerNorm::load(WeightReader& reader, const std::string& name, std::int64_t width, float epsilon) {
  const Floats weight = reader.floats(name + ".weight", {width}), bias = reader.floats(name + ".bias", {width});
  return {{weight.values.begin(), weight.values.end()}, {bias.values.begin(), bias.values.end()}, epsilon};
}

nn::Linear load_linear(WeightReader& reader, const std::string& name, std::int64_t inputs, std::int64_t outputs,
                       nn::Precision precision, nn::Activation activation) {
  const Floats weight = reader.floats(name + ".weight", {outputs, inputs});
  const Floats bias = reader.floats(name + ".bias", {outputs});
  nn::Linear linear(weight.values, bias.values, inputs, outputs, precision, activation);
  reader.release(name + ".weight");
  return linear;
}

TransformerBlock::TransformerBlock(const TransformerConfig& config, WeightReader& reader, const std::string& name,
                                   nn::Precision precision)
    : width_(config.hidden),
      shape_{config.heads, config.hidden / config.heads,
             1.0F / std::sqrt(static_cast<float>(config.hidden / config.heads))},
      pre_norm_(config.pre_norm()),
      rotary_(config.rotary()),
      qkv_(load_fused(reader, names_of(config.kind, name).query_key_value, config.hidden, precision)),
      output_(load_linear(reader, names_of(config.kind, name).output, config.hidden, config.hidden, precision)),
      attention_norm_(
          LayerNorm::load(reader, names_of(config.kind, name).attention_norm, config.hidden, config.epsilon)),
      output_norm_(LayerNorm::load(reader, names_of(config.kind, name).output_norm, config.hidden, config.epsilon)),
      feed_forward_(load_feed_forward(reader, names_of(config.kind, name), config, precision)) {}

std::uint64_t TransformerBlock::memory() const { return qkv_.memory() + output_.memory() + feed_forward_.memory(); }

void TransformerBlock::attend(const Pack& pack, Workspace& workspace, bool first_only) const {
  const std::int64_t rows = pack.rows();
  float* x = workspace.x.at_least(rows * width_);
  float* qkv = workspace.qkv.at_least(rows * 3 * width_);
  float* attended = workspace.attended.at_least(rows * width_);
  if (pre_norm_) {
    attention_norm_.apply(x, rows, attended);
    qkv_.forward(attended, rows, qkv);
  } else {
    qkv_.forward(x, rows, qkv);
  }
  for (std::int64_t sequence = 0; sequence < pack.sequences(); ++sequence) {
    const std::int64_t start = pack.starts[static_cast<std::size_t>(sequence)], length = pack.length(sequence);
    float* part = qkv + start * 3 * width_;
    // Heads of queries and keys stand side by side in a row: one call turns both.
    if (rotary_)
      nn::rotate_positions(part, length, 3 * width_, {2 * shape_.heads, shape_.head_width, shape_.scale}, kRotaryBase);
    nn::self_attention(part, length, first_only ? 1 : length, shape_, {},
                       attended + (first_only ? sequence : start) * width_);
  }
}

void TransformerBlock::forward(const Pack& pack, Workspace& workspace, bool first_only) const {
  attend(pack, workspace, first_only);
  const std::int64_t rows = first_only ? pack.sequences() : pack.rows();
  float* x = workspace.x.at_least(pack.rows() * width_);
  float* y = workspace.y.at_least(rows * width_);
  if (first_only) keep_first_tokens(pack, width_, x);
  output_.add_forward(workspace.attended.at_least(rows * width_), rows, x);
  if (pre_norm_) {
    output_norm_.apply(x, rows, y);
    feed_forward_.add_forward(y, rows, x);
    return;
  }
  attention_norm_.apply(x, rows, x);
  std::copy_n(x, rows * width_, y);
  feed_forward_.add_forward(x, rows, y);
  output_norm_.apply(y, rows, x);
}

}  // namespace molbridge::encoders
