#include "molbridge/service_train/fingerprint_ffn_job.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/spectrum_data.hpp"
#include "molbridge/train/fingerprint_ffn_task.hpp"

namespace molbridge::service_train {
namespace {

train::FingerprintFfnTaskOptions read_task(const Config& config) {
  const ConfigReader read(config);
  train::FingerprintFfnTaskOptions task;
  task.input = encoders::read_binned_options(config);
  task.hidden = read.integer("bridge.hidden", task.hidden, 1, 1 << 20);
  task.layers = read.integer("bridge.layers", task.layers, 1, 64);
  task.dropout = read.number("bridge.dropout", task.dropout, 0, 0.95);
  task.loss.cross_entropy_weight = read.number("loss.cross_entropy", task.loss.cross_entropy_weight, 0, 1e6);
  task.loss.cosine_weight = read.number("loss.cosine", task.loss.cosine_weight, 0, 1e6);
  task.balance = read.number("augment.balance", task.balance, 0, 1);
  task.peak_dropout = read.number("augment.peak_dropout", task.peak_dropout, 0, 0.95);
  return task;
}

class FingerprintFfnJob : public TrainingJob {
 public:
  explicit FingerprintFfnJob(const Config& config)
      : data_settings_(read_spectrum_data(config)), options_(read_task(config)) {
    if (!encoders::make_molecule_encoder(data_settings_.target_encoder)->is_binary())
      throw Error(ErrorCode::kUsage, "target.encoder must give bits for this kind").in_file(config.name());
  }

  void write_settings(ConfigWriter& out) const override {
    write_spectrum_data(data_settings_, out);
    out.number("input.bin_width", options_.input.bin_width);
    out.number("input.max_mz", options_.input.max_mz);
    out.number("input.max_loss", options_.input.max_loss);
    out.integer("input.max_peaks", options_.input.max_peaks);
    out.integer("input.max_features", options_.input.max_features);
    out.integer("input.min_molecules", options_.input.min_molecules);
    out.integer("bridge.hidden", options_.hidden);
    out.integer("bridge.layers", options_.layers);
    out.number("bridge.dropout", options_.dropout);
    out.number("loss.cross_entropy", options_.loss.cross_entropy_weight);
    out.number("loss.cosine", options_.loss.cosine_weight);
    out.number("augment.balance", options_.balance);
    out.number("augment.peak_dropout", options_.peak_dropout);
  }
  std::vector<std::string> inputs() const override { return inputs_of(data_settings_); }

  void prepare(const JobContext& context) override {
    options_.seed = context.seed;
    data_ = load_spectrum_data(data_settings_, {.max_peaks = options_.input.max_peaks}, context);
    task_ = std::make_unique<train::FingerprintFfnTask>(data_.training, data_.targets, options_);
    context.say(format_count(static_cast<std::uint64_t>(task_->encoder().num_features())) + " input features");
    validator_ = make_recall_validator(
        data_, data_settings_, [this](const auto& spectra) { return task_->embed(spectra); }, context);
  }
  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  void write_model(nn::ModelFolderWriter& writer) override {
    writer.manifest.text("target.encoder", data_.encoder->name());
    writer.manifest.text("target.encoder_digest", data_.encoder->digest());
    task_->write_model(writer);
    write_training_facts(data_, writer);
  }

 private:
  SpectrumDataSettings data_settings_;
  train::FingerprintFfnTaskOptions options_;
  SpectrumData data_;
  std::unique_ptr<train::FingerprintFfnTask> task_;
  std::unique_ptr<RecallValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_fingerprint_ffn_job(const Config& config) {
  return std::make_unique<FingerprintFfnJob>(config);
}

}  // namespace molbridge::service_train
