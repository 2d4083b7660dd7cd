#pragma once
// What config.json of a Hugging Face folder says about a network of the BERT family, checked. Format page: docs/formats/huggingface.md.

#include <cstdint>
#include <string>
#include <string_view>

#include "molbridge/nn/linear.hpp"

namespace molbridge::encoders {

enum class TransformerKind { kRoberta, kBert, kAlbert, kEsm };
/// "roberta", "bert", "albert", "esm": model_type of config.json.
std::string_view name(TransformerKind kind);

struct TransformerConfig {
  TransformerKind kind = TransformerKind::kBert;
  std::int64_t layers = 0;
  std::int64_t hidden = 0;  ///< D
  std::int64_t heads = 0;
  std::int64_t feed_forward = 0;
  std::int64_t embedding = 0;     ///< width of the embeddings; other than D only in ALBERT
  std::int64_t vocabulary = 0;    ///< rows of the token embeddings
  std::int64_t positions = 0;     ///< rows of the position embeddings; 0: rotary
  std::int64_t token_types = 0;   ///< rows of the token type embeddings; only row 0 is used
  std::int64_t groups = 1;        ///< ALBERT: layers [i * groups / layers] share weights
  std::int64_t inner_layers = 1;  ///< ALBERT: blocks in a group
  std::int64_t pad_id = 0;
  std::int64_t mask_id = -1;  ///< ESM: the token whose embedding is 0
  nn::Activation activation = nn::Activation::kGelu;
  float epsilon = 1e-12F;
  bool token_dropout = false;  ///< ESM: embeddings scaled as in training with masked tokens
  bool embedding_norm = true;  ///< ESM: a layer norm after the embeddings
  bool rotary() const { return positions == 0; }
  bool pre_norm() const { return kind == TransformerKind::kEsm; }
  /// RoBERTa and ESM count positions from pad_id + 1.
  bool offset_positions() const { return kind == TransformerKind::kRoberta || kind == TransformerKind::kEsm; }
  /// Tokens that have a position, special ones included; 0: no limit.
  std::int64_t max_tokens() const { return rotary() ? 0 : positions - (offset_positions() ? pad_id + 1 : 0); }
  /// All that decides vectors and is no tensor, as text for a digest.
  std::string summary() const;
};

/// Reads config.json. Errors: kModel for what is missing, out of bounds, or not computed here (relative positions, decoders, other
/// activations), with the file and the key.
TransformerConfig read_transformer_config(const std::string& folder);
/// The same of a text; `path` is for messages.
TransformerConfig parse_transformer_config(std::string_view text, const std::string& path);

}  // namespace molbridge::encoders
