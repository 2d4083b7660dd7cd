#include "molbridge/bridges/relation_transformer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::bridges {
namespace {

constexpr float kNormEpsilon = 1e-5F;
constexpr std::int64_t kTokens = 4;
constexpr std::int64_t kRowsAtOnce = 32;  // heads: 128 tokens, one block of a product
constexpr const char* kProjections = "proj_layer.";
constexpr const char* kTranslation = "translation";

Error refused(const nn::Weights& weights, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(weights.files().empty() ? "" : weights.files().front());
}

std::pair<std::int64_t, std::int64_t> matrix_sizes(const nn::Weights& weights, const std::string& name) {
  const auto& shape = weights.at(name).shape;
  if (shape.size() == 2 && shape[0] > 0 && shape[1] > 0) return {shape[0], shape[1]};
  throw refused(weights, "tensor " + name + " is no matrix of weights");
}

nn::Linear read_linear(const nn::Weights& weights, const std::string& weight_name, const std::string& bias_name,
                       std::pair<std::int64_t, std::int64_t> sizes, nn::Precision precision,
                       std::set<std::string>& used, nn::Activation activation = nn::Activation::kNone) {
  used.insert({weight_name, bias_name});
  const auto [outputs, inputs] = sizes;
  return {weights.floats(weight_name, {outputs, inputs}),
          weights.floats(bias_name, {outputs}),
          inputs,
          outputs,
          precision,
          activation};
}

}  // namespace

struct RelationTransformer::Scratch {
  std::vector<float> projected, tokens, qkv, attended, y;
  Scratch(std::int64_t rows, std::int64_t width) {
    const auto size = static_cast<std::size_t>(rows * width);
    projected.resize(size);
    tokens.resize(kTokens * size);
    qkv.resize(3 * kTokens * size);
    attended.resize(kTokens * size);
    y.resize(kTokens * size);
  }
};

RelationTransformer::Norm RelationTransformer::read_norm(const nn::Weights& weights, const std::string& name,
                                                         std::int64_t width, std::set<std::string>& used) {
  used.insert({name + ".weight", name + ".bias"});
  return {weights.floats(name + ".weight", {width}), weights.floats(name + ".bias", {width})};
}

std::vector<float> RelationTransformer::read_embedding(const nn::Weights& weights, const std::string& name,
                                                       std::int64_t width, std::set<std::string>& used) {
  const std::string table = name + ".0.weight";
  const std::int64_t rows = matrix_sizes(weights, table).first;
  used.insert(table);
  std::vector<float> values = weights.floats(table, {rows, width});
  const Norm norm = read_norm(weights, name + ".1", width, used);
  nn::layer_norm(values.data(), rows, norm.weight, norm.bias, kNormEpsilon, values.data());
  return values;
}

RelationTransformer::Layer RelationTransformer::read_layer(const nn::Weights& weights, const std::string& name,
                                                           std::int64_t width, nn::Precision precision,
                                                           std::set<std::string>& used) {
  const std::int64_t hidden = matrix_sizes(weights, name + "linear1.weight").first;
  const std::string attention = name + "self_attn.";
  nn::Linear qkv = read_linear(weights, attention + "in_proj_weight", attention + "in_proj_bias", {3 * width, width},
                               precision, used);
  nn::Linear output =
      read_linear(weights, attention + "out_proj.weight", attention + "out_proj.bias", {width, width}, precision, used);
  nn::Linear in = read_linear(weights, name + "linear1.weight", name + "linear1.bias", {hidden, width}, precision, used,
                              nn::Activation::kGelu);
  nn::Linear out =
      read_linear(weights, name + "linear2.weight", name + "linear2.bias", {width, hidden}, precision, used);
  return {std::move(qkv), std::move(output), read_norm(weights, name + "norm1", width, used),
          read_norm(weights, name + "norm2", width, used), nn::FeedForward(std::move(in), std::move(out))};
}

void RelationTransformer::read_projections(const nn::Weights& weights, std::set<std::string>& used) {
  for (const auto& [name, view] : weights.tensors()) {
    if (!name.starts_with(kProjections)) continue;
    const std::string base = name.substr(0, name.rfind('.'));
    const auto type = parse_int(base.substr(std::string(kProjections).size()));
    if (!type || *type < 0 || *type >= num_types())
      throw refused(weights, "tensor " + name + " is of no node type: there are " + std::to_string(num_types()));
    auto side = std::make_shared<const LinearSide>(LinearSide::read(weights, base, used));
    if (static_cast<std::int64_t>(side->outputs()) != width_)
      throw refused(weights, "tensor " + name + " does not give vectors of the width " + std::to_string(width_));
    projections_[*type] = std::move(side);
  }
  if (projections_.empty()) throw refused(weights, "holds no projection (proj_layer.*)");
}

void RelationTransformer::read_layers(const nn::Weights& weights, std::int64_t heads, nn::Precision precision,
                                      std::set<std::string>& used) {
  for (std::int64_t k = 0;; ++k) {
    const std::string name = "encoder.layers." + std::to_string(k) + ".";
    if (!weights.has(name + "linear1.weight")) break;
    layers_.push_back(read_layer(weights, name, width_, precision, used));
  }
  if (layers_.empty()) {
    translation_ = read_linear(weights, std::string(kTranslation) + ".weight", std::string(kTranslation) + ".bias",
                               {width_, kTokens * width_}, precision, used);
    return;
  }
  if (heads < 1 || width_ % heads != 0)
    throw refused(weights,
                  "vectors of " + std::to_string(width_) + " do not split into " + std::to_string(heads) + " heads");
  shape_ = {heads, width_ / heads, 1.0F / std::sqrt(static_cast<float>(width_ / heads))};
}

RelationTransformer RelationTransformer::read(const nn::Weights& weights, std::int64_t heads, nn::Precision precision,
                                              std::set<std::string>& used) {
  RelationTransformer bridge;
  bridge.width_ = matrix_sizes(weights, "node_type_embed.0.weight").second;
  bridge.types_ = read_embedding(weights, "node_type_embed", bridge.width_, used);
  bridge.relations_ = read_embedding(weights, "relation_type_embed", bridge.width_, used);
  bridge.read_projections(weights, used);
  bridge.read_layers(weights, heads, precision, used);
  return bridge;
}

std::shared_ptr<const LinearSide> RelationTransformer::projection(std::int64_t type) const {
  const auto found = projections_.find(type);
  return found == projections_.end() ? nullptr : found->second;
}

void RelationTransformer::fill_tokens(const RelationIds& ids, const float* projected, std::int64_t rows,
                                      float* tokens) const {
  const float* const fixed[] = {types_.data() + ids.head_type * width_, relations_.data() + ids.relation * width_,
                                types_.data() + ids.tail_type * width_};
  for (std::int64_t row = 0; row < rows; ++row) {
    tokens = std::copy_n(projected + row * width_, width_, tokens);
    for (const float* token : fixed) tokens = std::copy_n(token, width_, tokens);
  }
}

void RelationTransformer::apply(const Layer& layer, std::int64_t rows, bool first_only, Scratch& scratch) const {
  float* x = scratch.tokens.data();
  layer.qkv.forward(x, rows * kTokens, scratch.qkv.data());
  const std::int64_t queries = first_only ? 1 : kTokens;
  for (std::int64_t row = 0; row < rows; ++row) {
    nn::self_attention(scratch.qkv.data() + row * kTokens * 3 * width_, kTokens, queries, shape_, {},
                       scratch.attended.data() + row * queries * width_);
    if (first_only && row > 0) std::copy_n(x + row * kTokens * width_, width_, x + row * width_);
  }
  const std::int64_t left = rows * queries;
  layer.output.add_forward(scratch.attended.data(), left, x);
  nn::layer_norm(x, left, layer.attention_norm.weight, layer.attention_norm.bias, kNormEpsilon, x);
  std::copy_n(x, left * width_, scratch.y.data());
  layer.feed_forward.add_forward(x, left, scratch.y.data());
  nn::layer_norm(scratch.y.data(), left, layer.output_norm.weight, layer.output_norm.bias, kNormEpsilon, x);
}

void RelationTransformer::heads(const RelationIds& ids, const float* x, std::int64_t rows, float* out) const {
  const auto side = projection(ids.head_type);
  MOLBRIDGE_CHECK(
      side && ids.head_type < num_types() && ids.tail_type >= 0 && ids.tail_type < num_types() && ids.relation >= 0 &&
          ids.relation < num_relations(),
      std::to_string(ids.head_type) + " " + std::to_string(ids.relation) + " " + std::to_string(ids.tail_type));
  Scratch scratch(std::min(rows, kRowsAtOnce), width_);
  for (std::int64_t row = 0; row < rows; row += kRowsAtOnce) {
    const std::int64_t here = std::min(kRowsAtOnce, rows - row);
    float* to = out + row * width_;
    side->apply(x + row * static_cast<std::int64_t>(side->inputs()), static_cast<std::uint64_t>(here),
                scratch.projected.data());
    fill_tokens(ids, scratch.projected.data(), here, scratch.tokens.data());
    for (const Layer& layer : layers_) apply(layer, here, &layer == &layers_.back(), scratch);
    if (translation_) {
      translation_->forward(scratch.tokens.data(), here, to);
    } else {
      std::copy_n(scratch.tokens.data(), here * width_, to);
    }
    for (std::int64_t i = 0; i < here * width_; ++i) to[i] += scratch.projected[static_cast<std::size_t>(i)];
  }
}

}  // namespace molbridge::bridges
