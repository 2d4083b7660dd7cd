#pragma once
// SpecBridge as a trainable module: DreaMS ── pooling ── projection head ── residual mapper. Source: SpecBridge paper, sections 3.2 and A.2.

#include <memory>

#include "molbridge/learn/residual_bridge.hpp"
#include "molbridge/train/dreams_module.hpp"

namespace molbridge::train {

struct SpecbridgeNetOptions {
  DreamsPooling pooling = DreamsPooling::kPrecursor;
  learn::ProjectionHeadSizes head;    ///< inputs: set to the width of the encoder
  learn::ResidualMapperSizes mapper;  ///< inputs: set to the outputs of the head
  learn::MapperInit init = learn::MapperInit::kOrthogonal;
  std::int64_t trained_blocks = 2;  ///< the last ones of the encoder; 0: it is frozen
  bool trained_norms = true;        ///< of these blocks too, as in the paper's count
  bool trained_embeddings = false;  ///< m/z and peak branches too: with all blocks, everything is trained
  double temperature = 0.07;        ///< at first, of the contrastive losses
  bool learned_temperature = true;  ///< false where no loss has one
};

/// Parameters: "dreams.*", "head.*", "mapper.*", "log_temperature". Not thread-safe.
class SpecbridgeNet : public torch::nn::Module {
 public:
  /// The sizes that follow from others are filled in.
  SpecbridgeNet(std::shared_ptr<DreamsModule> dreams, SpecbridgeNetOptions options);

  /// What the frozen blocks give, without gradients and dropout; what is cached. Where the embeddings are trained, the token inputs, and nothing is
  /// worth caching.
  DreamsState frozen(std::span<const encoders::DreamsTokens> spectra) const;
  /// The rest. Shapes: returns [B, D].
  torch::Tensor from_frozen(const DreamsState& state);
  /// The pooled vector of a wholly frozen encoder. Shapes: returns [B, A]. Requires trained_blocks == 0.
  torch::Tensor pooled(const DreamsState& state) const;
  torch::Tensor from_pooled(const torch::Tensor& pooled) { return mapper_->forward(head_->forward(pooled)); }
  torch::Tensor forward(std::span<const encoders::DreamsTokens> spectra);

  /// First block that is trained.
  std::int64_t first_trained_block() const;
  bool caches() const { return !options_.trained_embeddings; }
  bool encoder_is_frozen() const { return options_.trained_blocks == 0 && !options_.trained_embeddings; }
  const SpecbridgeNetOptions& options() const { return options_; }
  DreamsModule& dreams() { return *dreams_; }
  const DreamsModule& dreams() const { return *dreams_; }
  learn::ProjectionHead& head() { return head_; }
  learn::ResidualMapper& mapper() { return mapper_; }
  const torch::Tensor& log_temperature() const { return log_temperature_; }

 private:
  SpecbridgeNetOptions options_;
  std::shared_ptr<DreamsModule> dreams_;
  learn::ProjectionHead head_{nullptr};
  learn::ResidualMapper mapper_{nullptr};
  torch::Tensor log_temperature_;
};

}  // namespace molbridge::train
