#pragma once
// What every kind of spectrum model is trained on: spectra with structures, vectors of these, and what is held out. Keys [data], [target] and
// [validation] of a config.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/service_train/folds.hpp"
#include "molbridge/service_train/job.hpp"
#include "molbridge/service_train/recall_validator.hpp"
#include "molbridge/train/molecule_targets.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::service_train {

struct SpectrumDataSettings {
  std::vector<std::string> train_files;
  std::vector<std::string> held_out_files;    ///< their compounds may not be in training
  std::string target_encoder;                 ///< "" where molecules are encoded by what is trained
  Folds folds;                                ///< formulas of its fold are left out
  std::vector<std::string> exclude_formulas;  ///< Hill; no spectrum of these is trained on
  ValidationSettings validation;
};
/// Errors: kUsage when no training file is named.
SpectrumDataSettings read_spectrum_data(const Config& config, bool has_target = true);
void write_spectrum_data(const SpectrumDataSettings& settings, ConfigWriter& out);
/// Manifest of a bank. Errors: kModel when there is none.
std::string bank_manifest(const std::string& folder);
/// Files whose bytes decide: spectra, and the manifest of the bank.
std::vector<std::string> inputs_of(const SpectrumDataSettings& settings);

struct SpectrumData {
  train::SpectrumDataset training, validation;  ///< validation may be empty
  std::shared_ptr<const encoders::MoleculeEncoder> encoder;
  train::MoleculeTargets targets;  ///< of training.molecules
  std::vector<std::string>
      left_out_formulas;  ///< of fold, exclude_formulas and validation, ascending: no training sees molecules of them
};

struct SpectrumDataOptions {
  int max_peaks = 200;
  bool needs_precursor = false;  ///< spectra without one are left out and counted
};

/// Reads, checks that no held-out or validation compound is in training, splits, encodes. Says the totals. Errors: kUsage, kInput, kModel.
SpectrumData load_spectrum_data(const SpectrumDataSettings& settings, const SpectrumDataOptions& options,
                                const JobContext& context);

/// Null when nothing is held out.
std::unique_ptr<RecallValidator> make_recall_validator(const SpectrumData& data, const SpectrumDataSettings& settings,
                                                       RecallValidator::Embed embed, const JobContext& context);

/// File of a model with the molecules it was trained on, which strata of novelty need.
inline constexpr const char* kTrainingMoleculesFile = "training_molecules.tsv";
std::string training_molecules_tsv(const std::vector<train::DatasetMolecule>& molecules);

/// Keys training.spectra and training.molecules, last of a job's own, and the file training_molecules.tsv of a model.
void write_training_facts(const SpectrumData& data, nn::ModelFolderWriter& writer);

}  // namespace molbridge::service_train
