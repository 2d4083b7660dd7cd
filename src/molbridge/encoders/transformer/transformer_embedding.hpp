#pragma once
// Token ids to the rows that enter the first layer: tokens, positions, token types, their norm, and what ALBERT and ESM add to it.

#include <optional>

#include "molbridge/encoders/transformer/transformer_block.hpp"

namespace molbridge::encoders {

/// Const after loading. The tables stay in the map of the file where they are float32.
class TransformerEmbedding {
 public:
  TransformerEmbedding(const TransformerConfig& config, WeightReader& reader, nn::Precision precision);
  /// Shapes: workspace.x [rows, D]. Errors: kModel for an id without an embedding, kInput for a sequence longer than the positions.
  void forward(const Pack& pack, Workspace& workspace) const;

 private:
  void embed_sequence(std::span<const std::int32_t> ids, float* out) const;
  float token_scale(std::span<const std::int32_t> ids) const;
  const float* token_row(std::int32_t id) const;
  const float* position_row(std::int64_t position) const;

  TransformerConfig config_;
  Floats tokens_, positions_;
  std::vector<float> token_type_;  // row 0
  std::optional<LayerNorm> norm_;
  std::optional<nn::Linear> mapping_;  // ALBERT
};

}  // namespace molbridge::encoders
