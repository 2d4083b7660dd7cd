#include "molbridge/learn/relation_bridge.hpp"

#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {
namespace {

namespace tn = torch::nn;
using torch::Tensor;

constexpr std::int64_t kTokens = 4;

tn::LayerNorm layer_norm(std::int64_t width) { return tn::LayerNorm(tn::LayerNormOptions({width})); }

tn::Sequential embedding(std::int64_t rows, std::int64_t width) {
  return tn::Sequential(tn::Embedding(rows, width), layer_norm(width));
}

/// The matrices of torch.nn.MultiheadAttention under its names and with its initial values.
class SelfAttention : public tn::Module {
 public:
  explicit SelfAttention(const RelationBridgeOptions& o) : width_(o.width), heads_(o.heads), dropout_(o.dropout) {
    weight_ = register_parameter("in_proj_weight", torch::empty({3 * width_, width_}));
    bias_ = register_parameter("in_proj_bias", torch::zeros({3 * width_}));
    out_ = register_module("out_proj", tn::Linear(width_, width_));
    tn::init::xavier_uniform_(weight_);
    tn::init::zeros_(out_->bias);
  }

  /// Shapes: x [B, T, D]; returns [B, queries, D] for the first `queries` tokens.
  Tensor forward(const Tensor& x, std::int64_t queries) {
    const Tensor q =
        split(torch::linear(x.narrow(1, 0, queries), weight_.narrow(0, 0, width_), bias_.narrow(0, 0, width_)));
    const Tensor kv = torch::linear(x, weight_.narrow(0, width_, 2 * width_), bias_.narrow(0, width_, 2 * width_));
    const Tensor k = split(kv.narrow(2, 0, width_)), v = split(kv.narrow(2, width_, width_));
    const double scale = 1 / std::sqrt(static_cast<double>(width_ / heads_));
    // Four keys: sums over products beat batches of tiny matrix products.
    std::vector<Tensor> scores;
    for (std::int64_t t = 0; t < x.size(1); ++t) scores.push_back((q * k.narrow(1, t, 1)).sum(-1));
    const Tensor share = torch::dropout((torch::stack(scores, -1).to(x.scalar_type()) * scale).softmax(-1), dropout_,
                                        is_training());  // [B, queries, heads, T]
    Tensor mixed;
    for (std::int64_t t = 0; t < x.size(1); ++t) {
      const Tensor part = share.select(-1, t).unsqueeze(-1) * v.narrow(1, t, 1);
      mixed = mixed.defined() ? mixed + part : part;
    }
    return out_->forward(mixed.flatten(2));
  }

 private:
  /// [B, T, D] to [B, T, heads, D / heads].
  Tensor split(const Tensor& x) const { return x.unflatten(2, {heads_, width_ / heads_}); }

  std::int64_t width_, heads_;
  double dropout_;
  Tensor weight_, bias_;
  tn::Linear out_{nullptr};
};

}  // namespace

/// torch.nn.TransformerEncoderLayer, post-norm, GELU, under its names.
class RelationLayer : public tn::Module {
 public:
  explicit RelationLayer(const RelationBridgeOptions& o) : dropout_(o.dropout) {
    attention_ = register_module("self_attn", std::make_shared<SelfAttention>(o));
    in_ = register_module("linear1", tn::Linear(o.width, o.feed_forward));
    out_ = register_module("linear2", tn::Linear(o.feed_forward, o.width));
    attention_norm_ = register_module("norm1", layer_norm(o.width));
    output_norm_ = register_module("norm2", layer_norm(o.width));
  }

  /// Shapes: x [B, T, D]; returns [B, queries, D].
  Tensor forward(const Tensor& x, std::int64_t queries) {
    const Tensor kept = x.narrow(1, 0, queries);
    const Tensor y = attention_norm_->forward(kept + dropped(attention_->forward(x, queries)).to(x.scalar_type()));
    const Tensor hidden = dropped(torch::gelu(in_->forward(y)));
    return output_norm_->forward(y + dropped(out_->forward(hidden)).to(x.scalar_type()));
  }

 private:
  Tensor dropped(const Tensor& x) const { return torch::dropout(x, dropout_, is_training()); }

  double dropout_;
  std::shared_ptr<SelfAttention> attention_;
  tn::Linear in_{nullptr}, out_{nullptr};
  tn::LayerNorm attention_norm_{nullptr}, output_norm_{nullptr};
};

RelationBridgeImpl::RelationBridgeImpl(const RelationBridgeOptions& options) : options_(options) {
  MOLBRIDGE_CHECK(options.layers == 0 || options.width % options.heads == 0, std::to_string(options.width));
  types_ = register_module("node_type_embed", embedding(options.types, options.width));
  relations_ = register_module("relation_type_embed", embedding(options.relations, options.width));
  tn::ModuleDict projections;
  for (const auto& [type, inputs] : options.inputs) {
    const tn::Linear one(tn::LinearOptions(inputs, options.width).bias(false));
    projections_.emplace(type, one);
    projections->update({{std::to_string(type), one.ptr()}});
  }
  register_module("proj_layer", projections);
  if (options.layers == 0) {
    translation_ = register_module("translation", tn::Linear(kTokens * options.width, options.width));
    return;
  }
  tn::ModuleList layers;
  for (std::int64_t k = 0; k < options.layers; ++k) {
    layers_.push_back(std::make_shared<RelationLayer>(options));
    layers->push_back(layers_.back());
  }
  tn::ModuleDict encoder;
  encoder->update({{"layers", layers.ptr()}});
  register_module("encoder", encoder);
}

Tensor RelationBridgeImpl::project(std::int64_t type, const Tensor& x) {
  const auto found = projections_.find(type);
  MOLBRIDGE_CHECK(found != projections_.end(), std::to_string(type));
  return found->second->forward(x);
}

Tensor RelationBridgeImpl::query(const Tensor& projected, const RelationRows& rows) {
  const Tensor p =
      projected.to(torch::promoteTypes(projected.scalar_type(), torch::kFloat32));  // autocast gives bfloat16
  const Tensor types = types_->forward(torch::arange(options_.types, torch::kInt64));
  const Tensor relations = relations_->forward(torch::arange(options_.relations, torch::kInt64));
  const std::vector<Tensor> tokens{p, types.index_select(0, rows.head_type), relations.index_select(0, rows.relation),
                                   types.index_select(0, rows.tail_type)};
  if (layers_.empty()) return translation_->forward(torch::cat(tokens, 1)).to(p.scalar_type()) + p;
  Tensor x = torch::stack(tokens, 1);
  for (const auto& layer : layers_) x = layer->forward(x, layer == layers_.back() ? 1 : kTokens);
  return x.select(1, 0) + p;
}

void write_relation_bridge(const RelationBridgeImpl& bridge, bool wide, ConfigWriter& manifest,
                           nn::SafetensorsWriter& weights) {
  const RelationBridgeOptions& o = bridge.options();
  manifest.text("bridge.kind", "relation-transformer");
  manifest.integer("bridge.width", o.width);
  manifest.integer("bridge.layers", o.layers);
  manifest.integer("bridge.heads", o.heads);
  manifest.integer("bridge.feed_forward", o.feed_forward);
  for (const auto& [name, tensor] : named_state(bridge))
    add_tensor(weights, name, tensor.to(wide ? torch::kFloat32 : torch::kFloat16));
}

}  // namespace molbridge::learn
