#include "molbridge/encoders/spectrum/dreams_config.hpp"

#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/pickle.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::string_view kPeakKey = "ff_peak.ff.0.weight";

std::string file_of(const nn::Weights& weights) { return weights.files().empty() ? "" : weights.files().front(); }

/// Output width of a feed-forward part: rows of its last layer; 0 where there is none. Modules between the layers have no tensors.
std::int64_t output_width(const nn::Weights& weights, const std::string& part) {
  std::int64_t width = 0;
  for (int index = 0; index <= 96; index += 3) {
    const std::string key = part + ".ff." + std::to_string(index) + ".weight";
    if (!weights.has(key)) break;
    const auto& shape = weights.at(key).shape;
    if (shape.size() != 2) throw Error(ErrorCode::kModel, "'" + key + "' is no matrix").in_file(file_of(weights));
    width = shape[0];
  }
  return width;
}

std::int64_t count_layers(const nn::Weights& weights, const std::string& stem, const std::string& ending) {
  std::int64_t layers = 0;
  while (weights.has(stem + std::to_string(layers) + ending)) ++layers;
  return layers;
}

/// The arguments of the run: an argparse.Namespace below hyper_parameters, where the checkpoint has one.
const nn::pickle::Node* run_arguments(const nn::Weights& weights) {
  if (weights.tree() == nullptr) return nullptr;
  const auto* hyper = weights.tree()->find("hyper_parameters");
  return hyper != nullptr ? hyper->find("args") : nullptr;
}

class Arguments {
 public:
  explicit Arguments(const nn::pickle::Node* node) : node_(node) {}
  const nn::pickle::Node* find(std::string_view key) const {
    return node_ != nullptr ? node_->attribute(key) : nullptr;
  }
  void read(std::string_view key, std::int64_t& value) const {
    if (const auto* found = find(key)) value = found->as_int().value_or(value);
  }
  void read(std::string_view key, double& value) const {
    if (const auto* found = find(key)) value = found->as_double().value_or(value);
  }
  void read(std::string_view key, bool& value) const {
    std::int64_t number = value ? 1 : 0;
    read(key, number);
    value = number != 0;
  }

 private:
  const nn::pickle::Node* node_;
};

void read_attention(const Arguments& arguments, const nn::Weights& weights, const std::string& first,
                    DreamsConfig& config) {
  if (weights.has(first + "additive_v")) config.attention = DreamsAttention::kAdditiveVector;
  const auto* kind = arguments.find("attn_mech");
  if (kind != nullptr && kind->text == "additive_fixed") config.attention = DreamsAttention::kAdditiveFixed;
}

/// Shapes that tell the number of heads where the layer has them.
void read_heads(const nn::Weights& weights, const std::string& first, DreamsConfig& config) {
  for (const auto* key : {"additive_v", "lin_graphormer.weight"}) {
    if (weights.has(first + key) && weights.at(first + key).shape.size() == 2)
      config.heads = weights.at(first + key).shape[0];
  }
}

void check_sizes(const nn::Weights& weights, const DreamsConfig& config) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kModel, "not a DreaMS network this program knows: " + what).in_file(file_of(weights));
  };
  if (config.layers == 0) refuse("no 'transformer_encoder.atts.0.weights'");
  if (config.d_peak == 0) refuse("no 'ff_peak.ff.0.weight'");
  if (config.heads < 1 || config.d_model() % config.heads != 0) {
    refuse("width " + std::to_string(config.d_model()) + " does not divide by " + std::to_string(config.heads) +
           " heads");
  }
  if (!(config.max_mz > 0) || !(config.mz_bin > 0)) refuse("m/z limits are not positive");
}

}  // namespace

std::string_view name(DreamsAttention attention) {
  switch (attention) {
    case DreamsAttention::kDotProduct: return "dot-product";
    case DreamsAttention::kAdditiveFixed: return "additive_fixed";
    case DreamsAttention::kAdditiveVector: return "additive_v";
  }
  return "";
}

std::optional<std::string> find_dreams_prefix(const nn::Weights& weights) {
  for (const auto& [key, tensor] : weights.tensors()) {
    if (!key.ends_with(kPeakKey)) continue;
    const std::string prefix = key.substr(0, key.size() - kPeakKey.size());
    if (prefix.empty() || prefix.back() == '.') return prefix;
  }
  return std::nullopt;
}

DreamsConfig infer_dreams_config(const nn::Weights& weights, const std::string& prefix) {
  DreamsConfig config;
  const std::string encoder = prefix + "transformer_encoder.", first = encoder + "atts.0.";
  config.layers = count_layers(weights, encoder + "atts.", ".weights");
  if (config.layers == 0) {
    config.layers = count_layers(weights, encoder + "layers.", ".self_attn.in_proj_weight");
    config.vanilla = config.layers > 0;
  }
  config.d_peak = output_width(weights, prefix + "ff_peak");
  config.d_fourier = output_width(weights, prefix + "ff_fourier");
  config.d_mz_token = output_width(weights, prefix + "ff_mz_token");
  // Pre-norm networks have a norm after the last layer.
  const std::string last = encoder + "scales." + std::to_string(2 * config.layers);
  config.pre_norm = config.vanilla || weights.has(last + ".weight") || weights.has(last + ".scale");
  config.graphormer = !config.vanilla;
  const Arguments arguments(run_arguments(weights));
  arguments.read("n_heads", config.heads);
  arguments.read("dformat_max_mz", config.max_mz);
  arguments.read("hot_mz_bin_size", config.mz_bin);
  arguments.read("graphormer_mz_diffs", config.graphormer);
  read_attention(arguments, weights, first, config);
  read_heads(weights, first, config);
  check_sizes(weights, config);
  return config;
}

void require_whole_biases(const nn::Weights& weights, const std::string& prefix) {
  struct Kind {
    std::string_view start, weight, bias;
  };
  for (const Kind& kind : {Kind{"ff_", ".weight", ".bias"}, Kind{"transformer_encoder.ffs.", ".weight", ".bias"},
                           Kind{"transformer_encoder.atts.", ".weights", ".biases"}}) {
    std::string without;
    bool any = false;
    for (const auto& [name, view] : weights.tensors()) {
      if (!name.starts_with(prefix + std::string(kind.start)) || !name.ends_with(kind.weight)) continue;
      if (name.starts_with(prefix + "ff_out") || name.ends_with("lin_graphormer.weight")) continue;
      const std::string bias = name.substr(0, name.size() - kind.weight.size()) + std::string(kind.bias);
      any = any || weights.has(bias);
      if (!weights.has(bias) && without.empty()) without = bias;
    }
    if (any && !without.empty()) {
      throw Error(ErrorCode::kModel, "tensor '" + without + "' is missing: other layers of its kind have one")
          .in_file(file_of(weights));
    }
  }
}

}  // namespace molbridge::encoders
