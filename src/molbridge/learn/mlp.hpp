#pragma once
// A chain of linear layers with ReLU and dropout between them. nn/mlp.hpp is the same without gradients.

#include <cstdint>
#include <vector>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

/// Parameters "0.weight", "0.bias", "1.weight", ...
class MlpImpl : public torch::nn::Module {
 public:
  /// Widths w0 -> w1 -> ...; at least two. `relu_last`: ReLU and dropout also after the last layer.
  /// Layers with a ReLU start with the weights of He et al. (2015): with LibTorch's default what depends on the input shrinks by half in each
  /// layer and drowns in the biases, and a sum over many rows of it hardly learns.
  MlpImpl(const std::vector<std::int64_t>& widths, double dropout, bool relu_last);
  /// Shapes: [rows, w0] to [rows, last width].
  torch::Tensor forward(torch::Tensor x);
  torch::nn::Linear& last() { return layers_.back(); }

 private:
  std::vector<torch::nn::Linear> layers_;
  double dropout_;
  bool relu_last_;
};
TORCH_MODULE(Mlp);

/// `inputs`, then `hidden` layers - 1 times, then `outputs`.
std::vector<std::int64_t> mlp_widths(std::int64_t inputs, std::int64_t hidden, std::int64_t layers,
                                     std::int64_t outputs);

/// Sums of consecutive rows: row b is that of rows offsets[b] to offsets[b+1] of x (the last one to the end), zero where there are none.
/// Shapes: x [T, H], offsets [B] int64 ascending; returns [B, H].
torch::Tensor sum_of_segments(const torch::Tensor& x, const torch::Tensor& offsets);

}  // namespace molbridge::learn
