#include "molbridge/service_train/fingerprint_ffn_job.hpp"

#include <algorithm>
#include <set>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/service_train/analog_data.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/fingerprint_job.hpp"
#include "molbridge/service_train/fragment_data.hpp"
#include "molbridge/service_train/simulation.hpp"
#include "molbridge/train/fingerprint_ffn_task.hpp"

namespace molbridge::service_train {
namespace {

/// Errors: kModel when the bank is of another encoder, or stores no bits.
std::shared_ptr<const bank::Bank> open_target_bank(const std::string& folder,
                                                   const encoders::MoleculeEncoder& encoder) {
  auto bank = bank::Bank::open(folder);
  if (bank->manifest().encoder_digest == encoder.digest() && bank->manifest().dtype == bank::Dtype::kBits) return bank;
  throw Error(ErrorCode::kModel, "the bank is of the encoder " + bank->manifest().encoder + ", stored as " +
                                     std::string(name(bank->manifest().dtype)) + "; negatives must be bits of " +
                                     encoder.name())
      .in_file(folder)
      .remedy("Build one: molbridge bank build MOLECULES --encoder " + encoder.name() + " -o DIR");
}

/// What is trained, and where its negatives come from.
struct Settings : train::FingerprintFfnTaskOptions {
  std::string negatives_bank;
  train::HardNegativeOptions negatives;
  SimulationSettings simulated;
  AnalogSettings analogs;
};

learn::WeightFormat read_weights(const Config& config) {
  const std::string text = config.text("bridge.weights", "f16");
  if (text == "f16") return learn::WeightFormat::kFloat16;
  if (text == "int8") return learn::WeightFormat::kInt8;
  throw Error(ErrorCode::kUsage, "bridge.weights must be f16 or int8, not \"" + text + "\"").in_file(config.name());
}

void read_candidates(const ConfigReader& read, const Config& config, Settings& out) {
  out.candidates_weight = read.number("loss.candidates", 0, 0, 1e6);
  if (out.candidates_weight == 0) return;
  out.temperature = read.number("loss.temperature", out.temperature, 1e-3, 1e3);
  out.negatives_bank = config.text("negatives.bank", "");
  out.negatives.pool = train::parse_negative_pool(config.text("negatives.pool", "ppm"));
  out.negatives.ppm = read.number("negatives.ppm", out.negatives.ppm, 1e-3, 1e4);
  out.negatives.per_example = read.integer("negatives.per_example", 64, 1, 1 << 16);
  out.negatives.pool_limit = read.integer("negatives.pool_limit", out.negatives.pool_limit, 1, 1 << 20);
  if (out.negatives_bank.empty())
    throw Error(ErrorCode::kUsage, "loss.candidates needs a bank to draw candidates from")
        .in_file(config.name())
        .remedy("Name one in negatives.bank (molbridge bank build --encoder TARGET).");
}

void read_simulated(const ConfigReader& read, const Config& config, Settings& out) {
  out.simulated = read_simulation(config);
  if (out.simulated.fragments.empty()) return;
  out.simulated_share = read.number("simulated.share", out.simulated_share, 1e-3, 1e3);
  out.simulated_weight = read.number("simulated.weight", out.simulated_weight, 0, 1e3);
  out.simulated_steps = read.integer("simulated.steps", out.simulated_steps, 0, 1'000'000'000);
  if (out.candidates_weight > 0) return;
  throw Error(ErrorCode::kUsage,
              "simulated.fragments needs loss.candidates: molecules are drawn from the candidates' bank")
      .in_file(config.name());
}

Settings read_task(const Config& config) {
  const ConfigReader read(config);
  Settings task;
  task.input = encoders::read_binned_options(config);
  task.hidden = read.integer("bridge.hidden", task.hidden, 1, 1 << 20);
  task.layers = read.integer("bridge.layers", task.layers, 1, 64);
  task.dropout = read.number("bridge.dropout", task.dropout, 0, 0.95);
  task.members = read.integer("bridge.members", task.members, 1, 64);
  task.weights = read_weights(config);
  task.loss.cross_entropy_weight = read.number("loss.cross_entropy", task.loss.cross_entropy_weight, 0, 1e6);
  task.loss.cosine_weight = read.number("loss.cosine", task.loss.cosine_weight, 0, 1e6);
  read_candidates(read, config, task);
  read_simulated(read, config, task);
  task.analogs = read_analogs(config);
  task.balance = read.number("augment.balance", task.balance, 0, 1);
  task.peak_dropout = read.number("augment.peak_dropout", task.peak_dropout, 0, 0.95);
  return task;
}

void write_candidates(const Settings& options, ConfigWriter& out) {
  if (options.candidates_weight == 0) return;
  out.number("loss.candidates", options.candidates_weight);
  out.number("loss.temperature", options.temperature);
  out.text("negatives.bank", options.negatives_bank);
  out.text("negatives.pool", name(options.negatives.pool));
  out.number("negatives.ppm", options.negatives.ppm);
  out.integer("negatives.per_example", options.negatives.per_example);
  out.integer("negatives.pool_limit", options.negatives.pool_limit);
}

/// A network that knows what this training leaves out would tell it in its spectra. Errors: kUsage with the first formula.
void require_unseen(const SimulationSettings& simulated, const SpectrumData& data) {
  if (simulated.fragments.empty()) return;
  const std::set<std::string> known = training_formulas(simulated.fragments);
  for (const std::string& formula : data.left_out_formulas) {
    if (!known.contains(formula)) continue;
    throw Error(ErrorCode::kUsage, "was trained on " + formula + ", which this training leaves out")
        .in_file(simulated.fragments)
        .remedy("Name a fragment network of the same data.folds and data.fold in simulated.fragments.");
  }
}

class FingerprintFfnJob final : public FingerprintJob<train::FingerprintFfnTask, Settings> {
 public:
  using FingerprintJob::FingerprintJob;

 private:
  void write_options(const Settings& options, ConfigWriter& out) const override;
  std::vector<std::string> more_inputs(const Settings& options) const override {
    if (options.candidates_weight == 0) return {};
    if (options.simulated.fragments.empty()) return {bank_manifest(options.negatives_bank)};
    return {bank_manifest(options.negatives_bank), model_manifest(options.simulated.fragments)};
  }
  std::unique_ptr<train::FingerprintFfnTask> make_task(const SpectrumData& data, const Settings& options,
                                                       const JobContext& context) override;
  void write_first(const SpectrumData& data, const Settings& options, nn::ModelFolderWriter& writer) const override {
    write_analog_library(options.analogs, data.training, *data.encoder, writer);
  }
  void describe(const train::FingerprintFfnTask& task, const JobContext& context) const override {
    context.say(format_count(static_cast<std::uint64_t>(task.encoder().num_features())) + " input features");
  }

  std::unique_ptr<train::HardNegatives> negatives_;
};

// Keys that the first models did not have are written where they say something only: runs of older configs keep their digest.
void FingerprintFfnJob::write_options(const Settings& options, ConfigWriter& out) const {
  out.number("input.bin_width", options.input.bin_width);
  out.number("input.max_mz", options.input.max_mz);
  out.number("input.max_loss", options.input.max_loss);
  out.integer("input.max_peaks", options.input.max_peaks);
  out.integer("input.max_features", options.input.max_features);
  out.integer("input.min_molecules", options.input.min_molecules);
  encoders::write_binned_extras(options.input, out);
  out.integer("bridge.hidden", options.hidden);
  out.integer("bridge.layers", options.layers);
  out.number("bridge.dropout", options.dropout);
  if (options.members > 1) out.integer("bridge.members", options.members);
  if (options.weights == learn::WeightFormat::kInt8) out.text("bridge.weights", "int8");
  out.number("loss.cross_entropy", options.loss.cross_entropy_weight);
  out.number("loss.cosine", options.loss.cosine_weight);
  write_candidates(options, out);
  write_analogs(options.analogs, out);
  write_simulation(options.simulated, out);
  if (!options.simulated.fragments.empty()) {
    out.number("simulated.share", options.simulated_share);
    out.number("simulated.weight", options.simulated_weight);
    out.integer("simulated.steps", options.simulated_steps);
  }
  out.number("augment.balance", options.balance);
  out.number("augment.peak_dropout", options.peak_dropout);
}

std::unique_ptr<train::FingerprintFfnTask> FingerprintFfnJob::make_task(const SpectrumData& data,
                                                                        const Settings& options,
                                                                        const JobContext& context) {
  if (options.candidates_weight > 0) {
    train::HardNegativeOptions wanted = options.negatives;
    wanted.seed = context.seed;
    wanted.without_formulas = data.left_out_formulas;
    auto bank = open_target_bank(options.negatives_bank, *data.encoder);
    require_unseen(options.simulated, data);
    negatives_ = std::make_unique<train::HardNegatives>(std::move(bank), data.training.molecules, wanted);
    context.say("negatives: " + format_fixed(negatives_->mean_pool(), 1) + " per molecule in the mean, none for " +
                format_count(negatives_->without()));
  }
  train::SimulatedSpectra simulated;
  if (!options.simulated.fragments.empty())
    simulated = simulate_spectra(options.simulated, data.training, *negatives_, context);
  return std::make_unique<train::FingerprintFfnTask>(data.training, data.targets, options, negatives_.get(), simulated);
}

}  // namespace

std::unique_ptr<TrainingJob> make_fingerprint_ffn_job(const Config& config) {
  const Settings options = read_task(config);
  return std::make_unique<FingerprintFfnJob>(config, options, std::max(1, options.input.max_peaks));
}

}  // namespace molbridge::service_train
