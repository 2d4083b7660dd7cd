#include "molbridge/service_train/fingerprint_ffn_job.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/fingerprint_job.hpp"
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

class FingerprintFfnJob final : public FingerprintJob<train::FingerprintFfnTask, train::FingerprintFfnTaskOptions> {
 public:
  using FingerprintJob::FingerprintJob;

 private:
  void write_options(const train::FingerprintFfnTaskOptions& options, ConfigWriter& out) const override {
    out.number("input.bin_width", options.input.bin_width);
    out.number("input.max_mz", options.input.max_mz);
    out.number("input.max_loss", options.input.max_loss);
    out.integer("input.max_peaks", options.input.max_peaks);
    out.integer("input.max_features", options.input.max_features);
    out.integer("input.min_molecules", options.input.min_molecules);
    out.integer("bridge.hidden", options.hidden);
    out.integer("bridge.layers", options.layers);
    out.number("bridge.dropout", options.dropout);
    out.number("loss.cross_entropy", options.loss.cross_entropy_weight);
    out.number("loss.cosine", options.loss.cosine_weight);
    out.number("augment.balance", options.balance);
    out.number("augment.peak_dropout", options.peak_dropout);
  }
  void describe(const train::FingerprintFfnTask& task, const JobContext& context) const override {
    context.say(format_count(static_cast<std::uint64_t>(task.encoder().num_features())) + " input features");
  }
};

}  // namespace

std::unique_ptr<TrainingJob> make_fingerprint_ffn_job(const Config& config) {
  const train::FingerprintFfnTaskOptions options = read_task(config);
  return std::make_unique<FingerprintFfnJob>(config, options, options.input.max_peaks);
}

}  // namespace molbridge::service_train
