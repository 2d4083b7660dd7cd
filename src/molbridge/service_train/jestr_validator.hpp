#pragma once
// Recall while JESTR is trained: its candidates change with it, so they are kept as graphs and encoded at each measurement.

#include <memory>
#include <vector>

#include "molbridge/service_train/job.hpp"
#include "molbridge/service_train/recall_validator.hpp"
#include "molbridge/train/jestr_task.hpp"

namespace molbridge::service_train {

/// Pools as those of RecallValidator; of the bank only the structures count, so it may be of any encoder. Without one the validation molecules
/// are each other's candidates. Not thread-safe.
class JestrValidator : public train::Validator {
 public:
  /// The task must outlive it. Errors: kUsage when `data` is empty.
  JestrValidator(const train::SpectrumDataset& data, const ValidationSettings& settings, train::JestrTask& task,
                 const JobContext& context);
  std::vector<std::pair<std::string, double>> measure() override;

 private:
  void make_pools(const train::SpectrumDataset& data, const ValidationSettings& settings, const JobContext& context);
  /// [graphs, D], of length one.
  torch::Tensor embed_molecules();

  train::JestrTask& task_;
  std::vector<train::DatasetSpectrum> spectra_;
  std::vector<encoders::AtomGraph> graphs_;
  std::vector<torch::Tensor>
      pools_;  ///< of each molecule: int64 places of the others in graphs_; its own is that of the molecule
};

}  // namespace molbridge::service_train
