#pragma once
// Both sides of a thin bridge while they learn: linear maps from two frozen spaces into a shared one. bridges/linear_side.hpp is one side
// without gradients.
//
//   molecule x [B, M] ── W_m (x - mean_m) (+ b_m) ─┐
//                                                 ├─ cosine
//   text     x [B, T] ── W_t (x - mean_t) (+ b_t) ─┘
//
// Source: Thin Bridges (arXiv 2510.03309): dual linear projections to 256 over ECFP4 and PubMedBERT. Whether its maps have biases and how they begin is
// unsaid; here without, uniform in +-1/sqrt(inputs) as torch.nn.Linear.

#include <cstdint>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

/// Rows of frozen vectors, dense or (bits, counts, TF-IDF) by their nonzero components.
struct FeatureBatch {
  torch::Tensor dense;    ///< [B, inputs], undefined for sparse rows
  torch::Tensor indices;  ///< [nonzeros] int64, row after row
  torch::Tensor values;   ///< [nonzeros]
  torch::Tensor offsets;  ///< [B] int64: where each row begins
};

struct LinearSideSizes {
  std::int64_t inputs = 2048;
  std::int64_t outputs = 256;
  bool bias = false;
  double dropout = 0;  ///< share of input components that are left out in a step, the others scaled up
};

/// Parameters "weight" [inputs, outputs] (transposed, so that sparse rows are sums of its rows) and "bias"; buffer "mean" [inputs], zeros until
/// set_mean().
class TrainedSideImpl : public torch::nn::Module {
 public:
  explicit TrainedSideImpl(const LinearSideSizes& sizes);
  /// Shapes: returns [B, outputs].
  torch::Tensor forward(const FeatureBatch& x);
  /// What is taken off every input row. Shapes: [inputs].
  void set_mean(const torch::Tensor& mean);
  /// W and b of y = W x + b, the mean folded into b; b is undefined where there is neither mean nor bias. Shapes: [outputs, inputs], [outputs].
  std::pair<torch::Tensor, torch::Tensor> folded() const;
  /// Replaces W (and the mean) by what was solved in closed form. Shapes: [outputs, inputs], [inputs].
  void set(const torch::Tensor& weight, const torch::Tensor& mean);

 private:
  torch::Tensor product(const FeatureBatch& x);
  double dropout_;
  bool is_centred_ = false;
  torch::Tensor weight_, bias_, mean_;
};
TORCH_MODULE(TrainedSide);

struct DualLinearOptions {
  LinearSideSizes molecule, text;  ///< of equal outputs
  double temperature = 0.07;
  bool learn_temperature = false;
};

class DualLinearImpl : public torch::nn::Module {
 public:
  explicit DualLinearImpl(const DualLinearOptions& options);
  TrainedSideImpl& molecule() { return *molecule_; }
  TrainedSideImpl& text() { return *text_; }
  const TrainedSideImpl& molecule() const { return *molecule_; }
  const TrainedSideImpl& text() const { return *text_; }
  /// Scalar; a parameter where it is learned, else a buffer.
  const torch::Tensor& log_temperature() const { return log_temperature_; }

 private:
  TrainedSide molecule_{nullptr}, text_{nullptr};
  torch::Tensor log_temperature_;
};
TORCH_MODULE(DualLinear);

}  // namespace molbridge::learn
