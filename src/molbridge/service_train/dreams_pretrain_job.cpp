#include "molbridge/service_train/dreams_pretrain_job.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/service_train/dreams_pretrain_config.hpp"

namespace molbridge::service_train {
namespace {

std::string describe(const train::PretrainingSpectra& spectra) {
  std::string text = format_count(spectra.read) + " spectra read: " + format_count(spectra.training.size()) +
                     " to train on, " + format_count(spectra.validation.size()) + " for validation, of " +
                     format_count(spectra.compounds) + " known compounds";
  for (const auto& [reason, count] : spectra.skipped) text += "; " + format_count(count) + " left out: " + reason;
  return text;
}

class DreamsPretrainJob : public TrainingJob {
 public:
  explicit DreamsPretrainJob(const Config& config) : settings_(read_dreams_pretrain(config)) {}

  void write_settings(ConfigWriter& out) const override { write_dreams_pretrain(settings_, out); }
  std::vector<std::string> inputs() const override {
    std::vector<std::string> files = settings_.data.files;
    files.insert(files.end(), settings_.data.exclude.begin(), settings_.data.exclude.end());
    return files;
  }

  void prepare(const JobContext& context) override {
    settings_.data.seed = settings_.task.seed = context.seed;
    settings_.data.threads = context.threads;
    spectra_ = train::load_pretraining_spectra(settings_.data, *context.progress);
    context.say(describe(spectra_));
    torch::manual_seed(context.seed);
    task_ = std::make_unique<train::MaskedMzTask>(
        std::make_shared<train::DreamsModule>(settings_.sizes, settings_.dropout), spectra_, settings_.task);
    if (spectra_.validation.empty()) return;
    validator_ = std::make_unique<train::MaskedMzValidator>(*task_, spectra_.validation, settings_.validation_spectra);
  }

  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  std::string default_figure() const override { return "loss"; }
  std::string model_kind(const std::string& /*job_kind*/) const override { return encoders::kDreamsKind; }
  void write_model(nn::ModelFolderWriter& writer) override {
    encoders::write_dreams_input({.peaks = settings_.data.max_peaks, .padding_tokens = false}, writer.manifest);
    task_->network().write(writer.manifest, writer.weights);
    writer.manifest.text("training.objective", "masked m/z");
    writer.manifest.integer("training.spectra", static_cast<std::int64_t>(spectra_.training.size()));
    writer.manifest.integer("training.compounds", static_cast<std::int64_t>(spectra_.compounds));
    writer.manifest.texts("training.excluded", settings_.data.exclude);
  }

 private:
  DreamsPretrainSettings settings_;
  train::PretrainingSpectra spectra_;
  std::unique_ptr<train::MaskedMzTask> task_;
  std::unique_ptr<train::MaskedMzValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_dreams_pretrain_job(const Config& config) {
  return std::make_unique<DreamsPretrainJob>(config);
}

}  // namespace molbridge::service_train
