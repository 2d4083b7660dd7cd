#include "molbridge/encoders/transformer/transformer_embedding.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

constexpr float kTrainedMaskRatio = 0.15F * 0.8F;  // ESM: masked tokens in training, of which this share became <mask>

/// Row 0: single sequences have no other type.
std::vector<float> first_row(WeightReader& reader, const TransformerConfig& config) {
  const Floats table = reader.floats("embeddings.token_type_embeddings.weight", {config.token_types, config.embedding});
  return {table.values.begin(), table.values.begin() + config.embedding};
}

std::optional<LayerNorm> load_norm(WeightReader& reader, const TransformerConfig& config) {
  if (config.kind != TransformerKind::kEsm)
    return LayerNorm::load(reader, "embeddings.LayerNorm", config.embedding, config.epsilon);
  if (!config.embedding_norm) return std::nullopt;
  return LayerNorm::load(reader, "embeddings.layer_norm", config.embedding, config.epsilon);
}

}  // namespace

TransformerEmbedding::TransformerEmbedding(const TransformerConfig& config, WeightReader& reader,
                                           nn::Precision precision)
    : config_(config),
      tokens_(reader.floats("embeddings.word_embeddings.weight", {config.vocabulary, config.embedding})),
      norm_(load_norm(reader, config)) {
  if (!config.rotary())
    positions_ = reader.floats("embeddings.position_embeddings.weight", {config.positions, config.embedding});
  if (config.token_types > 0) token_type_ = first_row(reader, config);
  if (config.kind == TransformerKind::kAlbert)
    mapping_ = load_linear(reader, "encoder.embedding_hidden_mapping_in", config.embedding, config.hidden, precision);
}

const float* TransformerEmbedding::token_row(std::int32_t id) const {
  if (id < 0 || id >= config_.vocabulary)
    throw Error(ErrorCode::kModel, "token " + std::to_string(id) + " has no embedding; the network has " +
                                       std::to_string(config_.vocabulary))
        .remedy("tokenizer and weights of the folder do not belong together");
  return tokens_.values.data() + id * config_.embedding;
}

const float* TransformerEmbedding::position_row(std::int64_t position) const {
  if (position >= config_.positions)
    throw Error(ErrorCode::kInput, "a sequence is longer than the " + std::to_string(config_.max_tokens()) +
                                       " tokens that the network has positions for");
  return positions_.values.data() + position * config_.embedding;
}

/// ESM: what was hidden in training and is not now makes embeddings too large by this factor.
float TransformerEmbedding::token_scale(std::span<const std::int32_t> ids) const {
  if (!config_.token_dropout) return 1;
  const auto masked = std::count(ids.begin(), ids.end(), static_cast<std::int32_t>(config_.mask_id));
  const float observed = static_cast<float>(masked) / static_cast<float>(ids.size());
  return (1 - kTrainedMaskRatio) / (1 - observed);
}

void TransformerEmbedding::embed_sequence(std::span<const std::int32_t> ids, float* out) const {
  const std::int64_t width = config_.embedding;
  const float scale = token_scale(ids);
  std::int64_t position = config_.offset_positions() ? config_.pad_id : -1;
  for (const std::int32_t id : ids) {
    const float* token = token_row(id);
    const bool hidden = config_.token_dropout && id == config_.mask_id;
    for (std::int64_t i = 0; i < width; ++i) out[i] = hidden ? 0 : token[i] * scale;
    if (!token_type_.empty()) std::transform(out, out + width, token_type_.data(), out, std::plus<>());
    if (!config_.rotary()) {
      // A padding token inside a text has the position of padding, as in the original.
      const bool padding = config_.offset_positions() && id == config_.pad_id;
      const float* row = position_row(padding ? config_.pad_id : ++position);
      std::transform(out, out + width, row, out, std::plus<>());
    }
    out += width;
  }
}

void TransformerEmbedding::forward(const Pack& pack, Workspace& workspace) const {
  const std::int64_t rows = pack.rows(), width = config_.embedding;
  float* x = workspace.x.at_least(rows * config_.hidden);
  float* out = mapping_ ? workspace.y.at_least(rows * width) : x;
  for (std::int64_t sequence = 0; sequence < pack.sequences(); ++sequence) {
    const std::int64_t start = pack.starts[static_cast<std::size_t>(sequence)];
    embed_sequence({pack.ids.data() + start, static_cast<std::size_t>(pack.length(sequence))}, out + start * width);
  }
  if (norm_) norm_->apply(out, rows, out);
  if (mapping_) mapping_->forward(out, rows, x);
}

}  // namespace molbridge::encoders
