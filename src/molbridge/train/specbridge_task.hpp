#pragma once
// SpecBridge as a training task: spectra -> network -> weighted sum of objectives against the frozen vectors of their molecules.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/augment.hpp"
#include "molbridge/train/hard_negatives.hpp"
#include "molbridge/train/losses.hpp"
#include "molbridge/train/molecule_targets.hpp"
#include "molbridge/train/specbridge_net.hpp"
#include "molbridge/train/spectrum_dataset.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

/// Weights of the sum; 0 leaves a term out.
struct BridgeLossOptions {
  double alignment = 5;
  double raw_squared_error = 0;
  double orthogonality = 1e-3;
  double info_nce = 0;
  double supervised_contrastive = 0;
  double candidate_softmax = 0;
  bool same_molecule_negatives =
      false;  ///< of info_nce: other spectra of a molecule count as wrong, as in the released code
};

struct SpecbridgeTaskOptions {
  encoders::DreamsOptions input;  ///< convention, peaks, padding
  BridgeLossOptions loss;
  AugmentOptions augment;
  double encoder_rate = 1;  ///< learning rate of the encoder's blocks, times that of the rest
  std::uint64_t seed = 1;
  std::string
      cache_folder;  ///< for what the frozen part gave for every spectrum, one file per digest; empty: memory alone
};

/// Data, targets and negatives must outlive the task. Not thread-safe.
class SpecbridgeTask : public Task {
 public:
  /// Runs the frozen part over the whole dataset once, unless augmentation changes its input in every step. `negatives` may be null when
  /// loss.candidate_softmax is 0. Memory: 4 D bytes per token (per spectrum, where the encoder is frozen). Errors: kCancelled.
  SpecbridgeTask(const SpectrumDataset& dataset, const MoleculeTargets& targets, const HardNegatives* negatives,
                 std::shared_ptr<SpecbridgeNet> net, const SpecbridgeTaskOptions& options, Progress& progress);

  torch::nn::Module& module() override { return *net_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(dataset_.spectra.size()); }
  std::int64_t group_of(std::int64_t example) const override {
    return static_cast<std::int64_t>(dataset_.spectra[static_cast<std::size_t>(example)].molecule);
  }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;
  std::vector<ParameterGroup> parameter_groups() const override;

  /// Vectors of any spectra by the network as it is. Shapes: [spectra, D]. Requires eval mode. What the frozen part gives is kept: meant for the
  /// same validation spectra again and again.
  torch::Tensor embed(const std::vector<DatasetSpectrum>& spectra);
  /// The same as far as the mapper. Shapes: [spectra, P].
  torch::Tensor head_outputs(const std::vector<DatasetSpectrum>& spectra) const;
  /// Tensors and the keys [input], [dreams], [head], [mapper].
  void write_model(nn::ModelFolderWriter& writer) const;

 private:
  void fill_cache(Progress& progress);
  bool read_cache(const std::string& path);
  void write_cache(const std::string& path) const;
  std::string cache_path() const;
  encoders::DreamsTokens tokens(const DatasetSpectrum& spectrum, std::span<const spectra::Peak> peaks) const;
  std::vector<encoders::DreamsTokens> tokens_of(const std::vector<DatasetSpectrum>& spectra) const;
  std::vector<encoders::DreamsTokens> augmented_tokens(std::span<const std::int64_t> examples,
                                                       const StepContext& context) const;
  torch::Tensor vectors(std::span<const std::int64_t> examples, const StepContext& context);
  void remember(std::span<const encoders::DreamsTokens> spectra, std::span<const std::string> keys);

  const SpectrumDataset& dataset_;
  const MoleculeTargets& targets_;
  const HardNegatives* negatives_;
  std::shared_ptr<SpecbridgeNet> net_;
  SpecbridgeTaskOptions options_;
  std::vector<DreamsState> states_;  ///< of every spectrum, where blocks are trained on top of frozen ones
  torch::Tensor pooled_;             ///< [spectra, A], where the encoder is frozen
  std::unordered_map<std::string, DreamsState> remembered_;  ///< of validation spectra, by the bytes of their tokens
};

}  // namespace molbridge::train
