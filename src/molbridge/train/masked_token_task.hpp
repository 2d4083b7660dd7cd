#pragma once
// Pre-training of a SMILES transformer: hidden tokens are predicted from the rest, and, where the config asks for it, the bits of a fingerprint from
// the pooled vector, which masked tokens alone never teach to stand for the whole molecule.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/train/losses.hpp"
#include "molbridge/train/masked_tokens.hpp"
#include "molbridge/train/task.hpp"
#include "molbridge/train/transformer_module.hpp"

namespace molbridge::train {

/// Molecules as the task sees them. Shapes: fingerprints uint8 [N, bits / 8], bit i in byte i / 8 at position i % 8; undefined without that objective.
struct TokenizedMolecules {
  TokenSequences sequences;
  torch::Tensor fingerprints;
};

struct MaskedTokenOptions {
  TransformerOptions network;
  MaskingOptions masking;
  encoders::Pooling pooling = encoders::Pooling::kMean;  ///< what the fingerprint is predicted from: kMean or kCls
  double fingerprint_weight = 0;                         ///< 0: masked tokens alone
  FingerprintLossOptions fingerprint;
  std::int64_t pack_tokens = 4096;
  std::uint64_t seed = 1;
};

/// The network and the head that is thrown away after training.
class MaskedTokenNetImpl : public torch::nn::Module {
 public:
  MaskedTokenNetImpl(const TransformerOptions& options, std::int64_t fingerprint_bits);
  MaskedTransformer transformer{nullptr};
  torch::nn::Linear fingerprint_head{nullptr};  ///< null without that objective
};
TORCH_MODULE(MaskedTokenNet);

/// The molecules must outlive the task. Not thread-safe.
class MaskedTokenTask : public Task {
 public:
  MaskedTokenTask(const TokenizedMolecules& molecules, const MaskedTokenOptions& options);

  torch::nn::Module& module() override { return *net_; }
  std::int64_t num_examples() const override { return molecules_.sequences.size(); }
  /// Terms: "tokens", mean cross-entropy of the hidden tokens of the batch in nats, and "fingerprint". Masks follow from seed, step and part.
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;

  /// The same losses on other molecules, and the share of hidden tokens that are predicted right.
  struct Figures {
    torch::Tensor total;
    double tokens = 0, fingerprint = 0, accuracy = 0;
    std::int64_t hidden = 0;  ///< tokens
  };
  Figures evaluate(const TokenizedMolecules& molecules, std::span<const std::int64_t> examples, Rng& random);
  MaskedTransformer& transformer() { return net_->transformer; }
  const MaskedTokenOptions& options() const { return options_; }

 private:
  void set_fingerprint_prior();

  const TokenizedMolecules& molecules_;
  MaskedTokenOptions options_;
  MaskedTokenNet net_{nullptr};
};

/// Held-out molecules with masks that are always the same. Figures: loss, tokens, masked_accuracy and, with that objective, fingerprint.
class MaskedTokenValidator : public Validator {
 public:
  MaskedTokenValidator(MaskedTokenTask& task, const TokenizedMolecules& molecules)
      : task_(task), molecules_(molecules) {}
  std::vector<std::pair<std::string, double>> measure() override;

 private:
  MaskedTokenTask& task_;
  const TokenizedMolecules& molecules_;
};

}  // namespace molbridge::train
