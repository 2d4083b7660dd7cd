#pragma once
// One layer: attention and feed-forward with their sums, normalised after (BERT family) or before (ESM). Const after loading.

#include <cstdint>
#include <string>

#include "molbridge/encoders/transformer/pack.hpp"
#include "molbridge/encoders/transformer/weight_reader.hpp"
#include "molbridge/nn/kernels.hpp"
#include "molbridge/nn/linear.hpp"

namespace molbridge::encoders {

struct LayerNorm {
  std::vector<float> weight, bias;
  float epsilon = 0;
  /// Shapes: x and y [rows, D]; y may be x.
  void apply(const float* x, std::int64_t rows, float* y) const { nn::layer_norm(x, rows, weight, bias, epsilon, y); }
  static LayerNorm load(WeightReader& reader, const std::string& name, std::int64_t width, float epsilon);
};

/// Tensors name.weight [outputs, inputs] and name.bias.
nn::Linear load_linear(WeightReader& reader, const std::string& name, std::int64_t inputs, std::int64_t outputs,
                       nn::Precision precision, nn::Activation activation = nn::Activation::kNone);

class TransformerBlock {
 public:
  /// `name`: "encoder.layer.3." or "encoder.albert_layer_groups.0.albert_layers.0."
  TransformerBlock(const TransformerConfig& config, WeightReader& reader, const std::string& name,
                   nn::Precision precision);

  /// workspace.x [rows, D] becomes the output, [sequences, D] with `first_only`: then only the first token of each sequence goes
  /// beyond its keys and values, with the same numbers to the bit.
  void forward(const Pack& pack, Workspace& workspace, bool first_only) const;
  std::uint64_t memory() const;

 private:
  void attend(const Pack& pack, Workspace& workspace, bool first_only) const;

  std::int64_t width_;
  nn::AttentionShape shape_;
  bool pre_norm_, rotary_;
  nn::Linear qkv_, output_;
  LayerNorm attention_norm_, output_norm_;
  nn::FeedForward feed_forward_;
};

}  // namespace molbridge::encoders
