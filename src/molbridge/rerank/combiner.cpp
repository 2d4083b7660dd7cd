#include "molbridge/rerank/combiner.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/weights.hpp"
#include "molbridge/rerank/examination.hpp"

namespace molbridge::rerank {
namespace {

constexpr float kClamp = 8;  // as in training: no single feature may run away

}  // namespace

std::vector<float> Combiner::scores(std::span<const float> rows) const {
  const std::size_t width = features(), count = rows.size() / width;
  MOLBRIDGE_CHECK(count * width == rows.size(), "features");
  std::vector<float> out(count), x(width);
  for (std::size_t i = 0; i < count; ++i) {
    double score = 0;
    for (std::size_t f = 0; f < width; ++f) {
      x[f] = std::clamp((rows[i * width + f] - mean[f]) / deviation[f], -kClamp, kClamp);
      score += linear[f] * x[f];
    }
    for (std::size_t h = 0; h < hidden_bias.size(); ++h) {
      double sum = hidden_bias[h];
      for (std::size_t f = 0; f < width; ++f) sum += hidden_weight[h * width + f] * x[f];
      score += output[h] * std::tanh(sum);
    }
    out[i] = static_cast<float>(score);
  }
  return out;
}

void Combiner::write(nn::SafetensorsWriter& writer) const {
  const auto add = [&](const std::string& name, const std::vector<float>& values, std::vector<std::int64_t> shape) {
    writer.add("combine." + name, nn::ElementType::kF32, std::move(shape), std::as_bytes(std::span(values)));
  };
  const auto width = static_cast<std::int64_t>(features()), hidden = static_cast<std::int64_t>(hidden_bias.size());
  add("mean", mean, {width});
  add("deviation", deviation, {width});
  add("linear", linear, {width});
  add("hidden.weight", hidden_weight, {hidden, width});
  add("hidden.bias", hidden_bias, {hidden});
  add("output", output, {hidden});
}

Combiner Combiner::read(const nn::ModelFolder& folder) {
  const nn::Weights weights = nn::Weights::open(folder.path);
  const auto width = static_cast<std::int64_t>(kFeatures);
  Combiner out;
  out.mean = weights.floats("combine.mean", {width});
  out.deviation = weights.floats("combine.deviation", {width});
  out.linear = weights.floats("combine.linear", {width});
  out.hidden_bias = weights.floats("combine.hidden.bias", {-1});
  const auto hidden = static_cast<std::int64_t>(out.hidden_bias.size());
  out.hidden_weight = weights.floats("combine.hidden.weight", {hidden, width});
  out.output = weights.floats("combine.output", {hidden});
  for (const float value : out.deviation) {
    if (!(value > 0)) throw Error(ErrorCode::kModel, "combine.deviation is not positive").in_file(folder.path);
  }
  return out;
}

}  // namespace molbridge::rerank
