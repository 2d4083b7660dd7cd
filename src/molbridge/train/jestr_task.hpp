#pragma once
// JESTR, stage 1, as a training task: spectra and molecules into one space, both encoders trained, contrastive. Stage 2 of the paper (a network that
// judges pairs of frozen vectors) is left out: ranking is by cosine.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/encoders/graph/atom_features.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum.hpp"
#include "molbridge/learn/jestr.hpp"
#include "molbridge/train/spectrum_dataset.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

struct JestrTaskOptions {
  learn::JestrOptions network;  ///< molecule.inputs is set by the task
  double temperature = 0.05;
  bool exact = false;  ///< as published: other spectra of a molecule count as its negatives
  double candidate_weight =
      0;  ///< of the mean cosine between spectra and other molecules of their formula; 0.1 in the source
  std::int64_t candidates_per_spectrum = 4;  ///< drawn anew in each step
  std::int64_t candidates_from_step = 0;     ///< the source adds this term in the last epochs only
  std::uint64_t seed = 1;
};

struct JestrMolecules {
  std::vector<encoders::AtomGraph> graphs;  ///< those of the dataset in its order, then others
  std::vector<std::vector<std::int64_t>>
      same_formula;  ///< for each molecule of the dataset: others, into graphs; or empty
};

/// Graphs of molecules, which must be standardised. Errors: kInternal for a SMILES that does not parse.
std::vector<encoders::AtomGraph> molecule_graphs(const std::vector<std::string>& smiles, std::size_t threads);

/// Molecules side by side as the network takes them.
learn::GraphBatch graph_batch(const std::vector<const encoders::AtomGraph*>& graphs);

/// The dataset must outlive the task. Not thread-safe.
class JestrTask : public Task {
 public:
  JestrTask(const SpectrumDataset& dataset, JestrMolecules molecules, const JestrTaskOptions& options);

  torch::nn::Module& module() override { return *model_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(bins_.size()); }
  std::int64_t group_of(std::int64_t example) const override {
    return static_cast<std::int64_t>(dataset_.spectra[static_cast<std::size_t>(example)].molecule);
  }
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;

  /// In the mode the module is in. Shapes: returns [B, D].
  torch::Tensor embed(const std::vector<DatasetSpectrum>& spectra);
  torch::Tensor embed_molecules(const std::vector<const encoders::AtomGraph*>& graphs);
  const learn::JestrImpl& model() const { return *model_; }

 private:
  using Bins = std::vector<encoders::SparseFeature>;
  torch::Tensor embed_bins(std::span<const Bins* const> spectra);
  bool wants_candidates(const StepContext& context) const;
  /// Places of the spectra (in the batch) and graphs of the pairs.
  std::pair<std::vector<std::int64_t>, std::vector<const encoders::AtomGraph*>> draw_candidates(
      std::span<const std::int64_t> examples, const StepContext& context) const;
  torch::Tensor contrast(const torch::Tensor& z, const torch::Tensor& y, std::span<const std::int64_t> examples) const;

  const SpectrumDataset& dataset_;
  std::vector<Bins> bins_;
  JestrMolecules molecules_;
  JestrTaskOptions options_;
  learn::Jestr model_{nullptr};
};

}  // namespace molbridge::train
