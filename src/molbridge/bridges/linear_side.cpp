#include "molbridge/bridges/linear_side.hpp"

#include <cmath>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::bridges {
namespace {

constexpr std::int64_t kMostInputs = std::int64_t{1} << 24;
constexpr std::int64_t kMostOutputs = 1 << 16;

Error damaged(const nn::Weights& weights, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(weights.files().empty() ? "" : weights.files().front());
}

void require_finite(const nn::Weights& weights, const std::string& name, const std::vector<float>& values) {
  for (const float value : values) {
    if (!std::isfinite(value)) throw damaged(weights, "the tensor " + name + " holds a value that is not finite");
  }
}

}  // namespace

LinearSide::LinearSide(std::vector<float> weight, std::vector<float> bias, std::uint64_t inputs, std::uint64_t outputs)
    : inputs_(inputs),
      outputs_(outputs),
      weight_(std::move(weight)),
      bias_(std::move(bias)),
      product_(weight_, bias_, static_cast<std::int64_t>(inputs), static_cast<std::int64_t>(outputs),
               nn::Precision::kFloat32) {
  MOLBRIDGE_CHECK(weight_.size() == inputs * outputs && (bias_.empty() || bias_.size() == outputs),
                  std::to_string(weight_.size()) + ", " + std::to_string(bias_.size()));
}

LinearSide LinearSide::read(const nn::Weights& weights, const std::string& name, std::set<std::string>& used) {
  const std::string matrix = name + ".weight", offset = name + ".bias";
  const auto& shape = weights.at(matrix).shape;
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > kMostOutputs || shape[1] > kMostInputs)
    throw damaged(weights, "the tensor " + matrix + " is no matrix of a usable size");
  std::vector<float> weight = weights.floats(matrix, shape);
  used.insert(matrix);
  require_finite(weights, matrix, weight);
  std::vector<float> bias;
  if (weights.has(offset)) {
    bias = weights.floats(offset, {shape[0]});
    used.insert(offset);
    require_finite(weights, offset, bias);
  }
  return {std::move(weight), std::move(bias), static_cast<std::uint64_t>(shape[1]),
          static_cast<std::uint64_t>(shape[0])};
}

void LinearSide::apply(const float* x, std::uint64_t rows, float* y) const {
  if (rows > 0) product_.forward(x, static_cast<std::int64_t>(rows), y);
}

void LinearSide::apply_normalized(const float* x, std::uint64_t rows, float* y) const {
  apply(x, rows, y);
  normalize_rows({y, static_cast<std::size_t>(rows * outputs_)}, outputs_);
}

FoldedQuery LinearSide::fold(std::span<const float> q) const {
  MOLBRIDGE_CHECK(q.size() == outputs_, std::to_string(q.size()) + ", " + std::to_string(outputs_));
  std::vector<double> sums(inputs_, 0.0);
  FoldedQuery out;
  double squares = 0;
  for (std::size_t o = 0; o < outputs_; ++o) {
    const double value = q[o];
    const float* row = weight_.data() + o * inputs_;
    for (std::size_t i = 0; i < inputs_; ++i) sums[i] += value * static_cast<double>(row[i]);
    if (!bias_.empty()) out.constant += value * static_cast<double>(bias_[o]);
    squares += value * value;
  }
  out.norm = std::sqrt(squares);
  out.query.assign(sums.begin(), sums.end());
  return out;
}

void normalize_rows(std::span<float> rows, std::uint64_t width) {
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    double squares = 0;
    for (std::size_t i = begin; i < begin + width; ++i) squares += static_cast<double>(rows[i]) * rows[i];
    if (squares == 0) continue;
    const double scale = 1 / std::sqrt(squares);
    for (std::size_t i = begin; i < begin + width; ++i) rows[i] = static_cast<float>(rows[i] * scale);
  }
}

}  // namespace molbridge::bridges
