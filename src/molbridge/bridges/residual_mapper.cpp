#include "molbridge/bridges/residual_mapper.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/kernels.hpp"

namespace molbridge::bridges {
namespace {

constexpr float kNormEpsilon = 1e-5F;
constexpr double kLengthEpsilon = 1e-8;
constexpr std::int64_t kRowsAtOnce = 64;  // bounds the scratch of a call of any size

Error refused(const nn::Weights& weights, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(weights.files().empty() ? "" : weights.files().front());
}

std::vector<float> take(const nn::Weights& weights, const std::string& name, const std::vector<std::int64_t>& shape,
                        std::set<std::string>& used) {
  used.insert(name);
  return weights.floats(name, shape);
}

/// Rows and columns of a matrix, both positive.
std::pair<std::int64_t, std::int64_t> matrix_sizes(const nn::Weights& weights, const std::string& name) {
  const auto& shape = weights.at(name).shape;
  if (shape.size() == 2 && shape[0] > 0 && shape[1] > 0) return {shape[0], shape[1]};
  throw refused(weights, "tensor " + name + " is no matrix of weights");
}

nn::Linear read_linear(const nn::Weights& weights, const std::string& name, nn::Precision precision,
                       nn::Activation activation, std::set<std::string>& used) {
  const auto [outputs, inputs] = matrix_sizes(weights, name + ".weight");
  const std::vector<float> weight = take(weights, name + ".weight", {outputs, inputs}, used);
  const std::vector<float> bias = take(weights, name + ".bias", {outputs}, used);
  return {weight, bias, inputs, outputs, precision, activation};
}

Norm read_norm(const nn::Weights& weights, const std::string& name, std::int64_t width, std::set<std::string>& used) {
  return {take(weights, name + ".weight", {width}, used), take(weights, name + ".bias", {width}, used)};
}

void scale_to_length_one(float* row, std::int64_t width) {
  double squares = 0;
  for (std::int64_t i = 0; i < width; ++i) squares += static_cast<double>(row[i]) * row[i];
  const auto scale = static_cast<float>(1 / (std::sqrt(squares) + kLengthEpsilon));
  for (std::int64_t i = 0; i < width; ++i) row[i] *= scale;
}

}  // namespace

ProjectionHead::ProjectionHead(std::optional<nn::Linear> hidden, nn::Linear output, Norm norm)
    : hidden_(std::move(hidden)), output_(std::move(output)), norm_(std::move(norm)) {}

ProjectionHead ProjectionHead::read(const nn::Weights& weights, const std::string& prefix, nn::Precision precision,
                                    std::set<std::string>& used) {
  std::optional<nn::Linear> hidden;
  const bool has_hidden = weights.has(prefix + "0.0.weight");
  if (has_hidden) hidden = read_linear(weights, prefix + "0.0", precision, nn::Activation::kGelu, used);
  nn::Linear output = read_linear(weights, prefix + (has_hidden ? "0.2" : "0"), precision, nn::Activation::kNone, used);
  if (hidden && hidden->outputs() != output.inputs()) {
    throw refused(weights, "the layers of " + prefix + " do not fit each other: " + std::to_string(hidden->outputs()) +
                               " and " + std::to_string(output.inputs()));
  }
  Norm norm = read_norm(weights, prefix + "1", output.outputs(), used);
  return {std::move(hidden), std::move(output), std::move(norm)};
}

std::int64_t ProjectionHead::inputs() const { return hidden_ ? hidden_->inputs() : output_.inputs(); }

void ProjectionHead::forward(const float* x, std::int64_t rows, float* y) const {
  std::vector<float> middle;
  for (std::int64_t row = 0; row < rows; row += kRowsAtOnce) {
    const std::int64_t here = std::min(kRowsAtOnce, rows - row);
    const float* in = x + row * inputs();
    float* out = y + row * outputs();
    if (hidden_) {
      middle.resize(static_cast<std::size_t>(here * hidden_->outputs()));
      hidden_->forward(in, here, middle.data());
      in = middle.data();
    }
    output_.forward(in, here, out);
    nn::layer_norm(out, here, norm_.weight, norm_.bias, kNormEpsilon, out);
    for (std::int64_t i = 0; i < here; ++i) scale_to_length_one(out + i * outputs(), outputs());
  }
}

ResidualMapper::Block ResidualMapper::read_block(const nn::Weights& weights, const std::string& name,
                                                 std::int64_t width, nn::Precision precision,
                                                 std::set<std::string>& used) {
  Norm norm = read_norm(weights, name + ".ln", width, used);
  nn::Linear in = read_linear(weights, name + ".fc1", precision, nn::Activation::kGelu, used);
  nn::Linear out = read_linear(weights, name + ".fc2", precision, nn::Activation::kNone, used);
  if (in.inputs() != width || out.outputs() != width || in.outputs() != out.inputs()) {
    throw refused(weights, "the layers of " + name + " do not fit each other and the width " + std::to_string(width));
  }
  return {std::move(norm), nn::FeedForward(std::move(in), std::move(out))};
}

ResidualMapper ResidualMapper::read(const nn::Weights& weights, const std::string& prefix, nn::Precision precision,
                                    std::set<std::string>& used) {
  ResidualMapper mapper(read_linear(weights, prefix + "W", precision, nn::Activation::kNone, used));
  for (std::int64_t k = 0;; ++k) {
    const std::string name = prefix + "blocks." + std::to_string(k);
    if (!weights.has(name + ".fc1.weight")) break;
    const std::int64_t hidden = matrix_sizes(weights, name + ".fc1.weight").first;
    if (k > 0 && hidden != mapper.hidden_) {
      throw refused(weights, "the blocks of " + prefix + " are of different widths: " + std::to_string(mapper.hidden_) +
                                 " and " + std::to_string(hidden));
    }
    mapper.hidden_ = hidden;
    mapper.blocks_.push_back(read_block(weights, name, mapper.outputs(), precision, used));
  }
  return mapper;
}

void ResidualMapper::forward(const float* x, std::int64_t rows, float* y) const {
  std::vector<float> normed;
  for (std::int64_t row = 0; row < rows; row += kRowsAtOnce) {
    const std::int64_t here = std::min(kRowsAtOnce, rows - row);
    float* out = y + row * outputs();
    first_.forward(x + row * inputs(), here, out);
    normed.resize(static_cast<std::size_t>(here * outputs()));
    for (const Block& block : blocks_) {
      nn::layer_norm(out, here, block.norm.weight, block.norm.bias, kNormEpsilon, normed.data());
      block.feed_forward.add_forward(normed.data(), here, out);
    }
  }
}

}  // namespace molbridge::bridges
