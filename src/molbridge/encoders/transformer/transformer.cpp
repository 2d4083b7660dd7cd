#include "molbridge/encoders/transformer/transformer.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::encoders {
namespace {

bool is_albert(const TransformerConfig& config) { return config.kind == TransformerKind::kAlbert; }

std::int64_t block_count(const TransformerConfig& config) {
  return is_albert(config) ? config.groups * config.inner_layers : config.layers;
}

std::string block_name(const TransformerConfig& config, std::int64_t block) {
  if (!is_albert(config)) return "encoder.layer." + std::to_string(block) + ".";
  return "encoder.albert_layer_groups." + std::to_string(block / config.inner_layers) + ".albert_layers." +
         std::to_string(block % config.inner_layers) + ".";
}

nn::Linear load_pooler(WeightReader& reader, const TransformerConfig& config, nn::Precision precision) {
  const std::string pooler = is_albert(config) ? "pooler" : "pooler.dense";
  if (!reader.has(pooler + ".weight"))
    throw Error(ErrorCode::kModel, "the weights have no pooler (" + pooler + ".weight)")
        .remedy("choose another pooling: cls, mean, residues or max");
  return load_linear(reader, pooler, config.hidden, config.hidden, precision, nn::Activation::kTanh);
}

}  // namespace

Transformer::Transformer(const TransformerConfig& config, WeightReader& reader, nn::Precision precision,
                         bool with_pooler)
    : config_(config), embedding_(config, reader, precision) {
  const auto count = static_cast<std::size_t>(block_count(config));
  // A file of a wrong kind shall be refused before anything is packed.
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = block_name(config, static_cast<std::int64_t>(i));
    const std::string query = name + (is_albert(config) ? "attention.query.weight" : "attention.self.query.weight");
    reader.expect(query, {config.hidden, config.hidden});
  }
  blocks_.resize(count);
  parallel_for(count, resolve_threads(0), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::string name = block_name(config, static_cast<std::int64_t>(i));
      blocks_[i] = std::make_unique<TransformerBlock>(config, reader, name, precision);
    }
  });
  if (config.pre_norm())
    last_norm_ = LayerNorm::load(reader, "encoder.emb_layer_norm_after", config.hidden, config.epsilon);
  if (with_pooler) pooler_ = load_pooler(reader, config, precision);
}

std::size_t Transformer::block_of(std::int64_t layer) const {
  if (!is_albert(config_)) return static_cast<std::size_t>(layer);
  const std::int64_t outer = layer / config_.inner_layers, inner = layer % config_.inner_layers;
  // As the original rounds it: int(i / (layers / groups)) in floating point.
  const double per_group = static_cast<double>(config_.layers) / static_cast<double>(config_.groups);
  const auto group = static_cast<std::int64_t>(static_cast<double>(outer) / per_group);
  return static_cast<std::size_t>(group * config_.inner_layers + inner);
}

const float* Transformer::forward(const Pack& pack, Workspace& workspace, bool first_only) const {
  embedding_.forward(pack, workspace);
  const std::int64_t layers = config_.layers * (is_albert(config_) ? config_.inner_layers : 1);
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    blocks_[block_of(layer)]->forward(pack, workspace, first_only && layer + 1 == layers);
  }
  const std::int64_t rows = first_only ? pack.sequences() : pack.rows();
  float* x = workspace.x.at_least(rows * config_.hidden);
  if (last_norm_) last_norm_->apply(x, rows, x);
  return x;
}

const float* Transformer::pool(const float* x, std::int64_t rows, Workspace& workspace) const {
  MOLBRIDGE_CHECK(pooler_.has_value(), "opened without a pooler");
  float* y = workspace.y.at_least(rows * config_.hidden);
  pooler_->forward(x, rows, y);
  return y;
}

}  // namespace molbridge::encoders
