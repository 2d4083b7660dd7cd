#include "molbridge/service_train/deep_sets_job.hpp"

#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/spectrum_data.hpp"
#include "molbridge/train/deep_sets_task.hpp"

namespace molbridge::service_train {
namespace {

bool read_mean(const Config& config) {
  const std::string pooling = config.text("bridge.pooling", "sum");
  if (pooling == "sum" || pooling == "mean") return pooling == "mean";
  throw Error(ErrorCode::kUsage, "bridge.pooling must be sum or mean, not \"" + pooling + "\"").in_file(config.name());
}

train::DeepSetsTaskOptions read_task(const Config& config) {
  const ConfigReader read(config);
  train::DeepSetsTaskOptions task;
  task.input = encoders::read_peak_token_options(config);
  if (config.flag("input.fourier", false)) {
    task.fourier = encoders::read_mz_fourier_options(config);
    task.fourier_hidden = read.integer("bridge.fourier_hidden", task.fourier_hidden, 1, 1 << 20);
  }
  task.hidden = read.integer("bridge.hidden", task.hidden, 2, 1 << 20);
  task.layers = read.integer("bridge.layers", task.layers, 1, 64);
  task.mean = read_mean(config);
  task.dropout = read.number("bridge.dropout", task.dropout, 0, 0.95);
  task.score = bridges::parse_fingerprint_score(config.text("bridge.score", std::string(bridges::name(task.score))));
  task.loss.cross_entropy_weight = read.number("loss.cross_entropy", task.loss.cross_entropy_weight, 0, 1e6);
  task.loss.cosine_weight = read.number("loss.cosine", task.loss.cosine_weight, 0, 1e6);
  task.peak_dropout = read.number("augment.peak_dropout", task.peak_dropout, 0, 0.95);
  return task;
}

class DeepSetsJob : public TrainingJob {
 public:
  explicit DeepSetsJob(const Config& config) : data_settings_(read_spectrum_data(config)), options_(read_task(config)) {
    if (!encoders::make_molecule_encoder(data_settings_.target_encoder)->is_binary())
      throw Error(ErrorCode::kUsage, "target.encoder must give bits for this kind").in_file(config.name());
  }

  void write_settings(ConfigWriter& out) const override {
    write_spectrum_data(data_settings_, out);
    encoders::write_peak_token_options(options_.input, out);
    out.flag("input.fourier", options_.fourier.has_value());
    if (options_.fourier) {
      encoders::write_mz_fourier_options(*options_.fourier, out);
      out.integer("bridge.fourier_hidden", options_.fourier_hidden);
    }
    out.integer("bridge.hidden", options_.hidden);
    out.integer("bridge.layers", options_.layers);
    out.text("bridge.pooling", options_.mean ? "mean" : "sum");
    out.number("bridge.dropout", options_.dropout);
    out.text("bridge.score", bridges::name(options_.score));
    out.number("loss.cross_entropy", options_.loss.cross_entropy_weight);
    out.number("loss.cosine", options_.loss.cosine_weight);
    out.number("augment.peak_dropout", options_.peak_dropout);
  }
  std::vector<std::string> inputs() const override { return inputs_of(data_settings_); }

  void prepare(const JobContext& context) override {
    options_.seed = context.seed;
    data_ = load_spectrum_data(data_settings_, {}, context);
    task_ = std::make_unique<train::DeepSetsTask>(data_.training, data_.targets, options_);
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
  train::DeepSetsTaskOptions options_;
  SpectrumData data_;
  std::unique_ptr<train::DeepSetsTask> task_;
  std::unique_ptr<RecallValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_deep_sets_job(const Config& config) { return std::make_unique<DeepSetsJob>(config); }

}  // namespace molbridge::service_train
