#pragma once
// DeepSets as a training task: tokens of spectra -> bridge -> loss of predicted fingerprints.

#include <cstdint>
#include <optional>
#include <vector>

#include "molbridge/bridges/deep_sets.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/peak_tokens.hpp"
#include "molbridge/learn/deep_sets.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/losses.hpp"
#include "molbridge/train/molecule_targets.hpp"
#include "molbridge/train/spectrum_dataset.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

struct DeepSetsTaskOptions {
  encoders::PeakTokenOptions input;
  std::optional<encoders::MzFourierOptions> fourier;
  std::int64_t fourier_hidden = 512;
  std::int64_t hidden = 512;
  std::int64_t layers = 4;
  bool mean = false;
  double dropout = 0.1;
  bridges::FingerprintScore score = bridges::FingerprintScore::kProbability;
  /// As the baseline: one minus cosine alone.
  FingerprintLossOptions loss{.cross_entropy_weight = 0, .cosine_weight = 1};
  double peak_dropout = 0;  ///< share of the tokens left out at random in each step
  std::uint64_t seed = 1;
};

/// Dataset and targets (bits of its molecules) must outlive the task. Not thread-safe.
class DeepSetsTask : public Task {
 public:
  DeepSetsTask(const SpectrumDataset& dataset, const MoleculeTargets& targets, const DeepSetsTaskOptions& options);

  torch::nn::Module& module() override { return *model_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(tokens_.size()); }
  std::int64_t group_of(std::int64_t example) const override {
    return static_cast<std::int64_t>(dataset_.spectra[static_cast<std::size_t>(example)].molecule);
  }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;

  /// As the model ranks by them. Shapes: returns [spectra, D]. Requires eval mode.
  torch::Tensor embed(const std::vector<DatasetSpectrum>& spectra);
  /// Tensors and manifest keys [input] and [bridge] of the trained model; weights as float16.
  void write_model(nn::ModelFolderWriter& writer) const;

 private:
  using Tokens = std::vector<encoders::PeakToken>;
  struct Batch {
    torch::Tensor tokens, offsets;  ///< [T, I], [B]
  };
  Batch batch_of(std::span<const Tokens> spectra) const;
  Tokens thinned(const Tokens& tokens, Rng& rng) const;

  const SpectrumDataset& dataset_;
  const MoleculeTargets& targets_;
  std::vector<Tokens> tokens_;
  DeepSetsTaskOptions options_;
  std::optional<encoders::MzFourier> fourier_;
  learn::DeepSets model_{nullptr};
};

}  // namespace molbridge::train
