#include "molbridge/service_train/jestr_job.hpp"

#include <cmath>
#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/encoders/graph/graph_encoder.hpp"
#include "molbridge/encoders/spectrum/summed_bins.hpp"
#include "molbridge/mass/formula.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/jestr_validator.hpp"
#include "molbridge/service_train/spectrum_data.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr const char* kMoleculeFolder = "molecule";  // as retrieve/jestr_model.hpp has it

/// Molecules of the formula, which may become negatives.
struct CandidateSettings {
  std::string bank;        ///< any encoder: only its structures count
  std::int64_t most = 16;  ///< kept per molecule
};

struct Settings {
  SpectrumDataSettings data;
  train::JestrTaskOptions task;
  CandidateSettings candidates;
};

std::vector<std::int64_t> read_widths(const Config& config, const std::string& key,
                                      const std::vector<std::int64_t>& fallback) {
  if (!config.has(key)) return fallback;
  std::vector<std::int64_t> out;
  for (const double value : config.numbers(key)) {
    if (!(value >= 1) || value > static_cast<double>(kMaxWidth) || value != std::floor(value))
      throw Error(ErrorCode::kUsage, key + " must hold whole numbers from 1 to " + std::to_string(kMaxWidth))
          .in_file(config.name());
    out.push_back(static_cast<std::int64_t>(value));
  }
  if (out.empty()) throw Error(ErrorCode::kUsage, key + " is empty").in_file(config.name());
  return out;
}

learn::JestrOptions read_network(const Config& config) {
  const ConfigReader read(config);
  learn::JestrOptions network;
  const std::vector<std::int64_t> layers = read_widths(config, "bridge.layers", {1024, 1024, 512});
  network.spectrum = {read.integer("input.bins", network.spectrum.front(), 1, encoders::kMaxSummedBins)};
  network.spectrum.insert(network.spectrum.end(), layers.begin(), layers.end());
  network.spectrum_dropout = read.number("bridge.dropout", network.spectrum_dropout, 0, 0.95);
  network.molecule.convolutions = read_widths(config, "molecule.convolutions", network.molecule.convolutions);
  network.molecule.head = read_widths(config, "molecule.head", network.molecule.head);
  network.molecule.convolution_dropout =
      read.number("molecule.convolution_dropout", network.molecule.convolution_dropout, 0, 0.95);
  network.molecule.head_dropout = read.number("molecule.head_dropout", network.molecule.head_dropout, 0, 0.95);
  if (network.molecule.head.back() != layers.back())
    throw Error(ErrorCode::kUsage, "bridge.layers ends in " + std::to_string(layers.back()) + ", molecule.head in " +
                                       std::to_string(network.molecule.head.back()) +
                                       ": both sides must give vectors of one width")
        .in_file(config.name());
  return network;
}

Settings read_settings(const Config& config) {
  const ConfigReader read(config);
  Settings out{read_spectrum_data(config, /*has_target=*/false), {}, {}};
  train::JestrTaskOptions& task = out.task;
  task.network = read_network(config);
  task.temperature = read.number("loss.temperature", task.temperature, 1e-4, 100);
  task.exact = config.flag("loss.exact", task.exact);
  task.candidate_weight = read.number("loss.candidates", task.candidate_weight, 0, 1e3);
  task.candidates_from_step = read.integer("loss.candidates_from_step", task.candidates_from_step, 0, 1LL << 40);
  task.candidates_per_spectrum = read.integer("candidates.per_spectrum", task.candidates_per_spectrum, 1, 1 << 16);
  out.candidates.bank = config.text("candidates.bank", "");
  out.candidates.most = read.integer("candidates.most", out.candidates.most, 1, 1 << 20);
  if (task.candidate_weight > 0 && out.candidates.bank.empty())
    throw Error(ErrorCode::kUsage, "loss.candidates needs candidates.bank, a bank to take other molecules from")
        .in_file(config.name());
  return out;
}

/// Other molecules of the formulas of `dataset`, appended to smiles; at most `most` of each, drawn by seed.
std::vector<std::vector<std::int64_t>> find_candidates(const train::SpectrumDataset& dataset,
                                                       const CandidateSettings& settings, const JobContext& context,
                                                       std::vector<std::string>& smiles) {
  const auto bank = bank::Bank::open(settings.bank);
  std::vector<std::vector<std::int64_t>> out;
  Rng rng(context.seed, "candidates of molecules");
  for (const auto& molecule : dataset.molecules) {
    check_interrupt();
    std::vector<std::uint64_t> rows = bank->rows_of_formula(mass::Formula::parse(molecule.formula).value());
    rng.shuffle(std::span(rows));
    std::vector<std::int64_t>& places = out.emplace_back();
    for (std::size_t i = 0; i < rows.size() && places.size() < static_cast<std::size_t>(settings.most); ++i) {
      const bank::MoleculeRecord record = bank->record(rows[i]);
      if (record.inchikey14 == molecule.inchikey14) continue;
      places.push_back(static_cast<std::int64_t>(smiles.size()));
      smiles.push_back(record.smiles);
    }
  }
  return out;
}

/// The molecule side as a model folder of its own. Returns its digest.
std::string write_molecule_encoder(const learn::JestrImpl& model, const std::string& name, const std::string& folder) {
  nn::ModelFolderWriter writer;
  writer.manifest.text("kind", encoders::kMoleculeGnnKind);
  writer.manifest.text("name", name);
  writer.manifest.text("tool_version", std::string(version()));
  writer.manifest.text("network.features", encoders::kAtomFeatureVersion);
  learn::write_graph_net(model.molecule(), writer.manifest, writer.weights);
  writer.write(folder);
  return encoders::make_molecule_encoder(folder)->digest();  // what was written opens
}

class JestrJob : public TrainingJob {
 public:
  explicit JestrJob(const Config& config) : settings_(read_settings(config)) {}

  void write_settings(ConfigWriter& out) const override {
    const train::JestrTaskOptions& task = settings_.task;
    write_spectrum_data(settings_.data, out);
    out.integer("input.bins", task.network.spectrum.front());
    out.integers("bridge.layers", {task.network.spectrum.begin() + 1, task.network.spectrum.end()});
    out.number("bridge.dropout", task.network.spectrum_dropout);
    out.integers("molecule.convolutions", task.network.molecule.convolutions);
    out.integers("molecule.head", task.network.molecule.head);
    out.number("molecule.convolution_dropout", task.network.molecule.convolution_dropout);
    out.number("molecule.head_dropout", task.network.molecule.head_dropout);
    out.number("loss.temperature", task.temperature);
    out.flag("loss.exact", task.exact);
    out.number("loss.candidates", task.candidate_weight);
    out.integer("loss.candidates_from_step", task.candidates_from_step);
    out.text("candidates.bank", settings_.candidates.bank);
    out.integer("candidates.most", settings_.candidates.most);
    out.integer("candidates.per_spectrum", task.candidates_per_spectrum);
  }
  std::vector<std::string> inputs() const override {
    std::vector<std::string> files = inputs_of(settings_.data);
    if (!settings_.candidates.bank.empty()) files.push_back(settings_.candidates.bank + "/bank.toml");
    return files;
  }

  void prepare(const JobContext& context) override {
    settings_.task.seed = context.seed;
    folder_ = context.cache_folder + "/molecule";
    data_ = load_spectrum_data(settings_.data, {.max_peaks = encoders::kMaxSummedBins}, context);
    std::vector<std::string> smiles;
    for (const auto& molecule : data_.training.molecules) smiles.push_back(molecule.smiles);
    train::JestrMolecules molecules;
    if (settings_.task.candidate_weight > 0)
      molecules.same_formula = find_candidates(data_.training, settings_.candidates, context, smiles);
    molecules.graphs = train::molecule_graphs(smiles, context.threads);
    context.say(format_count(molecules.graphs.size()) + " molecular graphs");
    task_ = std::make_unique<train::JestrTask>(data_.training, std::move(molecules), settings_.task);
    if (!data_.validation.spectra.empty()) {
      validator_ = std::make_unique<JestrValidator>(data_.validation, settings_.data.validation, *task_, context);
    }
  }
  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }

  void write_model(nn::ModelFolderWriter& writer) override {
    const std::string digest = write_molecule_encoder(task_->model(), "jestr-molecule", folder_);
    writer.manifest.text("target.encoder", kMoleculeFolder);
    writer.manifest.text("target.encoder_digest", digest);
    writer.manifest.text("input.kind", "summed-bins");
    learn::write_jestr_spectrum(task_->model(), writer.manifest, writer.weights);
    write_training_facts(data_, writer);
    for (const char* file : {nn::kManifestFile, nn::kWeightsFile}) {
      writer.add_side_file(std::string(kMoleculeFolder) + "/" + file, read_text_file(folder_ + "/" + file));
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

 private:
  Settings settings_;
  SpectrumData data_;
  std::string folder_;  ///< where the molecule side is written before it is part of the model
  std::unique_ptr<train::JestrTask> task_;
  std::unique_ptr<JestrValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_jestr_job(const Config& config) { return std::make_unique<JestrJob>(config); }

}  // namespace molbridge::service_train
