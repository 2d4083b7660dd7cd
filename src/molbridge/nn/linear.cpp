#include "molbridge/nn/linear.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/packed_matrix.hpp"
#include "molbridge/nn/scratch.hpp"

namespace molbridge::nn {
namespace {

std::vector<float> rest_of(std::span<const float> weight) {
  std::vector<float> rest(weight.size());
  std::vector<std::uint16_t> upper(weight.size());
  to_bfloat16(weight.data(), static_cast<std::int64_t>(weight.size()), upper.data(), nullptr);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(upper[i]) << 16U;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    rest[i] = weight[i] - value;
  }
  return rest;
}

/// The smallest block that holds what is left, else the largest.
std::int64_t block_rows(std::int64_t left) { return left > kRowBlocks[1] ? kRowBlocks[0] : kRowBlocks[1]; }

/// Rows of one block in the type of the products; `rest` only in bfloat16x3.
struct Operand {
  const void* upper;
  const void* rest = nullptr;
};

/// Copies or converts `rows` rows and fills the block up with zeros.
Operand load_block(const float* x, std::int64_t rows, std::int64_t block, std::int64_t width, Precision precision) {
  const std::int64_t count = rows * width, size = block * width;
  if (precision == Precision::kFloat32) {
    if (rows == block) return {x};
    auto* copy = scratch_of<float>(ScratchPurpose::kLinearInput, size);
    std::copy_n(x, count, copy);
    std::fill(copy + count, copy + size, 0.0F);
    return {copy};
  }
  auto* upper = scratch_of<std::uint16_t>(ScratchPurpose::kLinearInput, size);
  std::fill(upper + count, upper + size, std::uint16_t{0});
  if (precision == Precision::kBfloat16) {
    to_bfloat16(x, count, upper, nullptr);
    return {upper};
  }
  auto* rest = scratch_of<std::uint16_t>(ScratchPurpose::kLinearInputRest, size);
  std::fill(rest + count, rest + size, std::uint16_t{0});
  to_bfloat16(x, count, upper, rest);
  return {upper, rest};
}

}  // namespace

struct Linear::Impl {
  std::int64_t inputs, outputs;
  Precision precision;
  Activation activation;
  std::vector<float> bias;
  PackedMatrix weight;
  std::unique_ptr<PackedMatrix> rest;  // bfloat16x3 only

  Impl(std::span<const float> w, std::span<const float> b, std::int64_t in, std::int64_t out, Precision p, Activation a)
      : inputs(in),
        outputs(out),
        precision(p),
        activation(a),
        bias(b.begin(), b.end()),
        weight(w, in, out, p != Precision::kFloat32) {
    MOLBRIDGE_CHECK(b.empty() || static_cast<std::int64_t>(b.size()) == out, std::to_string(b.size()));
    if (p == Precision::kBfloat16x3) rest = std::make_unique<PackedMatrix>(rest_of(w), in, out, true);
  }

  /// One block of kRowBlocks rows.
  void multiply(const Operand& x, std::int64_t block, void* y, bool add, bool narrow) const {
    const bool biased = !bias.empty();
    if (!rest) return weight.multiply(x.upper, block, bias.data(), y, {add, biased, narrow, activation});
    weight.multiply(x.upper, block, bias.data(), y, {add, biased, false, Activation::kNone});
    rest->multiply(x.upper, block, nullptr, y, {true, false, false, Activation::kNone});
    weight.multiply(x.rest, block, nullptr, y, {true, false, false, activation});
  }

  /// The first `rows` rows of a block to y; the rows that fill it up go nowhere.
  void write_block(const Operand& x, std::int64_t rows, std::int64_t block, float* y, bool add) const {
    if (rows == block) return multiply(x, block, y, add, false);
    auto* target = scratch_of<float>(ScratchPurpose::kLinearOutput, block * outputs);
    if (add) {
      std::copy_n(y, rows * outputs, target);
      std::fill(target + rows * outputs, target + block * outputs, 0.0F);
    }
    multiply(x, block, target, add, false);
    std::copy_n(target, rows * outputs, y);
  }

  void forward(const float* x, std::int64_t rows, float* y, bool add) const {
    for (std::int64_t row = 0; row < rows;) {
      const std::int64_t block = block_rows(rows - row), here = std::min(block, rows - row);
      write_block(load_block(x + row * inputs, here, block, inputs, precision), here, block, y + row * outputs, add);
      row += here;
    }
  }
};

Linear::Linear(std::span<const float> weight, std::span<const float> bias, std::int64_t inputs, std::int64_t outputs,
               Precision precision, Activation activation)
    : impl_(std::make_unique<Impl>(weight, bias, inputs, outputs, precision, activation)) {}
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;
Linear::~Linear() = default;

std::int64_t Linear::inputs() const { return impl_->inputs; }
std::int64_t Linear::outputs() const { return impl_->outputs; }
std::uint64_t Linear::memory() const {
  return impl_->weight.memory() + (impl_->rest ? impl_->rest->memory() : 0) + impl_->bias.size() * sizeof(float);
}

void Linear::forward(const float* x, std::int64_t rows, float* y) const { impl_->forward(x, rows, y, false); }

void Linear::add_forward(const float* x, std::int64_t rows, float* y) const {
  MOLBRIDGE_CHECK(impl_->activation == Activation::kNone, "a residual sum has no activation");
  impl_->forward(x, rows, y, true);
}

FeedForward::FeedForward(Linear in, Linear out) : in_(std::move(in)), out_(std::move(out)) {
  MOLBRIDGE_CHECK(in_.outputs() == out_.inputs() && in_.inputs() == out_.outputs() &&
                      in_.impl_->precision == out_.impl_->precision && out_.impl_->activation == Activation::kNone,
                  std::to_string(in_.outputs()) + " and " + std::to_string(out_.inputs()));
}

std::int64_t FeedForward::width() const { return in_.inputs(); }
std::uint64_t FeedForward::memory() const { return in_.memory() + out_.memory(); }

void FeedForward::add_forward(const float* x, std::int64_t rows, float* y) const {
  const std::int64_t width = in_.inputs(), hidden = in_.outputs();
  const bool narrow = in_.impl_->precision == Precision::kBfloat16;
  for (std::int64_t row = 0; row < rows;) {
    const std::int64_t block = block_rows(rows - row), here = std::min(block, rows - row);
    auto* middle = scratch_of<float>(ScratchPurpose::kHidden, block * hidden);
    const Operand operand = load_block(x + row * width, here, block, width, in_.impl_->precision);
    in_.impl_->multiply(operand, block, middle, false, narrow);
    if (narrow) {
      out_.impl_->write_block({middle}, here, block, y + row * width, true);
    } else {
      out_.impl_->forward(middle, here, y + row * width, true);
    }
    row += here;
  }
}

}  // namespace molbridge::nn
