#pragma once
// A whole network: embeddings, layers, last norm and pooler.

#include <memory>
#include <optional>

#include "molbridge/encoders/transformer/transformer_embedding.hpp"

namespace molbridge::encoders {

/// Const after loading; threads bring a workspace each.
class Transformer {
 public:
  /// `reader` must outlive the network: embeddings stay in its map. Errors: kModel.
  Transformer(const TransformerConfig& config, WeightReader& reader, nn::Precision precision, bool with_pooler);

  /// Hidden states after the last layer. Shapes: returns [rows, D], or [sequences, D] of the first tokens with `first_only`; they lie in
  /// the workspace until its next use.
  const float* forward(const Pack& pack, Workspace& workspace, bool first_only) const;
  /// tanh of the pooler's dense layer, in the workspace too. Shapes: x and returned [rows, D]. Requires a pooler.
  const float* pool(const float* x, std::int64_t rows, Workspace& workspace) const;
  const TransformerConfig& config() const { return config_; }

 private:
  std::size_t block_of(std::int64_t layer) const;

  TransformerConfig config_;
  TransformerEmbedding embedding_;
  std::vector<std::unique_ptr<TransformerBlock>> blocks_;  // ALBERT: of groups, used several times
  std::optional<LayerNorm> last_norm_;
  std::optional<nn::Linear> pooler_;
};

}  // namespace molbridge::encoders
