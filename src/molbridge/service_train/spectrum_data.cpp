#include "molbridge/service_train/spectrum_data.hpp"

#include <set>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service_train {
namespace {

std::string describe(const train::DatasetCounts& counts, std::size_t molecules) {
  std::string text = format_count(counts.read) + " spectra read, " + format_count(counts.used) + " used of " +
                     format_count(molecules) + " molecules";
  for (const auto& [reason, count] : counts.skipped) text += "; " + format_count(count) + " skipped: " + reason;
  return text;
}

std::vector<std::string> compounds(const train::SpectrumDataset& dataset) {
  std::vector<std::string> keys;
  for (const auto& molecule : dataset.molecules) keys.push_back(molecule.inchikey14);
  return keys;
}

train::SpectrumDataset read_spectra(const std::vector<std::string>& files, const SpectrumDataOptions& options,
                                    const JobContext& context) {
  train::SpectrumDataset dataset =
      train::load_spectrum_dataset({files, options.max_peaks, context.threads}, *context.progress);
  train::keep_spectra(
      dataset, [](const auto& spectrum) { return !spectrum.peaks.empty(); }, "no peaks");
  if (options.needs_precursor) {
    train::keep_spectra(
        dataset, [](const auto& spectrum) { return spectrum.precursor_mz > 0; }, "no precursor m/z");
  }
  return dataset;
}

train::SpectrumDataset hold_out(train::SpectrumDataset& training, const SpectrumDataSettings& settings,
                                const SpectrumDataOptions& options, const JobContext& context) {
  if (settings.validation.files.empty()) {
    if (settings.validation.share == 0) return {};
    return train::split_off_formulas(training, settings.validation.share, context.seed);
  }
  train::SpectrumDataset validation = read_spectra(settings.validation.files, options, context);
  train::require_disjoint(training, compounds(validation));
  return validation;
}

std::set<std::string> formulas_of(const train::SpectrumDataset& dataset) {
  std::set<std::string> out;
  for (const auto& molecule : dataset.molecules) out.insert(molecule.formula);
  return out;
}

/// Takes away what the settings exclude, and says how much that was.
std::set<std::string> leave_out(train::SpectrumDataset& training, const SpectrumDataSettings& settings,
                                const JobContext& context) {
  std::set<std::string> out(settings.exclude_formulas.begin(), settings.exclude_formulas.end());
  if (settings.folds.folds > 0) {
    for (const std::string& formula : formulas_of(training))
      if (settings.folds.leaves_out(formula)) out.insert(formula);
  }
  if (out.empty()) return out;
  const std::size_t spectra = training.spectra.size(), molecules = training.molecules.size();
  const auto keep = [&](const auto& spectrum) { return !out.contains(training.molecules[spectrum.molecule].formula); };
  train::keep_spectra(training, keep, "formula left out");
  if (training.spectra.empty())
    throw Error(ErrorCode::kUsage, "data.fold and data.exclude_formulas leave nothing to train on");
  context.say("left out: " + format_count(spectra - training.spectra.size()) + " spectra of " +
              format_count(molecules - training.molecules.size()) +
              " molecules; trained on: " + format_count(training.spectra.size()) + " spectra of " +
              format_count(training.molecules.size()) + " molecules");
  return out;
}

}  // namespace

SpectrumDataSettings read_spectrum_data(const Config& config, bool has_target) {
  SpectrumDataSettings out;
  out.train_files = config.texts("data.train");
  out.held_out_files = config.texts("data.held_out");
  if (out.train_files.empty()) throw Error(ErrorCode::kUsage, "data.train names no file").in_file(config.name());
  if (has_target) out.target_encoder = config.text("target.encoder", encoders::kDefaultEncoder);
  out.exclude_formulas = config.texts("data.exclude_formulas");
  out.folds = read_folds(config);
  out.validation = read_validation(config);
  return out;
}

void write_spectrum_data(const SpectrumDataSettings& settings, ConfigWriter& out) {
  out.texts("data.train", settings.train_files);
  out.texts("data.held_out", settings.held_out_files);
  // Written where they are set only: runs of older configs keep their digest.
  if (!settings.exclude_formulas.empty()) out.texts("data.exclude_formulas", settings.exclude_formulas);
  write_folds(settings.folds, out);
  if (!settings.target_encoder.empty()) out.text("target.encoder", settings.target_encoder);
  write_validation(settings.validation, out);
}

std::string bank_manifest(const std::string& folder) {
  const std::string path = folder + "/bank.toml";
  if (file_exists(path)) return path;
  throw Error(ErrorCode::kModel, "holds no bank")
      .in_file(folder)
      .remedy("Build one of the target's space: molbridge bank build MOLECULES --encoder TARGET -o " + folder);
}

std::vector<std::string> inputs_of(const SpectrumDataSettings& settings) {
  std::vector<std::string> files = settings.train_files;
  files.insert(files.end(), settings.validation.files.begin(), settings.validation.files.end());
  if (!settings.validation.bank.empty()) files.push_back(bank_manifest(settings.validation.bank));
  return files;
}

SpectrumData load_spectrum_data(const SpectrumDataSettings& settings, const SpectrumDataOptions& options,
                                const JobContext& context) {
  SpectrumData data;
  if (!settings.target_encoder.empty()) data.encoder = encoders::make_molecule_encoder(settings.target_encoder);
  data.training = read_spectra(settings.train_files, options, context);
  if (!settings.held_out_files.empty()) {
    train::require_disjoint(data.training,
                            train::compounds_of(settings.held_out_files, context.threads, *context.progress));
  }
  context.say(describe(data.training.counts, data.training.molecules.size()));
  std::set<std::string> left_out = leave_out(data.training, settings, context);
  data.validation = hold_out(data.training, settings, options, context);
  left_out.merge(formulas_of(data.validation));
  data.left_out_formulas.assign(left_out.begin(), left_out.end());
  if (data.encoder == nullptr) return data;
  std::vector<std::string> smiles;
  for (const auto& molecule : data.training.molecules) smiles.push_back(molecule.smiles);
  data.targets = train::MoleculeTargets(smiles, *data.encoder, context.threads, *context.progress);
  return data;
}

std::unique_ptr<RecallValidator> make_recall_validator(const SpectrumData& data, const SpectrumDataSettings& settings,
                                                       RecallValidator::Embed embed, const JobContext& context) {
  if (data.validation.spectra.empty()) return nullptr;
  auto validator = std::make_unique<RecallValidator>(data.validation, settings.validation, data.encoder,
                                                     std::move(embed), context.seed);
  context.say(validator->describe());
  return validator;
}

std::string training_molecules_tsv(const std::vector<train::DatasetMolecule>& molecules) {
  std::string out = "inchikey14\tsmiles\n";
  for (const auto& molecule : molecules) out += molecule.inchikey14 + "\t" + molecule.smiles + "\n";
  return out;
}

void write_training_facts(const SpectrumData& data, nn::ModelFolderWriter& writer) {
  writer.manifest.integer("training.spectra", static_cast<std::int64_t>(data.training.spectra.size()));
  writer.manifest.integer("training.molecules", static_cast<std::int64_t>(data.training.molecules.size()));
  writer.add_side_file(kTrainingMoleculesFile, training_molecules_tsv(data.training.molecules));
}

}  // namespace molbridge::service_train
