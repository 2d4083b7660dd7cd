#pragma once
// The two trained parts of SpecBridge, for inference in float32 or below: a projection head that brings a spectrum vector to length 1, and
// a residual mapper from there into the space of a molecule encoder. Sizes and the number of blocks follow from the tensors.
//
//   head    x [D] ── (Linear D->H ── GELU ──)? Linear ->P ── LayerNorm ── x / (|x| + 1e-8)
//   mapper  x [P] ── Linear P->M ── (x + fc2(GELU(fc1(LayerNorm(x)))))* , M -> H -> M in each block
//
// GELU is the exact one (erf), epsilon of the norms 1e-5. Source: SpecBridge, `spec.proj` and `mapB`; docs/formats/specbridge.md.
// Threads: const use is safe; a call computes on the calling thread. A row's result does not depend on its neighbours.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::bridges {

/// Weight and bias of a LayerNorm.
struct Norm {
  std::vector<float> weight, bias;
};

class ProjectionHead {
 public:
  /// Tensors "<prefix>0.0.*", "<prefix>0.2.*" (with a hidden layer) or "<prefix>0.*" (without), and "<prefix>1.*". Adds the names it has
  /// read to `used`. Errors: kModel naming file and tensor.
  static ProjectionHead read(const nn::Weights& weights, const std::string& prefix, nn::Precision precision,
                             std::set<std::string>& used);
  std::int64_t inputs() const;
  std::int64_t hidden() const { return hidden_ ? hidden_->outputs() : 0; }  ///< 0: no hidden layer
  std::int64_t outputs() const { return output_.outputs(); }
  /// Shapes: x [rows, inputs], y [rows, outputs]; each row of y has length 1.
  void forward(const float* x, std::int64_t rows, float* y) const;

 private:
  ProjectionHead(std::optional<nn::Linear> hidden, nn::Linear output, Norm norm);
  std::optional<nn::Linear> hidden_;
  nn::Linear output_;
  Norm norm_;
};

class ResidualMapper {
 public:
  /// Tensors "<prefix>W.*" and "<prefix>blocks.<k>.{ln,fc1,fc2}.*", k from 0 without a gap; there may be no block. Adds the names it has
  /// read to `used`. Errors: kModel naming file and tensor.
  static ResidualMapper read(const nn::Weights& weights, const std::string& prefix, nn::Precision precision,
                             std::set<std::string>& used);
  std::int64_t inputs() const { return first_.inputs(); }
  std::int64_t outputs() const { return first_.outputs(); }
  std::int64_t hidden() const { return hidden_; }  ///< of the blocks; 0 without blocks
  std::int64_t blocks() const { return static_cast<std::int64_t>(blocks_.size()); }
  /// Shapes: x [rows, inputs], y [rows, outputs].
  void forward(const float* x, std::int64_t rows, float* y) const;

 private:
  struct Block {
    Norm norm;
    nn::FeedForward feed_forward;
  };
  explicit ResidualMapper(nn::Linear first) : first_(std::move(first)) {}
  static Block read_block(const nn::Weights& weights, const std::string& name, std::int64_t width,
                          nn::Precision precision, std::set<std::string>& used);

  nn::Linear first_;
  std::vector<Block> blocks_;
  std::int64_t hidden_ = 0;
};

}  // namespace molbridge::bridges
