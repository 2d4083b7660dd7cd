#pragma once
// What the second stage is trained on: spectra with known structures, and for each compound candidates of its mass, taken apart. Keys [data]
// and [negatives] of a config.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/config.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"
#include "molbridge/service/evaluation_set.hpp"
#include "molbridge/service_train/folds.hpp"
#include "molbridge/service_train/job.hpp"
#include "molbridge/train/fragment_task.hpp"

namespace molbridge::service_train {

struct FragmentDataSettings {
  std::vector<std::string> train_files;
  std::vector<std::string> held_out_files;  ///< their compounds and formulas may not be in training
  Folds folds;                              ///< formulas of its fold are left out
  std::int64_t spectra_per_compound = 8;    ///< evenly spaced over its spectra; 0: all
  std::string bank;                         ///< of decoys
  double ppm = 10;
  std::int64_t decoys = 24;  ///< of a compound
  std::string hard_model;    ///< spectrum model that says which decoys are hard; "": all are drawn at random
  double hard_share = 0.5;   ///< of the decoys
  std::vector<std::string> validation_files;
  std::int64_t validation_decoys = 60;
  std::int64_t validation_spectra = 2;  ///< of a compound
};

/// One file or folder at least. Errors: kUsage.
std::vector<std::string> read_names(const Config& config, const std::string& key);
/// Path of a model's manifest. Errors: kModel when there is none.
std::string model_manifest(const std::string& folder);

/// Errors: kUsage.
FragmentDataSettings read_fragment_data(const Config& config);
void write_fragment_data(const FragmentDataSettings& settings, ConfigWriter& out);
std::vector<std::string> inputs_of(const FragmentDataSettings& settings);

/// A spectrum with the reading of its ion that its compound implies.
struct LabelledSpectrum {
  const service::EvaluationQuery* query = nullptr;
  retrieve::SpectrumQuery reading;
  mass::Adduct adduct;
  std::size_t compound = 0;  ///< of the set
};

/// Spectra of a set that can be read as ions of their compounds, `most` of each compound at most (0: all), in the order of the set.
std::vector<LabelledSpectrum> labelled_spectra(const service::EvaluationSet& set, std::int64_t most);

/// Formulas (Hill) of the molecules that a model was trained on: any folder with training_molecules.tsv. Errors: kModel.
std::set<std::string> training_formulas(const std::string& model_folder);

/// Spectra with usable structures whose formulas stand neither in the held-out files nor among the training molecules of the models. Errors: kInput, kModel.
service::EvaluationSet load_unseen_spectra(const std::vector<std::string>& files,
                                           const std::vector<std::string>& held_out_files,
                                           const std::vector<std::string>& models, const JobContext& context);

/// Errors: kUsage, kInput, kModel, kCancelled.
struct FragmentTrainingData {
  train::FragmentData training, validation;
  std::vector<service::EvaluationCompound> compounds;  ///< of training, in its order
};
FragmentTrainingData load_fragment_data(const FragmentDataSettings& settings, const JobContext& context);

}  // namespace molbridge::service_train
