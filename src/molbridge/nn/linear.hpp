#pragma once
// The matrix products of frozen networks: weights packed once for the processor at hand (oneDNN), then applied to rows of any number.
//
// Rows are worked off in blocks of fixed sizes, so a row's result is the same to the bit whatever rows stand beside it, and however many
// threads call. Every object is const after construction; each call computes on the calling thread alone.

#include <cstdint>
#include <memory>
#include <span>

#include "molbridge/nn/precision.hpp"

namespace molbridge::nn {

enum class Activation {
  kNone,
  kRelu,
  kGelu,      ///< the exact one (erf)
  kGeluTanh,  ///< its approximation
  kTanh,
  kSilu,       ///< x sigmoid(x)
  kQuickGelu,  ///< x sigmoid(1.702 x)
};

/// y = act(x W^T + b)
class Linear {
 public:
  /// Shapes: weight [outputs, inputs] row-major as published files have it, bias [outputs] or empty. Copies; the spans may go.
  Linear(std::span<const float> weight, std::span<const float> bias, std::int64_t inputs, std::int64_t outputs,
         Precision precision, Activation activation = Activation::kNone);
  Linear(Linear&&) noexcept;
  Linear& operator=(Linear&&) noexcept;
  ~Linear();

  std::int64_t inputs() const;
  std::int64_t outputs() const;
  /// Bytes of the packed weights.
  std::uint64_t memory() const;
  /// Shapes: x [rows, inputs], y [rows, outputs], contiguous. y = act(...).
  void forward(const float* x, std::int64_t rows, float* y) const;
  /// y += x W^T + b, the residual sum. Requires no activation.
  void add_forward(const float* x, std::int64_t rows, float* y) const;

 private:
  friend class FeedForward;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// y += W2 act(W1 x + b1) + b2, with the hidden rows kept in the cache and, below float32, never widened.
class FeedForward {
 public:
  /// Requires: `in` carries the activation, `out` none; in.outputs() == out.inputs(); one precision.
  FeedForward(Linear in, Linear out);
  std::int64_t width() const;
  std::uint64_t memory() const;
  /// Shapes: x and y [rows, D].
  void add_forward(const float* x, std::int64_t rows, float* y) const;

 private:
  Linear in_, out_;
};

}  // namespace molbridge::nn
