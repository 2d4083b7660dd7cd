#pragma once
// The Fingerprint FFN as a training task: dataset -> features -> bridge -> loss, and the model folder it ends in.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/spectrum/binned_spectrum.hpp"
#include "molbridge/learn/bit_scores.hpp"
#include "molbridge/learn/fingerprint_ffn.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/hard_negatives.hpp"
#include "molbridge/train/losses.hpp"
#include "molbridge/train/molecule_targets.hpp"
#include "molbridge/train/simulated_spectra.hpp"
#include "molbridge/train/spectrum_dataset.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

struct FingerprintFfnTaskOptions {
  encoders::BinnedSpectrumOptions input;
  std::int64_t hidden = 512;
  std::int64_t layers = 2;
  double dropout = 0.3;
  std::int64_t members =
      1;  ///< networks that begin differently, each taught by itself; the model gives the mean of their log odds
  learn::WeightFormat weights = learn::WeightFormat::kFloat16;
  FingerprintLossOptions loss;
  double candidates_weight = 0;  ///< of the softmax of the truth among the negatives; 0: there are none
  double temperature = 1;        ///< of that softmax, at first: it is learned
  /// Weight of a spectrum is (spectra of its molecule)^-balance, mean 1: 0 counts spectra, 1 counts molecules.
  double balance = 0.5;
  double peak_dropout = 0;           ///< share of features left out at random in each step
  double simulated_share = 1;        ///< simulated spectra of a step for each measured one
  double simulated_weight = 1;       ///< of their loss beside that of the measured ones
  std::int64_t simulated_steps = 0;  ///< steps of the run that have them; 0: all
  std::uint64_t seed = 1;
};

/// What is trained: the members, and the temperature that only the loss needs.
class FingerprintFfnModuleImpl : public torch::nn::Module {
 public:
  FingerprintFfnModuleImpl(const learn::FingerprintFfnOptions& options, const FingerprintFfnTaskOptions& task);
  const std::vector<learn::FingerprintFfn>& members() const { return members_; }
  const torch::Tensor& log_temperature() const { return log_temperature_; }

 private:
  std::vector<learn::FingerprintFfn> members_;
  torch::Tensor log_temperature_;  ///< undefined where there are no negatives
};
TORCH_MODULE(FingerprintFfnModule);

/// Dataset, targets (bits of its molecules) and negatives (null where candidates_weight is 0; of the target's space) must outlive the task.
/// Simulated spectra need negatives. Not thread-safe.
class FingerprintFfnTask : public Task {
 public:
  FingerprintFfnTask(const SpectrumDataset& dataset, const MoleculeTargets& targets,
                     const FingerprintFfnTaskOptions& options, const HardNegatives* negatives = nullptr,
                     const SimulatedSpectra& simulated = {});

  torch::nn::Module& module() override { return *model_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(features_.size()); }
  std::int64_t group_of(std::int64_t example) const override {
    return static_cast<std::int64_t>(dataset_.spectra[static_cast<std::size_t>(example)].molecule);
  }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;
  /// Log odds ratios of spectra, as the model ranks by them. Shapes: [spectra, D]. Requires eval mode.
  torch::Tensor embed(const std::vector<DatasetSpectrum>& spectra);

  const encoders::BinnedSpectrum& encoder() const { return *encoder_; }
  /// Tensors and manifest keys [input] and [bridge] of the trained model; weights as float16.
  void write_model(nn::ModelFolderWriter& writer) const;

 private:
  /// The truth and its negatives, [B * (1 + C)] lists, and which places hold a negative, [B, C].
  struct Candidates {
    learn::BitLists lists;
    torch::Tensor present;
  };
  using Features = std::vector<encoders::SparseFeature>;
  using Bits = std::vector<std::int32_t>;
  /// What a step computes on: spectra, the bits of their molecules and candidates beside them.
  struct Lesson {
    std::vector<const Features*> features;
    torch::Tensor bits, weights;
    Candidates candidates;
    std::string stream;  ///< of its random numbers
  };
  Lesson measured_lesson(std::span<const std::int64_t> examples, const StepContext& context) const;
  Lesson simulated_lesson(std::size_t count, const StepContext& context) const;
  /// Loss of the bits and of the candidates, all members together.
  std::pair<torch::Tensor, torch::Tensor> losses(const Lesson& lesson);
  learn::SparseBatch batch_of(const Lesson& lesson, std::size_t member) const;
  Candidates candidates_of(const std::vector<const Bits*>& truths,
                           const std::vector<std::vector<std::uint64_t>>& rows) const;

  const SpectrumDataset& dataset_;
  const MoleculeTargets& targets_;
  const HardNegatives* negatives_;
  FingerprintFfnTaskOptions options_;
  std::unique_ptr<encoders::BinnedSpectrum> encoder_;
  std::vector<Features> features_;
  std::vector<float> weights_;
  std::vector<Bits> target_bits_;  ///< of each molecule; empty without negatives
  std::vector<Features> simulated_features_;
  std::vector<std::uint64_t> simulated_rows_;
  std::vector<std::int64_t> simulated_lenders_;  ///< molecules whose negatives they share
  FingerprintFfnModule model_{nullptr};
};

}  // namespace molbridge::train
