#pragma once
// A graph convolution network over molecules while it learns. encoders/graph/graph_encoder.hpp is the same network without gradients, and has
// its picture.

#include <cstdint>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/learn/mlp.hpp"

namespace molbridge::learn {

/// Molecules side by side: atoms of the first, then of the second, ...
struct GraphBatch {
  torch::Tensor features;   ///< [A, F]
  torch::Tensor neighbors;  ///< [E] int64: atoms that are summed, those of atom 0, then of atom 1, ...
  torch::Tensor weights;    ///< [E] of the type of features
  torch::Tensor atoms;      ///< [A] int64: first neighbour of each atom
  torch::Tensor molecules;  ///< [M] int64: first atom of each molecule
};

struct GraphNetOptions {
  std::int64_t inputs = 0;                               ///< F
  std::vector<std::int64_t> convolutions{64, 128, 256};  ///< width after each
  std::vector<std::int64_t> head{1024, 512};             ///< widths after the maximum over atoms
  double convolution_dropout = 0.2;
  double head_dropout = 0.4;
};

class GraphNetImpl : public torch::nn::Module {
 public:
  explicit GraphNetImpl(const GraphNetOptions& options);
  /// Shapes: returns [M, last width]. In training mode batch norms take the statistics of the atoms of the batch.
  torch::Tensor forward(const GraphBatch& batch);
  const GraphNetOptions& options() const { return options_; }

 private:
  friend NamedTensors folded_tensors(const GraphNetImpl& model);
  GraphNetOptions options_;
  std::vector<torch::nn::Linear> linears_;
  std::vector<torch::nn::BatchNorm1d> norms_;
  Mlp head_{nullptr};
};
TORCH_MODULE(GraphNet);

/// "conv.<i>.0.weight", ".bias" with the batch norms folded in, and "head.<i>.weight", ".bias".
NamedTensors folded_tensors(const GraphNetImpl& model);

/// Sizes below [network] of the manifest, folded tensors as float32.
void write_graph_net(const GraphNetImpl& model, ConfigWriter& manifest, nn::SafetensorsWriter& weights);

}  // namespace molbridge::learn
