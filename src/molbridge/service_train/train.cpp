#include "molbridge/service_train/train.hpp"

#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/service_train/train_config.hpp"

namespace molbridge::service_train {
namespace {

namespace fs = std::filesystem;

/// Identity of a run: same settings and same bytes of data. Paths count, contents decide.
std::string run_digest(const TrainSettings& settings) {
  Sha256 hash;
  hash.update(resolved_toml(settings));
  for (const auto& file : settings.train_files) hash.update(sha256_file(file) + "\n");
  return hash.finish();
}

void discard_run(const std::string& folder) {
  for (const char* file : {"checkpoint.safetensors", "metrics.tsv", "config.toml"}) {
    std::error_code ignored;
    fs::remove(fs::path(folder) / file, ignored);
  }
}

std::string training_molecules_tsv(const train::SpectrumDataset& dataset) {
  std::string out = "inchikey14\tsmiles\n";
  for (const auto& molecule : dataset.molecules) out += molecule.inchikey14 + "\t" + molecule.smiles + "\n";
  return out;
}

void write_counts(ConfigWriter& manifest, const train::SpectrumDataset& dataset, const train::LoopReport& loop) {
  manifest.integer("training.spectra", static_cast<std::int64_t>(dataset.counts.used));
  manifest.integer("training.molecules", static_cast<std::int64_t>(dataset.molecules.size()));
  manifest.integer("training.steps", loop.steps);
  manifest.number("training.last_epoch_loss", loop.last_epoch_loss);
}

void write_model(const std::string& folder, const TrainSettings& settings, const encoders::MoleculeEncoder& target,
                 const train::FingerprintFfnTask& task, const train::SpectrumDataset& dataset,
                 const train::LoopReport& loop) {
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", "fingerprint-ffn");
  writer.manifest.text("name", settings.name);
  writer.manifest.text("licence", settings.licence);
  writer.manifest.text("tool_version", std::string(version()));
  writer.manifest.text("target.encoder", target.name());
  writer.manifest.text("target.encoder_digest", target.digest());
  task.write_model(writer);
  write_counts(writer.manifest, dataset, loop);
  writer.add_side_file("training_molecules.tsv", training_molecules_tsv(dataset));
  writer.add_side_file("training.toml", resolved_toml(settings));
  writer.write(folder);
}

std::uint64_t folder_bytes(const std::string& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

train::SpectrumDataset load_data(const TrainSettings& settings, const encoders::MoleculeEncoder& target,
                                 std::size_t threads, Progress& progress) {
  train::SpectrumDataset dataset =
      train::load_spectrum_dataset({settings.train_files, settings.task.input.max_peaks, threads}, target, progress);
  if (!settings.held_out_files.empty()) {
    train::require_disjoint(dataset, train::compounds_of(settings.held_out_files, threads, progress));
  }
  return dataset;
}

std::string describe(const train::SpectrumDataset& dataset) {
  std::string text = format_count(dataset.counts.read) + " spectra read, " + format_count(dataset.counts.used) +
                     " used of " + format_count(dataset.molecules.size()) + " molecules";
  for (const auto& [reason, count] : dataset.counts.skipped) text += "; " + format_count(count) + " skipped: " + reason;
  return text;
}

}  // namespace

TrainReport train_model(const service::TrainOptions& options, const std::function<void(const std::string&)>& say,
                        Progress& progress) {
  TrainSettings settings = read_train_config(options.config, options.set);
  if (!options.output.empty()) settings.output = options.output;
  learn::set_threads(settings.threads);
  const auto target = encoders::make_molecule_encoder(settings.target_encoder);
  if (!target->is_binary())
    throw Error(ErrorCode::kUsage, "target.encoder must give bits for this kind").in_file(options.config);
  if (options.restart) discard_run(settings.output);

  const train::SpectrumDataset dataset = load_data(settings, *target, options.threads, progress);
  say(describe(dataset));
  train::FingerprintFfnTask task(dataset, static_cast<std::int64_t>(target->width()), settings.task);
  TrainReport report;
  report.data = dataset.counts;
  report.molecules = dataset.molecules.size();
  for (const auto& parameter : task.module().parameters()) report.parameters += parameter.numel();
  say(format_count(static_cast<std::uint64_t>(report.parameters)) + " parameters; " +
      format_count(static_cast<std::uint64_t>(task.encoder().num_features())) + " input features");

  settings.loop.folder = settings.output;
  settings.loop.run_digest = run_digest(settings);
  make_folders(settings.output);
  report.loop = train::run_loop(task, settings.loop, progress);
  write_file_atomically(settings.output + "/config.toml", resolved_toml(settings));
  report.model_folder = settings.output + "/model";
  write_model(report.model_folder, settings, *target, task, dataset, report.loop);
  report.model_digest = nn::ModelFolder::open(report.model_folder).digest;
  report.model_bytes = folder_bytes(report.model_folder);
  return report;
}

}  // namespace molbridge::service_train
