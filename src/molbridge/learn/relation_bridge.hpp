#pragma once
// BioBridge's bridge while it learns. bridges/relation_transformer.hpp has the formulas and is the same without gradients; parameters have the
// names of the published checkpoint (docs/formats/biobridge.md).

#include <cstdint>
#include <map>

#include "molbridge/core/config.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

struct RelationBridgeOptions {
  std::int64_t types = 0, relations = 0;  ///< rows of the embeddings
  std::map<std::int64_t, std::int64_t>
      inputs;                ///< width of the frozen vectors, by type; types without one have no projection
  std::int64_t width = 768;  ///< D, a multiple of `heads`
  std::int64_t layers = 6;   ///< 0: a translation
  std::int64_t heads = 12;
  std::int64_t feed_forward = 2048;
  double dropout = 0.1;  ///< of attention probabilities, hidden rows and sublayers
};

class RelationLayer;

/// What the tokens are made of. Shapes: int64 [B].
struct RelationRows {
  torch::Tensor head_type, relation, tail_type;
};

/// Threads: as LibTorch's modules. Initial values: those of PyTorch's modules.
class RelationBridgeImpl : public torch::nn::Module {
 public:
  explicit RelationBridgeImpl(const RelationBridgeOptions& options);
  /// Shapes: x [n, inputs of the type]; returns [n, D].
  torch::Tensor project(std::int64_t type, const torch::Tensor& x);
  /// Query vectors of heads that are projected already. Shapes: projected [B, D]; returns [B, D].
  torch::Tensor query(const torch::Tensor& projected, const RelationRows& rows);
  const RelationBridgeOptions& options() const { return options_; }

 private:
  RelationBridgeOptions options_;
  torch::nn::Sequential types_{nullptr}, relations_{nullptr};
  std::map<std::int64_t, torch::nn::Linear> projections_;
  std::vector<std::shared_ptr<RelationLayer>> layers_;
  torch::nn::Linear translation_{nullptr};
};
TORCH_MODULE(RelationBridge);

/// Sizes below [bridge] of the manifest, all tensors as float16, or float32 with `wide`.
void write_relation_bridge(const RelationBridgeImpl& bridge, bool wide, ConfigWriter& manifest,
                           nn::SafetensorsWriter& weights);

}  // namespace molbridge::learn
