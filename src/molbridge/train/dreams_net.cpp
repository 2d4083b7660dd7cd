#include "molbridge/train/dreams_net.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/float_conversion.hpp"

namespace molbridge::train {
namespace {

using encoders::DreamsAttention;
constexpr double kEpsilon = 1e-5;
constexpr double kHidden = -1e9;  ///< what the reference fills masked scores with

void report(const DreamsStages& stages, const std::string& name, const torch::Tensor& value) {
  if (stages) stages(name, value);
}

torch::Tensor split_heads(const torch::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

torch::Tensor join_heads(const torch::Tensor& x) { return x.transpose(1, 2).reshape({x.size(0), x.size(2), -1}); }

}  // namespace

DreamsNet::DreamsNet(const nn::Weights& weights, encoders::DreamsConfig config, const std::string& prefix)
    : config_(config) {
  for (const auto& [name, view] : weights.tensors()) {
    if (!name.starts_with(prefix) || !nn::is_float(view.type)) continue;
    auto values = weights.floats(name, view.shape);
    parameters_[name.substr(prefix.size())] = torch::from_blob(values.data(), view.shape).clone();
  }
  at("ff_peak.ff.0.weight");
}

const torch::Tensor& DreamsNet::at(const std::string& name) const {
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) throw Error(ErrorCode::kModel, "the DreaMS network lacks tensor '" + name + "'");
  return found->second;
}

torch::Tensor DreamsNet::linear(const torch::Tensor& x, const std::string& weight, const std::string& bias) const {
  return torch::nn::functional::linear(x, at(weight), has(bias) ? at(bias) : torch::Tensor());
}

torch::Tensor DreamsNet::chain(torch::Tensor x, const std::string& part) const {
  for (int index = 0; has(part + ".ff." + std::to_string(index) + ".weight"); index += 3) {
    const std::string key = part + ".ff." + std::to_string(index);
    x = torch::relu(linear(x, key + ".weight", key + ".bias"));
  }
  return x;
}

torch::Tensor DreamsNet::norm(const torch::Tensor& x, const std::string& key) const {
  if (has(key + ".scale")) return x * at(key + ".scale") / x.norm(2, -1, true).clamp_min(kEpsilon);
  return torch::layer_norm(x, {x.size(-1)}, at(key + ".weight"), at(key + ".bias"), kEpsilon);
}

/// float32 throughout: the rounding of the phase is part of the published network.
torch::Tensor DreamsNet::fourier(const torch::Tensor& mz) const {
  const auto phase = (static_cast<float>(2 * M_PI) * mz).unsqueeze(-1) * at("fourier_enc.b").view({-1});
  return torch::cat({phase.cos(), phase.sin()}, -1);
}

torch::Tensor DreamsNet::mz_token(const torch::Tensor& mz) const {
  const auto& classes = at("mz_tokenizer.weight");
  const std::int64_t masked = classes.size(0) - 1;
  auto index = (mz / config_.mz_bin).round().clamp(0, static_cast<double>(masked - 1)).to(torch::kInt64);
  index = torch::where(mz < 0, torch::full_like(index, masked), index);
  return chain(torch::embedding(classes, index), "ff_mz_token");
}

torch::Tensor DreamsNet::tokens(const torch::Tensor& peaks, torch::Tensor& differences,
                                const DreamsStages& stages) const {
  const auto mz = peaks.select(-1, 0);
  const auto peak = chain(torch::stack({mz / config_.max_mz, peaks.select(-1, 1)}, -1), "ff_peak");
  report(stages, "ff_peak", peak);
  std::vector<torch::Tensor> parts = {peak};
  if (config_.d_mz_token > 0) parts.push_back(mz_token(mz));
  differences = peak.narrow(-1, 0, 1);
  if (config_.d_fourier > 0) {
    const auto features = fourier(mz);
    report(stages, "fourier", features);
    differences = chain(features, "ff_fourier");
    report(stages, "ff_fourier", differences);
    parts.push_back(differences);
  }
  const auto result = torch::cat(parts, -1);
  report(stages, "tokens", result);
  return result;
}

/// Sums of f_i - f_j over the channels, for all pairs, as the reference forms them. Shapes: [B, 1 or heads, T, T].
torch::Tensor DreamsNet::difference_bias(std::int64_t layer, const torch::Tensor& differences) const {
  const std::string weight = "transformer_encoder.atts." + std::to_string(layer) + ".lin_graphormer.weight";
  if (!pairwise_ && !has(weight)) {
    const auto sums = differences.sum(-1);
    return (sums.unsqueeze(2) - sums.unsqueeze(1)).unsqueeze(1);
  }
  const auto pairs = differences.unsqueeze(2) - differences.unsqueeze(1);
  if (!has(weight)) return pairs.sum(-1).unsqueeze(1);
  return torch::nn::functional::linear(pairs, at(weight)).permute({0, 3, 1, 2});
}

/// Shapes: query, key [B, heads, T, d]; returns [B, heads, T, T].
torch::Tensor DreamsNet::scores(std::int64_t layer, const torch::Tensor& query, const torch::Tensor& key) const {
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  if (config_.attention == DreamsAttention::kDotProduct) return torch::matmul(query, key.transpose(-1, -2)) * scale;
  auto pairs = query.unsqueeze(3) - key.unsqueeze(2);
  if (config_.attention == DreamsAttention::kAdditiveVector) {
    const auto& vector = at("transformer_encoder.atts." + std::to_string(layer) + ".additive_v");
    pairs = pairs * vector.view({1, vector.size(0), 1, 1, vector.size(1)});
  }
  return pairs.sum(-1) * scale;
}

torch::Tensor DreamsNet::attention(std::int64_t layer, const torch::Tensor& x, const torch::Tensor& differences,
                                   const torch::Tensor& padding, const DreamsStages& stages) const {
  const std::string key = "transformer_encoder.atts." + std::to_string(layer) + ".";
  const std::int64_t width = x.size(-1);
  const auto weights = at(key + "weights").split(width, 0);
  const auto biases = has(key + "biases") ? at(key + "biases").split(width, 0) : std::vector<torch::Tensor>(4);
  std::vector<torch::Tensor> parts;
  for (std::size_t i = 0; i < 3; ++i) {
    parts.push_back(split_heads(torch::nn::functional::linear(x, weights[i], biases[i]), config_.heads));
  }
  auto score = scores(layer, parts[0], parts[1]);
  if (config_.graphormer) score = score + difference_bias(layer, differences);
  score = score.masked_fill(padding.view({x.size(0), 1, x.size(1), 1}), kHidden);  // rows, not columns: as published
  const auto probability = score.softmax(-1);
  report(stages, "att_weights_" + std::to_string(layer), probability);
  return torch::nn::functional::linear(join_heads(torch::matmul(probability, parts[2])), weights[3], biases[3]);
}

torch::Tensor DreamsNet::run_layer(std::int64_t layer, torch::Tensor x, const torch::Tensor& differences,
                                   const torch::Tensor& padding, const DreamsStages& stages) const {
  const std::string encoder = "transformer_encoder.", number = std::to_string(layer);
  const std::string first = encoder + "scales." + std::to_string(2 * layer);
  const std::string second = encoder + "scales." + std::to_string(2 * layer + 1), ff = encoder + "ffs." + number + ".";
  const auto feed_forward = [&](const torch::Tensor& y) {
    const auto hidden = torch::relu(linear(y, ff + "in_proj.weight", ff + "in_proj.bias"));
    const auto out = linear(hidden, ff + "out_proj.weight", ff + "out_proj.bias");
    report(stages, "ffs_" + number, out);
    return out;
  };
  if (config_.pre_norm) {
    x = x + attention(layer, norm(x, first), differences, padding, stages);
    x = x + feed_forward(norm(x, second));
  } else {
    x = norm(x + attention(layer, x, differences, padding, stages), first);
    x = norm(x + feed_forward(x), second);
  }
  report(stages, "layer_" + number, x);
  return x;
}

/// torch.nn.TransformerEncoderLayer with norm_first and GELU: padded keys are hidden.
torch::Tensor DreamsNet::run_vanilla_layer(std::int64_t layer, torch::Tensor x, const torch::Tensor& padding) const {
  const std::string key = "transformer_encoder.layers." + std::to_string(layer) + ".";
  const auto y = norm(x, key + "norm1");
  const auto parts = linear(y, key + "self_attn.in_proj_weight", key + "self_attn.in_proj_bias").chunk(3, -1);
  const auto query = split_heads(parts[0], config_.heads), keys = split_heads(parts[1], config_.heads);
  auto score = torch::matmul(query, keys.transpose(-1, -2)) / std::sqrt(static_cast<double>(query.size(-1)));
  score = score.masked_fill(padding.view({x.size(0), 1, 1, x.size(1)}), -std::numeric_limits<double>::infinity());
  const auto mixed = join_heads(torch::matmul(score.softmax(-1), split_heads(parts[2], config_.heads)));
  x = x + linear(mixed, key + "self_attn.out_proj.weight", key + "self_attn.out_proj.bias");
  const auto hidden = torch::gelu(linear(norm(x, key + "norm2"), key + "linear1.weight", key + "linear1.bias"));
  return x + linear(hidden, key + "linear2.weight", key + "linear2.bias");
}

torch::Tensor DreamsNet::forward(const torch::Tensor& peaks, const DreamsStages& stages) const {
  torch::Tensor differences;
  auto x = tokens(peaks, differences, stages);
  const auto padding = peaks.select(-1, 0) == 0;
  if (stages && config_.graphormer) report(stages, "graphormer_bias", difference_bias(0, differences));
  for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
    x = config_.vanilla ? run_vanilla_layer(layer, x, padding) : run_layer(layer, x, differences, padding, stages);
  }
  if (config_.pre_norm && !config_.vanilla)
    x = norm(x, "transformer_encoder.scales." + std::to_string(2 * config_.layers));
  report(stages, "final", x);
  return x;
}

torch::Tensor DreamsNet::mz_logits(const torch::Tensor& tokens) const {
  return linear(tokens, "ff_out.ff.0.weight", "ff_out.ff.0.bias");
}

torch::Tensor DreamsNet::order_logits(const torch::Tensor& first, const torch::Tensor& second) const {
  return linear(torch::cat({first, second}, -1), "ro_out.weight", "ro_out.bias");
}

torch::Tensor dreams_batch(std::span<const encoders::DreamsTokens> tokens) {
  std::int64_t longest = 1;
  for (const auto& one : tokens) longest = std::max(longest, static_cast<std::int64_t>(one.peaks.size()) + one.pads);
  auto batch = torch::zeros({static_cast<std::int64_t>(tokens.size()), longest, 2});
  auto values = batch.accessor<float, 3>();
  for (std::size_t b = 0; b < tokens.size(); ++b) {
    for (std::size_t t = 0; t < tokens[b].peaks.size(); ++t) {
      values[static_cast<std::int64_t>(b)][static_cast<std::int64_t>(t)][0] = tokens[b].peaks[t].mz;
      values[static_cast<std::int64_t>(b)][static_cast<std::int64_t>(t)][1] = tokens[b].peaks[t].intensity;
    }
  }
  return batch;
}

std::vector<float> embed_plainly(const DreamsNet& net, std::span<const encoders::DreamsSpectrum> spectra,
                                 const encoders::DreamsOptions& options, std::size_t batch) {
  const torch::InferenceMode no_gradients;
  std::vector<float> out;
  for (std::size_t begin = 0; begin < spectra.size(); begin += batch) {
    std::vector<encoders::DreamsTokens> tokens;
    for (const auto& spectrum : spectra.subspan(begin, std::min(batch, spectra.size() - begin))) {
      tokens.push_back(encoders::dreams_tokens(spectrum, options));
    }
    const auto first = net.forward(dreams_batch(tokens)).select(1, 0).contiguous();
    out.insert(out.end(), first.data_ptr<float>(), first.data_ptr<float>() + first.numel());
  }
  return out;
}

}  // namespace molbridge::train
