#include "molbridge/service_train/deep_sets_job.hpp"

#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/fingerprint_job.hpp"
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

class DeepSetsJob final : public FingerprintJob<train::DeepSetsTask, train::DeepSetsTaskOptions> {
 public:
  using FingerprintJob::FingerprintJob;

 private:
  void write_options(const train::DeepSetsTaskOptions& options, ConfigWriter& out) const override {
    encoders::write_peak_token_options(options.input, out);
    out.flag("input.fourier", options.fourier.has_value());
    if (options.fourier) {
      encoders::write_mz_fourier_options(*options.fourier, out);
      out.integer("bridge.fourier_hidden", options.fourier_hidden);
    }
    out.integer("bridge.hidden", options.hidden);
    out.integer("bridge.layers", options.layers);
    out.text("bridge.pooling", options.mean ? "mean" : "sum");
    out.number("bridge.dropout", options.dropout);
    out.text("bridge.score", bridges::name(options.score));
    out.number("loss.cross_entropy", options.loss.cross_entropy_weight);
    out.number("loss.cosine", options.loss.cosine_weight);
    out.number("augment.peak_dropout", options.peak_dropout);
  }
};

}  // namespace

std::unique_ptr<TrainingJob> make_deep_sets_job(const Config& config) {
  return std::make_unique<DeepSetsJob>(config, read_task(config), SpectrumDataOptions().max_peaks);
}

}  // namespace molbridge::service_train
