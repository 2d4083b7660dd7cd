#pragma once
// Recall while training: the spectra of held-out formulas, ranked among the candidates that an evaluation would give them.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/config.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/train/spectrum_dataset.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::service_train {

/// [validation] of a config.
struct ValidationSettings {
  std::vector<std::string> files;  ///< spectra; none: a share of the training formulas is held out
  double share = 0.1;              ///< of the formulas of the training files; 0: nothing is measured
  std::string bank;              ///< in the target's space; empty: the validation molecules are each other's candidates
  std::string pool = "formula";  ///< or "ppm"
  double ppm = 10;
  std::int64_t cap = 0;          ///< most molecules of a pool; 0: all
  std::int64_t max_spectra = 4;  ///< of a compound, evenly spaced over its spectra; 0: all
};
ValidationSettings read_validation(const Config& config);
void write_validation(const ValidationSettings& settings, ConfigWriter& out);

/// At most `most` spectra of each molecule (0: all), evenly spaced in the order of the files: different energies and instruments rather than
/// the first ones.
std::vector<train::DatasetSpectrum> validation_spectra(const train::SpectrumDataset& data, std::int64_t most);

/// The pool of each molecule of `data`, from the bank of the settings. `encoder` null: for pools that score nothing.
std::vector<std::unique_ptr<service::CandidatePool>> validation_pools(
    const train::SpectrumDataset& data, const ValidationSettings& settings,
    const std::shared_ptr<const bank::Bank>& bank, const std::shared_ptr<const encoders::MoleculeEncoder>& encoder,
    std::uint64_t seed);

/// Means by compound of what ranks say. Not thread-safe.
class RecallFigures {
 public:
  void add(std::size_t molecule, std::uint64_t rank);
  /// mrr, recall_at_1, recall_at_5, recall_at_20.
  std::vector<std::pair<std::string, double>> means() const;

 private:
  std::map<std::size_t, std::pair<std::array<double, 4>, double>> compounds_;  ///< sums, and how many
};

/// Figures by compound, in [0, 1]: mrr, recall_at_1, recall_at_5, recall_at_20. Not thread-safe.
class RecallValidator : public train::Validator {
 public:
  /// Vectors of spectra by the model as it is now. Shapes: returns [spectra, D] float32.
  using Embed = std::function<torch::Tensor(const std::vector<train::DatasetSpectrum>&)>;

  /// Errors: kModel when the bank is of another encoder; kUsage when `data` is empty.
  RecallValidator(const train::SpectrumDataset& data, const ValidationSettings& settings,
                  const std::shared_ptr<const encoders::MoleculeEncoder>& encoder, Embed embed, std::uint64_t seed);
  std::vector<std::pair<std::string, double>> measure() override;
  std::string describe() const;

 private:
  std::uint64_t rank(std::size_t spectrum, const torch::Tensor& vector) const;
  void make_pools(const train::SpectrumDataset& data, const ValidationSettings& settings,
                  const encoders::MoleculeEncoder& encoder, std::uint64_t seed);

  Embed embed_;
  std::vector<train::DatasetSpectrum> spectra_;
  std::shared_ptr<const bank::Bank> bank_;                      ///< outlives the pools
  std::vector<std::unique_ptr<service::CandidatePool>> pools_;  ///< of each molecule; without a bank:
  torch::Tensor molecules_;                                     ///< [M, D], of length one
};

}  // namespace molbridge::service_train
