#include "molbridge/bridges/deep_sets.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::bridges {
namespace {

constexpr std::int64_t kMaxSize = 1 << 24;  // no manifest can ask for more than a file could hold
constexpr std::int64_t kMaxLayers = 64;
constexpr std::int64_t kPeakInputs = 2;  // m/z and intensity

struct Sizes {
  std::int64_t inputs, fourier_hidden, hidden, layers, outputs;
  bool mean;
};

Error refused(const nn::ModelFolder& folder, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(folder.path + "/" + nn::kManifestFile);
}

std::int64_t size_of(const nn::ModelFolder& folder, const std::string& key, std::int64_t least, std::int64_t most) {
  const std::int64_t value = folder.manifest.integer(key);
  if (value < least || value > most) throw refused(folder, key + " is " + std::to_string(value));
  return value;
}

Sizes read_sizes(const nn::ModelFolder& folder, std::int64_t inputs) {
  const std::string pooling = folder.manifest.text("bridge.pooling");
  if (pooling != "sum" && pooling != "mean") throw refused(folder, "bridge.pooling is \"" + pooling + "\"");
  const Sizes sizes{.inputs = size_of(folder, "bridge.inputs", kPeakInputs, kMaxSize),
                    .fourier_hidden = size_of(folder, "bridge.fourier_hidden", 0, kMaxSize),
                    .hidden = size_of(folder, "bridge.hidden", 2, kMaxSize),
                    .layers = size_of(folder, "bridge.layers", 1, kMaxLayers),
                    .outputs = size_of(folder, "bridge.outputs", 1, kMaxSize),
                    .mean = pooling == "mean"};
  if (sizes.inputs != inputs) {
    throw refused(folder, "bridge.inputs is " + std::to_string(sizes.inputs) + ", a token has " +
                              std::to_string(inputs) + " values");
  }
  if ((sizes.fourier_hidden > 0) != (sizes.inputs > kPeakInputs)) {
    throw refused(folder, "bridge.fourier_hidden is " + std::to_string(sizes.fourier_hidden) + " for tokens of " +
                              std::to_string(sizes.inputs) + " values");
  }
  return sizes;
}

FingerprintScore read_score(const nn::ModelFolder& folder) {
  const std::string text = folder.manifest.text("bridge.score");
  try {
    return parse_fingerprint_score(text);
  } catch (const Error& error) {
    throw refused(folder, error.message());
  }
}

/// first, hidden, hidden, ..., last: `layers` steps.
std::vector<std::int64_t> widths(std::int64_t first, std::int64_t hidden, std::int64_t layers, std::int64_t last) {
  std::vector<std::int64_t> out{first};
  for (std::int64_t i = 1; i < layers; ++i) out.push_back(hidden);
  out.push_back(last);
  return out;
}

}  // namespace

std::int64_t deep_sets_fourier_width(std::int64_t hidden) { return std::max<std::int64_t>(1, hidden * 8 / 10); }

FingerprintScore parse_fingerprint_score(std::string_view text) {
  for (const auto score : {FingerprintScore::kProbability, FingerprintScore::kLogOdds}) {
    if (text == name(score)) return score;
  }
  throw Error(ErrorCode::kUsage, "unknown score \"" + std::string(text) + "\" of fingerprints")
      .remedy("Use probability or log-odds.");
}

std::string_view name(FingerprintScore score) {
  return score == FingerprintScore::kLogOdds ? "log-odds" : "probability";
}

DeepSets DeepSets::read(const nn::ModelFolder& folder, std::int64_t inputs) {
  const Sizes sizes = read_sizes(folder, inputs);
  const bool fourier = sizes.fourier_hidden > 0;
  const std::int64_t hidden = sizes.hidden, part = deep_sets_fourier_width(hidden);
  // The tensors decide how much is allocated: a manifest that promises other sizes is refused by floats().
  const nn::Weights weights = nn::Weights::open(folder.weights.path());
  std::set<std::string> used{"bridge.prior"};
  const std::int64_t first = fourier ? hidden : kPeakInputs;
  DeepSets net(nn::Mlp::read(weights, "bridge.phi.", widths(first, hidden, sizes.layers, hidden), false, used),
               nn::Mlp::read(weights, "bridge.rho.", widths(hidden, hidden, sizes.layers, sizes.outputs), false, used));
  net.inputs_ = sizes.inputs;
  net.fourier_width_ = sizes.inputs - kPeakInputs;
  net.mean_ = sizes.mean;
  net.score_ = read_score(folder);
  net.prior_ = weights.floats("bridge.prior", {sizes.outputs});
  if (fourier) {
    net.peak_ = nn::Mlp::read(weights, "bridge.peak.", {kPeakInputs, hidden - part}, true, used);
    net.fourier_ =
        nn::Mlp::read(weights, "bridge.fourier.", {net.fourier_width_, sizes.fourier_hidden, part}, true, used);
  }
  nn::require_all_used(weights, "bridge.", used);
  return net;
}

std::vector<float> DeepSets::embed(const std::vector<float>& tokens) const {
  if (!fourier_) return tokens;
  const auto width = static_cast<std::size_t>(inputs_);
  const std::size_t rows = tokens.size() / width;
  std::vector<float> plain, features;
  for (std::size_t t = 0; t < rows; ++t) {
    const auto token = tokens.begin() + static_cast<std::ptrdiff_t>(t * width);
    plain.insert(plain.end(), token, token + kPeakInputs);
    features.insert(features.end(), token + kPeakInputs, token + inputs_);
  }
  plain = peak_->forward(std::move(plain));
  features = fourier_->forward(std::move(features));
  std::vector<float> out;
  out.reserve(plain.size() + features.size());
  const std::ptrdiff_t left = peak_->outputs(), right = fourier_->outputs();
  for (std::ptrdiff_t t = 0; t < static_cast<std::ptrdiff_t>(rows); ++t) {
    out.insert(out.end(), plain.begin() + t * left, plain.begin() + (t + 1) * left);
    out.insert(out.end(), features.begin() + t * right, features.begin() + (t + 1) * right);
  }
  return out;
}

std::vector<float> DeepSets::pool(const std::vector<float>& x, const TokenBatch& batch) const {
  const auto width = static_cast<std::size_t>(phi_.outputs());
  const std::size_t tokens = x.size() / width;
  std::vector<float> out(batch.offsets.size() * width, 0.0F);
  for (std::size_t b = 0; b < batch.offsets.size(); ++b) {
    const std::size_t begin = batch.offsets[b], end = b + 1 < batch.offsets.size() ? batch.offsets[b + 1] : tokens;
    MOLBRIDGE_CHECK(begin <= end && end <= tokens, "set " + std::to_string(b));
    float* row = &out[b * width];
    for (std::size_t t = begin; t < end; ++t) {
      for (std::size_t h = 0; h < width; ++h) row[h] += x[t * width + h];
    }
    if (!mean_ || begin == end) continue;
    for (std::size_t h = 0; h < width; ++h) row[h] /= static_cast<float>(end - begin);
  }
  return out;
}

std::vector<float> DeepSets::vectors(const TokenBatch& batch) const {
  MOLBRIDGE_CHECK(batch.tokens.size() % static_cast<std::size_t>(inputs_) == 0, std::to_string(batch.tokens.size()));
  std::vector<float> out = rho_.forward(pool(phi_.forward(embed(batch.tokens)), batch));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = score_ == FingerprintScore::kLogOdds ? out[i] - prior_[i % prior_.size()] : 1 / (1 + std::exp(-out[i]));
  }
  return out;
}

}  // namespace molbridge::bridges
