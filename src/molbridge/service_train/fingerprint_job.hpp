#pragma once
// A job that predicts the bits of a fingerprint from spectra: what the kinds of network have in common. Private to service_train.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/service_train/job.hpp"
#include "molbridge/service_train/spectrum_data.hpp"

namespace molbridge::service_train {

/// `Task(dataset, targets, options)` has embed(spectra) and write_model(writer); `Options` has a seed.
template <typename Task, typename Options>
class FingerprintJob : public TrainingJob {
 public:
  /// Errors: kUsage when the target gives no bits.
  FingerprintJob(const Config& config, Options options, int max_peaks)
      : data_settings_(read_spectrum_data(config)), options_(std::move(options)), max_peaks_(max_peaks) {
    if (!encoders::make_molecule_encoder(data_settings_.target_encoder)->is_binary())
      throw Error(ErrorCode::kUsage, "target.encoder must give bits for this kind").in_file(config.name());
  }

  void write_settings(ConfigWriter& out) const final {
    write_spectrum_data(data_settings_, out);
    write_options(options_, out);
  }
  std::vector<std::string> inputs() const final {
    std::vector<std::string> files = inputs_of(data_settings_);
    for (std::string& file : more_inputs(options_)) files.push_back(std::move(file));
    return files;
  }

  void prepare(const JobContext& context) final {
    options_.seed = context.seed;
    data_ = load_spectrum_data(data_settings_, {.max_peaks = max_peaks_}, context);
    task_ = make_task(data_, options_, context);
    describe(*task_, context);
    validator_ = make_recall_validator(
        data_, data_settings_, [this](const auto& spectra) { return task_->embed(spectra); }, context);
  }
  train::Task& task() final { return *task_; }
  train::Validator* validator() final { return validator_.get(); }
  void write_model(nn::ModelFolderWriter& writer) final {
    write_first(data_, options_, writer);
    writer.manifest.text("target.encoder", data_.encoder->name());
    writer.manifest.text("target.encoder_digest", data_.encoder->digest());
    task_->write_model(writer);
    write_training_facts(data_, writer);
  }

 private:
  /// The kind's own keys.
  virtual void write_options(const Options& options, ConfigWriter& out) const = 0;
  virtual std::vector<std::string> more_inputs(const Options&) const { return {}; }
  virtual std::unique_ptr<Task> make_task(const SpectrumData& data, const Options& options, const JobContext&) {
    return std::make_unique<Task>(data.training, data.targets, options);
  }
  /// What stands before the keys of [target] in the manifest, and may end in that table.
  virtual void write_first(const SpectrumData&, const Options&, nn::ModelFolderWriter&) const {}
  /// Says what there is to say of the network.
  virtual void describe(const Task&, const JobContext&) const {}

  SpectrumDataSettings data_settings_;
  Options options_;
  int max_peaks_;
  SpectrumData data_;
  std::unique_ptr<Task> task_;
  std::unique_ptr<RecallValidator> validator_;
};

}  // namespace molbridge::service_train
